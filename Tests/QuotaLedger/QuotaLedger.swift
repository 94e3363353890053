public import GRDB
public import TCC
public import TCCParticipant

/// A third participant, and the shortest example of one: how many posts an author may publish.
///
/// A try holds one of the author's posts, a confirm spends it, a cancel gives it back. None of this is idempotent: it is
/// the barrier around it that lets each of the three happen at most once, in the right order, whatever the network
/// repeats, delays or loses. So there is not a word about that here.
public struct QuotaLedger: Resource {
    /// What a try brings along; sent by whoever begins the transaction, as JSON.
    public struct Payload: Codable, Sendable {
        let author: String

        /// One of this author's posts.
        public init(author: String) { self.author = author }
    }

    /// Made of nothing: all its state is in the database.
    public init() {}

    /// Its tables and the barrier's in one database: the effect and the barrier's row are one local transaction.
    public static func registerMigrations(in migrator: inout DatabaseMigrator) {
        Barrier.registerMigrations(in: &migrator)
        migrator.registerMigration("quota-1") { database in
            try database.execute(
                sql: """
                    CREATE TABLE account (author TEXT PRIMARY KEY, granted INTEGER NOT NULL, spent INTEGER NOT NULL);
                    CREATE TABLE held (gid TEXT, branch TEXT, author TEXT, PRIMARY KEY (gid, branch));
                    """
            )
        }
    }

    /// Everything that can be refused is refused here: after this, a confirm must not fail.
    public func reserve(_ call: BranchCall<Payload>, at now: Timestamp, in database: Database) throws {
        let sql =
            "SELECT granted - spent - (SELECT count(*) FROM held WHERE author = ?1) FROM account WHERE author = ?1"
        let left = try Int.fetchOne(database, sql: sql, arguments: [call.payload?.author])
        guard left ?? 0 > 0 else { throw Problem(409, "quota-exceeded", "No post is left in the author's quota.") }
        let key = [call.gid.description, call.branch.description, call.payload?.author]
        try database.execute(sql: "INSERT INTO held VALUES (?, ?, ?)", arguments: StatementArguments(key))
    }

    /// Spends what was held.
    public func confirm(_ branch: BranchID, at now: Timestamp, in database: Database) throws {
        let author = "(SELECT author FROM held WHERE gid = ? AND branch = ?)"
        let sql = "UPDATE account SET spent = spent + 1 WHERE author = \(author)"
        try database.execute(sql: sql, arguments: [branch.gid.description, branch.branch.description])
        try cancel(branch, at: now, in: database)
    }

    /// Lets it go.
    public func cancel(_ branch: BranchID, at now: Timestamp, in database: Database) throws {
        let sql = "DELETE FROM held WHERE gid = ? AND branch = ?"
        try database.execute(sql: sql, arguments: [branch.gid.description, branch.branch.description])
    }
}
