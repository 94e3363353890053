import Dispatch
package import Foundation
import GRDB
package import TCC
package import Verification

/// The databases of a set of processes, read without touching them while the processes run.
package struct Databases: Sendable {
    /// The orchestrator's.
    package var journal: URL
    /// The participants', by name.
    package var participants: [String: URL]

    /// Names them.
    ///
    /// - Parameters:
    ///   - journal: the orchestrator's.
    ///   - participants: the participants', by name.
    package init(journal: URL, participants: [String: URL]) {
        self.journal = journal
        self.participants = participants
    }

    /// The journal, oldest transaction first; empty while there is none.
    ///
    /// - Returns: its transactions.
    /// - Throws: whatever SQLite meets.
    package func entries() throws -> [JournalEntry] {
        try Self.read(journal) { database in
            guard try database.tableExists(Self.forgottenTable) else { return try JournalEntry.all(in: database) }
            return try JournalEntry.all(in: database)
                + JournalEntry.all(in: database, tables: Self.forgottenPrefix)
        } ?? []
    }

    private static let forgottenPrefix = "forgotten_"
    private static let forgottenTable = "forgotten_transactions"

    /// Keeps what the journal forgets, for those who check it: a clock that is a day ahead lets it forget all.
    ///
    /// - Throws: whatever SQLite meets.
    package func keepForgotten() throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        let queue = try DatabaseQueue(path: journal.path(percentEncoded: false), configuration: configuration)
        try queue.write { database in
            for (table, key) in [
                ("transactions", "gid = OLD.gid"), ("branches", "gid = OLD.gid AND name = OLD.name"),
            ] {
                let kept = "\(Self.forgottenPrefix)\(table)"
                try database.execute(
                    sql: """
                        CREATE TABLE IF NOT EXISTS \(kept) AS SELECT * FROM \(table) WHERE 0;
                        CREATE TRIGGER IF NOT EXISTS keep_\(kept) BEFORE DELETE ON \(table) BEGIN
                            INSERT INTO \(kept) SELECT * FROM \(table) WHERE \(key);
                        END;
                        """
                )
            }
        }
        try queue.close()
    }

    /// The barriers of all participants.
    ///
    /// - Returns: their rows.
    /// - Throws: whatever SQLite meets.
    package func barriers() throws -> [BarrierRow] {
        try participants.sorted { $0.key < $1.key }
            .flatMap { participant, file in
                try Self.read(file) { try BarrierRow.all(of: participant, in: $0) } ?? []
            }
    }

    /// Transactions that have not ended, by their gids.
    ///
    /// - Returns: the state of each.
    /// - Throws: whatever SQLite meets.
    package func unfinishedTransactions() throws -> [String: String] {
        try Self.states(journal, "SELECT gid, state FROM transactions WHERE finished_at IS NULL")
    }

    /// What is under way: transactions that have not ended, reservations that are still held.
    ///
    /// - Returns: a line for each.
    /// - Throws: whatever SQLite meets.
    package func unfinished() throws -> [String] {
        let reserved = try participants.sorted { $0.key < $1.key }
            .flatMap { participant, file in
                try Self.states(file, "SELECT gid, state FROM barrier WHERE state = 'reserved'")
                    .map { "\($0.key) \($0.value) at \(participant)" }
            }
        return try unfinishedTransactions().map { "\($0.key) \($0.value)" }.sorted() + reserved.sorted()
    }

    /// Not as whole entries: these are asked for again and again, while what is under test needs the processor.
    private static func states(_ file: URL, _ sql: String) throws -> [String: String] {
        try read(file) { database in
            Dictionary(
                try Row.fetchAll(database, sql: sql).map { ($0[0] as String, $0[1] as String) },
                uniquingKeysWith: { first, _ in first }
            )
        } ?? [:]
    }

    /// Runs something that reads databases on a thread that may block, so that proxies, clients and readers go on.
    ///
    /// - Parameter body: reads.
    /// - Returns: what it returns.
    /// - Throws: what it throws.
    package func aside<Value: Sendable>(
        _ body: @escaping @Sendable (Databases) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try body(self) }) }
        }
    }

    /// What journal and barriers say at this moment that no later moment may contradict.
    ///
    /// - Parameter note: gets each decision, of what it is, and the invariant that a change would violate.
    /// - Throws: whatever SQLite meets.
    package func decisions(_ note: (_ decision: String, _ subject: String, _ invariant: Int) -> Void) throws {
        for (gid, state) in try Self.states(journal, "SELECT gid, state FROM transactions") {
            if let decision = TransactionState(rawValue: state)?.decision { note(decision.rawValue, gid, 1) }
        }
        for (participant, file) in participants {
            let sql = "SELECT gid || ' ' || branch, state FROM barrier WHERE state <> 'reserved'"
            for (branch, state) in try Self.states(file, sql) { note(state, "\(branch) at \(participant)", 2) }
        }
    }

    /// How many posts the quota ledger has spent, of each author.
    ///
    /// - Returns: the posts.
    /// - Throws: whatever SQLite meets.
    package func spent() throws -> [String: Int] {
        guard let file = participants["quota"] else { return [:] }
        return try Self.read(file) { database in
            let rows = try Row.fetchAll(database, sql: "SELECT author, spent FROM account WHERE spent <> 0")
            return Dictionary(rows.map { ($0[0], $0[1]) }) { $0 + $1 }
        } ?? [:]
    }

    /// What resources hold although nothing is reserved any more.
    ///
    /// - Returns: a violation for each hold.
    /// - Throws: whatever SQLite meets.
    package func leftHolds() throws -> [Violation] {
        try participants.sorted { $0.key < $1.key }
            .flatMap { participant, file in
                try Self.read(file) { try Violation.leftHolds(of: participant, in: $0) } ?? []
            }
    }

    /// What libraries still have of posts that they were to forget.
    ///
    /// - Parameter deleted: the posts.
    /// - Returns: a violation for each place.
    /// - Throws: whatever SQLite meets.
    package func remains(of deleted: [UUIDv7]) throws -> [Violation] {
        try participants.sorted { $0.key < $1.key }
            .flatMap { participant, file in
                try Self.read(file) { try Violation.remains(of: deleted, at: participant, in: $0) } ?? []
            }
    }

    /// What an answer says that was not so when it came.
    ///
    /// - Parameters:
    ///   - status: its status.
    ///   - gid: the transaction that it names.
    /// - Returns: a violation for each thing.
    /// - Throws: whatever SQLite meets.
    func untrue(_ status: Int, _ gid: GlobalTransactionID) throws -> [Violation] {
        try Violation.untrue(status, gid) { participant, select in
            let file = participant.map { participants[$0] } ?? journal
            return try file.flatMap { try Self.read($0, select) }
        }
    }

    /// Opens a database that a process may have open, to be read only.
    static func open(_ file: URL) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(2)
        return try DatabaseQueue(path: file.path(percentEncoded: false), configuration: configuration)
    }

    /// Reads a database; nil if there is none.
    static func read<Value>(_ file: URL, _ perform: (Database) throws -> Value) throws -> Value? {
        guard FileManager.default.fileExists(atPath: file.path(percentEncoded: false)) else { return nil }
        let queue = try open(file)
        let value = Result { try queue.read(perform) }
        try queue.close()
        return try value.get()
    }
}
