public import Foundation
public import GRDB
import NIOCore
public import TCC
import TCCHTTP
import TCCStorage

/// The record of every global transaction: what a coordinator that comes back from a crash knows.
///
/// Synchronous functions over a database connection, each to be run in a transaction by its caller. What they write
/// counts from the commit on.
public enum Journal {
    /// Creates the journal's tables.
    ///
    /// - Parameter migrator: of the database that is to hold them.
    public static func registerMigrations(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("journal-1") { database in
            try database.execute(
                sql: """
                    CREATE TABLE transactions (
                        gid TEXT NOT NULL PRIMARY KEY,
                        action TEXT NOT NULL,
                        state TEXT NOT NULL
                            CHECK (state IN ('trying', 'confirming', 'confirmed', 'cancelling', 'cancelled')),
                        owner TEXT,
                        labels TEXT NOT NULL DEFAULT '{}',
                        reason TEXT,
                        stuck INTEGER NOT NULL DEFAULT 0,
                        created_at INTEGER NOT NULL,
                        decided_at INTEGER,
                        finished_at INTEGER,
                        -- The caller and its idempotency key. The key is live until the cancel: from then on it is free.
                        caller TEXT,
                        live_key TEXT,
                        key_fingerprint BLOB,
                        timeline TEXT NOT NULL
                    ) WITHOUT ROWID;
                    CREATE UNIQUE INDEX transactions_by_live_key ON transactions (caller, live_key)
                        WHERE live_key IS NOT NULL;
                    CREATE INDEX transactions_unfinished ON transactions (gid) WHERE finished_at IS NULL;
                    CREATE INDEX transactions_cancelled ON transactions (gid) WHERE state = 'cancelled';
                    CREATE INDEX transactions_by_owner ON transactions (owner, gid);
                    CREATE INDEX transactions_cancelled_by_owner ON transactions (owner, gid) WHERE state = 'cancelled';

                    CREATE TABLE branches (
                        gid TEXT NOT NULL REFERENCES transactions (gid) ON DELETE CASCADE,
                        position INTEGER NOT NULL,
                        name TEXT NOT NULL,
                        state TEXT NOT NULL,
                        attempts INTEGER NOT NULL DEFAULT 0,
                        last_error TEXT,
                        acknowledged INTEGER NOT NULL DEFAULT 0,
                        PRIMARY KEY (gid, name)
                    ) WITHOUT ROWID;
                    CREATE INDEX branches_unacknowledged ON branches (name, gid) WHERE acknowledged = 0;

                    CREATE TABLE horizon (id INTEGER PRIMARY KEY CHECK (id = 1), forgotten_before INTEGER NOT NULL);
                    INSERT INTO horizon VALUES (1, 0);
                    """
            )
        }
        migrator.registerMigration("journal-passed-time") { database in
            try database.execute(
                sql: """
                    ALTER TABLE horizon ADD COLUMN passed TEXT NOT NULL DEFAULT '';
                    -- With what the oldest is asked for by: participants ask often, also when much is unfinished.
                    DROP INDEX transactions_unfinished;
                    CREATE INDEX transactions_unfinished ON transactions (gid, created_at, finished_at)
                        WHERE finished_at IS NULL;
                    """
            )
        }
    }

    /// A caller's idempotency key, bound to one request.
    public struct Key: Hashable, Sendable {
        /// Whose key it is.
        public var caller: String
        /// The `Idempotency-Key`.
        public var key: String
        /// A digest of the request that it is bound to.
        public var fingerprint: Data

        /// Makes a key.
        ///
        /// - Parameters:
        ///   - caller: whose it is.
        ///   - key: the `Idempotency-Key`.
        ///   - fingerprint: a digest of the request.
        public init(caller: String, key: String, fingerprint: Data) {
            self.caller = caller
            self.key = key
            self.fingerprint = fingerprint
        }
    }

    /// What came of a begin.
    public enum Begun: Hashable, Sendable {
        /// The begin record is written.
        case began
        /// The key belongs to a transaction that is trying or committed.
        case keyInUse(by: GlobalTransactionID)
        /// A participant asked for this gid before: it is recorded as cancelled, or too old to be told from one that was.
        case tooLate
    }

