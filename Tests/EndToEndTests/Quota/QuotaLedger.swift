import GRDB
import TCC
import TCCParticipant

/// A participant whose effect is not idempotent: a try holds one of an author's posts, a confirm spends it.
struct QuotaLedger: Resource {
    struct Payload: Decodable, Sendable {
        let author: String
    }

    static func registerMigrations(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("quota-1") { database in
            try database.execute(
                sql: """
                    CREATE TABLE account (author TEXT PRIMARY KEY, granted INTEGER NOT NULL, spent INTEGER NOT NULL);
                    CREATE TABLE held (gid TEXT, branch TEXT, author TEXT, PRIMARY KEY (gid, branch));
                    """
            )
        }
    }

    func reserve(_ call: BranchCall<Payload>, at now: Timestamp, in database: Database) throws {
        guard let author = call.payload?.author else { throw Problem.invalid("payload", "is missing") }
        let left = try Int.fetchOne(
            database,
            sql: """
                SELECT granted - spent - (SELECT count(*) FROM held WHERE held.author = account.author)
                FROM account WHERE author = ?
                """,
            arguments: [author]
        )
        guard left ?? 0 > 0 else { throw Problem(409, "quota-exceeded", "\(author) has no posts left.") }
        try database.execute(
            sql: "INSERT INTO held VALUES (?, ?, ?)",
            arguments: [call.gid.description, call.branch.description, author]
        )
    }

    func confirm(_ branch: BranchID, at now: Timestamp, in database: Database) throws {
        let key: StatementArguments = [branch.gid.description, branch.branch.description]
        try database.execute(
            sql: """
                UPDATE account SET spent = spent + 1
                WHERE author = (SELECT author FROM held WHERE gid = ? AND branch = ?)
                """,
            arguments: key
        )
        try cancel(branch, at: now, in: database)
    }

    func cancel(_ branch: BranchID, at now: Timestamp, in database: Database) throws {
        try database.execute(
            sql: "DELETE FROM held WHERE gid = ? AND branch = ?",
            arguments: [branch.gid.description, branch.branch.description]
        )
    }
}
