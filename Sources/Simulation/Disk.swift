import GRDB

/// A process's disk: a database in memory that outlives the process, and is wiped for the next world instead of made anew.
final class Disk {
    let queue: DatabaseQueue
    private let tables: [String]
    private let initial: [String: [Row]]

    init(_ migrator: DatabaseMigrator) throws {
        let queue = try DatabaseQueue()
        try migrator.migrate(queue)
        self.queue = queue
        self.tables = try queue.read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT name FROM sqlite_master
                    WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name != 'grdb_migrations'
                    """
            )
        }
        self.initial = try queue.read { [tables] database in
            try Dictionary(
                uniqueKeysWithValues: tables.map { ($0, try Row.fetchAll(database, sql: "SELECT * FROM \($0)")) }
            )
        }
    }

    /// As it was when it was new.
    func wipe() throws {
        try queue.write { database in
            for table in tables {
                try database.cachedStatement(sql: "DELETE FROM \(table)").execute()
                for row in initial[table] ?? [] {
                    let marks = Array(repeating: "?", count: row.count).joined(separator: ", ")
                    try database.execute(
                        sql: "INSERT INTO \(table) VALUES (\(marks))",
                        arguments: StatementArguments(row.databaseValues)
                    )
                }
            }
        }
    }
}