    /// Finds the transaction that a key belongs to.
    ///
    /// - Parameters:
    ///   - key: the key.
    ///   - database: the connection.
    /// - Returns: the transaction that is trying or committed under this key, or nil if the key is free.
    /// - Throws: 422 `idempotency-key-reused` if the key is bound to another request.
    public static func transaction(under key: Key, in database: Database) throws -> GlobalTransactionID? {
        let holder = try database.first(
            "SELECT gid, key_fingerprint FROM transactions WHERE caller = ? AND live_key = ?",
            .text(key.caller),
            .text(key.key)
        ) { (gid: $0.text(0), fingerprint: $0.bytes(1)) }
        guard let holder else { return nil }
        guard holder.fingerprint.elementsEqual(key.fingerprint) else {
            throw Problem(
                422,
                "idempotency-key-reused",
                "This Idempotency-Key was used for another request. Use a new key for a new request."
            )
        }
        return try gid(holder.gid)
    }

    /// Writes the begin record, unless the key or the gid is taken: compare-and-set on both.
    ///
    /// - Parameters:
    ///   - record: the transaction; its payloads are not part of it.
    ///   - key: the caller's key, if it sent one.
    ///   - database: the connection.
    /// - Returns: whether it has begun, and if not, why; then nothing is written.
    /// - Throws: 422 if the key is bound to another request.
    public static func begin(_ record: TransactionRecord, key: Key?, in database: Database) throws -> Begun {
        let gid = record.gid.description
        try database.run(
            """
            INSERT OR IGNORE INTO transactions
                (gid, action, state, owner, labels, created_at, caller, live_key, key_fingerprint, timeline)
            SELECT ?, ?, 'trying', ?, ?, ?, ?, ?, ?, ?
            WHERE ? >= (SELECT forgotten_before FROM horizon)
            """,
            .text(gid),
            .text(record.action),
            .text(orNull: record.owner),
            .text(try json(record.labels)),
            .integer(record.createdAt.milliseconds),
            .text(orNull: key?.caller),
            .text(orNull: key?.key),
            key.map { .bytes([UInt8]($0.fingerprint)) } ?? .null,
            .text(TimelineText.lines(record.timeline)),
            .integer(record.gid.timestamp.milliseconds)
        )
        guard database.changesCount == 1 else {
            if let key, let other = try transaction(under: key, in: database) { return .keyInUse(by: other) }
            return .tooLate
        }
        for (position, branch) in record.branches.enumerated() {
            try database.run(
                "INSERT INTO branches (gid, position, name, state) VALUES (?, ?, ?, 'trying')",
                .text(gid),
                .integer(Int64(position)),
                .text(branch.name.description)
            )
        }
        return .began
    }

    /// Decides, if nothing is decided yet: one compare-and-set from `trying`, once, for ever.
    ///
    /// - Parameters:
    ///   - decision: the decision wanted.
    ///   - record: the transaction as its coordinator knows it, the decision's event last in its timeline.
    ///   - database: the connection.
    /// - Returns: the decision that counts.
    /// - Throws: whatever SQLite meets, or a ``JournalError`` if the transaction is not there.
    public static func decide(
        _ decision: Decision,
        of record: TransactionRecord,
        in database: Database
    ) throws -> Decision {
        let gid = record.gid.description
        try database.run(
            """
            UPDATE transactions
            SET state = ?, decided_at = ?, reason = ?, timeline = ?,
                live_key = CASE WHEN ? THEN live_key END
            WHERE gid = ? AND state = 'trying'
            """,
            .text(TransactionState(carryingOut: decision).rawValue),
            record.decidedAt.map { .integer($0.milliseconds) } ?? .null,
            .text(orNull: try record.reason.map { try text(of: $0) }),
            .text(TimelineText.lines(record.timeline)),
            .integer(decision == .confirm ? 1 : 0),
            .text(gid)
        )
        guard database.changesCount == 1 else {
            guard let earlier = try state(of: record.gid, in: database)?.decision else {
                throw JournalError("transaction \(record.gid) vanished before its decision")
            }
            return earlier
        }
        // On a commit the branches stand alike as a rule: one statement is enough then.
        if let branch = record.branches.first, record.branches.dropFirst().allSatisfy({ $0.standsLike(branch) }) {
            try database.run(
                "UPDATE branches SET state = ?, attempts = ?, last_error = ? WHERE gid = ?",
                .text(branch.state.rawValue),
                .integer(Int64(branch.attempts)),
                .text(orNull: branch.lastError),
                .text(gid)
            )
            return decision
        }
        for branch in record.branches {
            try database.run(
                "UPDATE branches SET state = ?, attempts = ?, last_error = ? WHERE gid = ? AND name = ?",
                .text(branch.state.rawValue),
                .integer(Int64(branch.attempts)),
                .text(orNull: branch.lastError),
                .text(gid),
                .text(branch.name.description)
            )
        }
        return decision
    }

