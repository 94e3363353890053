import DraftLibrary
package import GRDB
import OnlineLibrary
import QuotaLedger
import TCCCoordinator
import TCCParticipant

/// A process's disk: a database in memory that outlives the process, and is wiped for the next world instead of made anew.
final class Disk {
    let queue: DatabaseQueue
    private let tables: [String]
    private let initial: [String: [Row]]
    private let commits = CommitFault()

    init(_ migrator: DatabaseMigrator, prepare: (Database) throws -> Void) throws {
        let queue = try DatabaseQueue()
        try migrator.migrate(queue)
        self.queue = queue
        (self.tables, self.initial) = try queue.writeWithoutTransaction { database in
            try prepare(database)
            // What watches the others was made last and is wiped last.
            let tables = try String.fetchAll(
                database,
                sql: """
                    SELECT name FROM sqlite_master
                    WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name != 'grdb_migrations' ORDER BY rowid
                    """
            )
            let rows = try tables.map { ($0, try Row.fetchAll(database, sql: "SELECT * FROM \($0)")) }
            return (tables, Dictionary(uniqueKeysWithValues: rows))
        }
        queue.add(transactionObserver: commits)
    }

    /// The next commit fails, and is not there: its sync failed, and the system forgot what it had not written.
    func loseNextCommit() { commits.isDue = true }

    /// As it was when it was new.
    func wipe() throws {
        commits.isDue = false
        try queue.write { database in
            for table in tables {
                try database.cachedStatement(sql: "DELETE FROM \(table)").execute()
                for row in initial[table] ?? [] {
                    let marks = Array(repeating: "?", count: row.count).joined(separator: ", ")
                    try database.cachedStatement(sql: "INSERT INTO \(table) VALUES (\(marks))")
                        .execute(arguments: StatementArguments(row.databaseValues))
                }
            }
        }
    }
}

/// Fails a commit in a way that says nothing of its fate.
private final class CommitFault: TransactionObserver {
    var isDue = false

    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { false }

    func databaseDidChange(with event: DatabaseEvent) {}

    func databaseWillCommit() throws {
        guard isDue else { return }
        isDue = false
        throw DatabaseError(resultCode: .SQLITE_IOERR_FSYNC)
    }

    func databaseDidCommit(_ database: Database) {}

    func databaseDidRollback(_ database: Database) {}
}

/// The servers' disks, used by one world after the other.
package final class Disks: Sendable {
    // Only the thread that simulates touches it.
    nonisolated(unsafe) private let disks: [Party: Disk]

    /// New disks.
    ///
    /// - Parameter prepare: does something to each database, such as breaking it for a test of the checker.
    /// - Throws: whatever SQLite meets.
    init(prepare: (Party, Database) throws -> Void = { _, _ in }) throws {
        var disks: [Party: Disk] = [:]
        for party in SimulatedWorld.servers {
            var migrator = DatabaseMigrator()
            switch party {
            case .orchestrator: Journal.registerMigrations(in: &migrator)
            case .draft:
                DraftStore.registerMigrations(in: &migrator)
                Barrier.registerMigrations(in: &migrator)
            case .online:
                OnlineStore.registerMigrations(in: &migrator)
                Barrier.registerMigrations(in: &migrator)
            case .quota, .client: QuotaLedger.registerMigrations(in: &migrator)
            }
            Recorder.registerMigrations(for: party, in: &migrator)
            disks[party] = try Disk(migrator) { try prepare(party, $0) }
        }
        self.disks = disks
    }

    subscript(party: Party) -> Disk { disks[party]! }

    /// As new.
    func wipe() throws { for disk in disks.values { try disk.wipe() } }

    /// Reads or changes a server's disk behind its back.
    ///
    /// - Parameters:
    ///   - party: whose.
    ///   - operation: what is done.
    /// - Returns: what the operation returned.
    /// - Throws: what the operation threw.
    package func perform<Value>(on party: Party, _ operation: (Database) throws -> Value) throws -> Value {
        try self[party].queue.writeWithoutTransaction(operation)
    }
}
