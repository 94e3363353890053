import Foundation
import GRDB
import TCC
import Verification

/// Watches a simulated disk: what was committed at any moment stays known, also if it is changed or forgotten later.
///
/// It is made of triggers, which run in the same transactions as what they watch, so nothing escapes them, and what is
/// rolled back was never there.
enum Recorder {
    /// Adds what watches a server's database.
    static func registerMigrations(for party: Party, in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("recorder-1") { database in
            switch party {
            case .orchestrator: try database.execute(sql: journalTriggers)
            case .online: try database.execute(sql: barrierTriggers + postTriggers + returnTriggers(of: "posts"))
            case .draft: try database.execute(sql: barrierTriggers + draftTriggers + returnTriggers(of: "drafts"))
            default: try database.execute(sql: barrierTriggers)
            }
        }
    }

    private static let journalTriggers = """
        CREATE TABLE recorded (number INTEGER PRIMARY KEY, gid TEXT, state TEXT);
        CREATE TRIGGER recorded_begin AFTER INSERT ON transactions WHEN NEW.state <> 'trying' BEGIN
            INSERT INTO recorded (gid, state) VALUES (NEW.gid, NEW.state);
        END;
        CREATE TRIGGER recorded_decision AFTER UPDATE OF state ON transactions WHEN NEW.state <> OLD.state BEGIN
            INSERT INTO recorded (gid, state) VALUES (NEW.gid, NEW.state);
        END;
        CREATE TABLE forgotten_transactions AS SELECT * FROM transactions WHERE 0;
        CREATE TABLE forgotten_branches AS SELECT * FROM branches WHERE 0;
        CREATE TRIGGER recorded_transaction BEFORE DELETE ON transactions BEGIN
            INSERT INTO forgotten_transactions SELECT * FROM transactions WHERE gid = OLD.gid;
        END;
        CREATE TRIGGER recorded_branch BEFORE DELETE ON branches BEGIN
            INSERT INTO forgotten_branches SELECT * FROM branches WHERE gid = OLD.gid AND name = OLD.name;
        END;
        """

    private static let barrierTriggers = """
        CREATE TABLE recorded (number INTEGER PRIMARY KEY, gid TEXT, branch TEXT, state TEXT);
        CREATE TRIGGER recorded_insert AFTER INSERT ON barrier BEGIN
            INSERT INTO recorded (gid, branch, state) VALUES (NEW.gid, NEW.branch, NEW.state);
        END;
        CREATE TRIGGER recorded_update AFTER UPDATE OF state ON barrier BEGIN
            INSERT INTO recorded (gid, branch, state) VALUES (NEW.gid, NEW.branch, NEW.state);
        END;
        CREATE TABLE forgotten_barrier AS SELECT * FROM barrier WHERE 0;
        CREATE TRIGGER recorded_delete BEFORE DELETE ON barrier BEGIN
            INSERT INTO forgotten_barrier SELECT * FROM barrier WHERE gid = OLD.gid AND branch = OLD.branch;
        END;
        """

    /// What readers see, or a draft says that they see: each change of it, also those within one local transaction.
    private static func lookTriggers(
        of table: String,
        isVisible: (_ row: String) -> String,
        revision: String,
        title: (_ row: String) -> String
    ) -> String {
        let insert = """
            INSERT INTO recorded_looks (id, is_visible, revision, title)
                VALUES (NEW.id, \(isVisible("NEW")), NEW.\(revision), \(title("NEW")));
            """
        return """
            CREATE TABLE recorded_looks (
                number INTEGER PRIMARY KEY, id TEXT, is_visible INTEGER, revision INTEGER, title BLOB
            );
            CREATE TRIGGER recorded_look AFTER INSERT ON \(table) WHEN NEW.\(revision) IS NOT NULL BEGIN
                \(insert)
            END;
            CREATE TRIGGER recorded_change AFTER UPDATE ON \(table) WHEN NEW.\(revision) IS NOT NULL BEGIN
                \(insert)
            END;
            CREATE TRIGGER recorded_loss AFTER DELETE ON \(table) WHEN \(isVisible("OLD")) BEGIN
                INSERT INTO recorded_looks (id, is_visible) VALUES (OLD.id, 0);
            END;
            """
    }

    private static let postTriggers = lookTriggers(
        of: "posts",
        isVisible: { "\($0).is_visible" },
        revision: "revision",
        title: { "\($0).title" }
    )

    private static let draftTriggers = lookTriggers(
        of: "drafts",
        isVisible: { "\($0).status = 'published'" },
        revision: "published_revision",
        title: { "(SELECT title FROM revisions WHERE post_id = \($0).id AND revision = \($0).published_revision)" }
    )

    /// What was deleted and comes back.
    private static func returnTriggers(of table: String) -> String {
        """
        CREATE TABLE recorded_returns (number INTEGER PRIMARY KEY, id TEXT);
        CREATE TABLE recorded_deletes (id TEXT PRIMARY KEY);
        CREATE TRIGGER recorded_post_delete AFTER DELETE ON \(table) BEGIN
            INSERT OR IGNORE INTO recorded_deletes VALUES (OLD.id);
        END;
        CREATE TRIGGER recorded_return AFTER INSERT ON \(table) WHEN NEW.id IN (SELECT id FROM recorded_deletes) BEGIN
            INSERT INTO recorded_returns (id) VALUES (NEW.id);
        END;
        """
    }

    /// Adds what was seen on a server's disk to a history.
    static func read(_ party: Party, into history: inout History, in database: Database) throws {
        if party == .orchestrator {
            for row in try rows("SELECT gid, state FROM recorded ORDER BY number", in: database) {
                guard let decision = TransactionState(rawValue: row[1])?.decision else { continue }
                history.observed(decision.rawValue, of: row[0], invariant: 1)
            }
            return
        }
        for row in try rows("SELECT gid, branch, state FROM recorded ORDER BY number", in: database) {
            guard let state = BranchOutcome(rawValue: row[2]) else { continue }
            history.observed(state, of: "\(row[0] as String) \(row[1] as String)", at: party.rawValue)
        }
        guard party == .online || party == .draft else { return }
        for row in try rows("SELECT id FROM recorded_returns ORDER BY number", in: database) {
            let found = "\(row[0] as String) came back to \(party.rawValue) after it was deleted"
            history.contradictions.append(Violation(3, found))
        }
        try readLooks(in: party == .online ? .online : .draft, into: &history, database)
    }

    private static func readLooks(
        in library: History.Library,
        into history: inout History,
        _ database: Database
    ) throws {
        var highest: [UUIDv7: Int] = [:]
        for row in try rows("SELECT id, is_visible, revision, title FROM recorded_looks ORDER BY number", in: database)
        {
            guard let id = UUIDv7(row[0] as String) else { continue }
            // Also while nobody sees it.
            if let revision = row[2] as Int? {
                if revision < highest[id] ?? 0 {
                    history.contradictions.append(
                        Violation(4, "\(id) fell to revision \(revision) in \(library.words)")
                    )
                }
                highest[id] = revision
            }
            guard row[1], let revision = row[2] as Int? else {
                history.missed(id, in: library)
                continue
            }
            let title = String(decoding: row[3] as Data? ?? Data(), as: UTF8.self)
            history.saw(.init(library: library, post: id, revision: revision, title: title))
        }
    }

    private static func rows(_ sql: String, in database: Database) throws -> [Row] {
        try Row.fetchAll(database.cachedStatement(sql: sql))
    }
}