    /// Notes that a branch has acknowledged the decision, and the transaction's finish with its last branch.
    ///
    /// - Parameters:
    ///   - id: the branch.
    ///   - decision: the decision that it acknowledged.
    ///   - now: the time.
    ///   - database: the connection.
    /// - Returns: whether the transaction is finished.
    /// - Throws: whatever SQLite meets.
    @discardableResult
    public static func acknowledge(
        _ id: BranchID,
        _ decision: Decision,
        at now: Timestamp,
        in database: Database
    ) throws -> Bool {
        let gid = id.gid.description
        let state: BranchState = decision == .confirm ? .confirmed : .cancelled
        try database.run(
            """
            UPDATE branches SET state = ?, attempts = attempts + 1, acknowledged = 1, last_error = NULL
            WHERE gid = ? AND name = ? AND acknowledged = 0
            """,
            .text(state.rawValue),
            .text(gid),
            .text(id.branch.description)
        )
        guard database.changesCount == 1 else { return try Self.state(of: id.gid, in: database)?.isFinished ?? true }
        var events = [TimelineEvent(at: now, event: .acknowledged, branch: id.branch)]
        let isFinished =
            try !database.hasRow("SELECT 1 FROM branches WHERE gid = ? AND acknowledged = 0", .text(gid))
        if isFinished {
            events.append(TimelineEvent(at: now, event: .finished))
            try database.run(
                "UPDATE transactions SET state = ?, finished_at = ?, stuck = 0, timeline = timeline || ? WHERE gid = ?",
                .text(TransactionState(finished: decision).rawValue),
                .integer(now.milliseconds),
                .text(TimelineText.lines(events)),
                .text(gid)
            )
        } else {
            try append(events, to: gid, in: database)
        }
        return isFinished
    }

    /// Notes what a call that carried the decision met.
    ///
    /// - Parameters:
    ///   - error: what it met.
    ///   - id: the branch.
    ///   - isStuck: whether the branch refuses the decision.
    ///   - now: the time.
    ///   - database: the connection.
    /// - Throws: whatever SQLite meets.
    public static func note(
        _ error: String,
        of id: BranchID,
        isStuck: Bool,
        at now: Timestamp,
        in database: Database
    ) throws {
        let gid = id.gid.description
        let update = try database.cachedStatement(
            sql: """
                UPDATE branches SET attempts = attempts + 1, last_error = ?
                WHERE gid = ? AND name = ? AND acknowledged = 0
                """
        )
        try update.execute(arguments: [error, gid, id.branch.description])
        guard isStuck else { return }
        let mark = try database.cachedStatement(sql: "UPDATE transactions SET stuck = 1 WHERE gid = ? AND stuck = 0")
        try mark.execute(arguments: [gid])
        guard database.changesCount == 1 else { return }
        try append([TimelineEvent(at: now, event: .stuck, branch: id.branch, detail: error)], to: gid, in: database)
    }

    private static func append(_ events: [TimelineEvent], to gid: String, in database: Database) throws {
        try database.run(
            "UPDATE transactions SET timeline = timeline || ? WHERE gid = ?",
            .text(TimelineText.lines(events)),
            .text(gid)
        )
    }

    /// At a start: decides cancel for every transaction that was being tried when the last life ended.
    ///
    /// - Parameters:
    ///   - now: the time.
    ///   - database: the connection.
    /// - Returns: how many were decided, and how many have a decision to be carried out.
    /// - Throws: whatever SQLite meets.
    public static func recover(at now: Timestamp, in database: Database) throws -> (decided: Int, unfinished: Int) {
        let reason = Problem(
            503,
            "coordinator-restarted",
            "The coordinator stopped before the decision. Nothing was changed; try again.",
            retryAfterSeconds: 1
        )
        let event = TimelineEvent(at: now, event: .decided, detail: "cancel: \(reason.code)")
        try database.run(
            """
            UPDATE transactions
            SET state = 'cancelling', decided_at = ?, reason = ?, live_key = NULL, timeline = timeline || ?
            WHERE finished_at IS NULL AND state = 'trying'
            """,
            .integer(now.milliseconds),
            .text(try text(of: reason)),
            .text(TimelineText.lines([event]))
        )
        let decided = database.changesCount
        let unfinished = try database.first("SELECT count(*) FROM transactions WHERE finished_at IS NULL") {
            Int($0.integer(0))
        }
        return (decided, unfinished ?? 0)
    }

    /// A decision that a participant has not acknowledged.
    public struct Undelivered: Hashable, Sendable {
        /// The transaction.
        public var gid: GlobalTransactionID
        /// What it does.
        public var action: String
        /// Its decision.
        public var decision: Decision
    }

    /// Decisions that a participant has not acknowledged, oldest first.
    ///
    /// - Parameters:
    ///   - participant: the participant.
    ///   - after: only later transactions.
    ///   - limit: how many at most.
    ///   - database: the connection.
    /// - Returns: the decisions, each with what its call needs.
    /// - Throws: whatever SQLite meets, or a ``JournalError`` if a gid cannot be read.
    public static func undelivered(
        to participant: ParticipantName,
        after: GlobalTransactionID?,
        limit: Int,
        in database: Database
    ) throws -> [Undelivered] {
        let select = try database.cachedStatement(
            sql: """
                SELECT t.gid, t.action, t.state FROM branches b JOIN transactions t ON t.gid = b.gid
                WHERE b.name = ? AND b.acknowledged = 0 AND b.gid > ? AND t.state IN ('confirming', 'cancelling')
                ORDER BY b.gid LIMIT ?
                """
        )
        let arguments: StatementArguments = [participant.description, after?.description ?? "", limit]
        return try Row.fetchAll(select, arguments: arguments)
            .map { row in
                Undelivered(
                    gid: try gid(row[0]),
                    action: row[1],
                    decision: row[2] == TransactionState.confirming.rawValue ? .confirm : .cancel
                )
            }
    }

    static func state(of gid: GlobalTransactionID, in database: Database) throws -> TransactionState? {
        let found = try database.first("SELECT state FROM transactions WHERE gid = ?", .text(gid.description)) {
            $0.text(0)
        }
        guard let text = found else { return nil }
        guard let state = TransactionState(rawValue: text) else { throw JournalError("unknown state '\(text)'") }
        return state
    }

    static func gid(_ text: String) throws -> GlobalTransactionID {
        guard let gid = GlobalTransactionID(text) else { throw JournalError("'\(text)' is no gid") }
        return gid
    }

    /// The participants that have not acknowledged everything.
    static func participantsWaitedFor(in database: Database) throws -> [ParticipantName] {
        var names: [ParticipantName] = []
        try database.each("SELECT DISTINCT name FROM branches WHERE acknowledged = 0") { row in
            if let name = ParticipantName(row.text(0)) { names.append(name) }
        }
        return names
    }

    private static let retryAfterMember = "retryAfterSeconds"

    /// A reason as the journal keeps it: its JSON, and what its answer says in a header.
    static func text(of reason: Problem) throws -> String {
        guard let seconds = reason.retryAfterSeconds else { return try json(reason) }
        return try json(reason.with(retryAfterMember, .integer(Int64(seconds))))
    }

    static func reason(_ text: String) throws -> Problem {
        var reason = try JSONDecoder().decode(Problem.self, from: Data(text.utf8))
        reason.retryAfterSeconds = reason.extensions.removeValue(forKey: retryAfterMember)?.integer.map { Int($0) }
        return reason
    }

    static func json(_ value: some Encodable) throws -> String {
        String(buffer: try JSONCoding.encode(value))
    }
}

extension BranchRecord {
    fileprivate func standsLike(_ other: BranchRecord) -> Bool {
        state == other.state && attempts == other.attempts && lastError == other.lastError
    }
}

/// The journal says something that it cannot say: it was changed by other hands, or is damaged.
public struct JournalError: Error, Hashable, CustomStringConvertible {
    /// What it says.
    public let description: String

    init(_ description: String) { self.description = description }
}
