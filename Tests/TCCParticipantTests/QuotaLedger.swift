import GRDB
import TCC
import TCCParticipant

/// A third participant, and the shortest example of one: how many posts an author may publish.
///
/// A try reserves one of the author's posts, a confirm spends it, a cancel gives it back. None of this is idempotent:
/// it is the barrier around it that lets each of the three happen at most once, in the right order, whatever the
/// network repeats, delays or loses. So there is not a word about that here.
struct QuotaLedger: Resource {
    /// What a try brings along; sent by whoever begins the transaction, as JSON.
    struct Payload: Codable, Sendable {
        let author: String
    }

    /// The barrier's tables and one's own in one database: the effect and the barrier's row are one local transaction.
    static func registerMigrations(in migrator: inout DatabaseMigrator) {
        Barrier.registerMigrations(in: &migrator)
        migrator.registerMigration("quota-1") { database in
            try database.execute(
                sql: """
                    CREATE TABLE quotas (author TEXT PRIMARY KEY, allowed INTEGER NOT NULL,
                        reserved INTEGER NOT NULL DEFAULT 0 CHECK (reserved >= 0),
                        spent INTEGER NOT NULL DEFAULT 0 CHECK (spent + reserved <= allowed));
                    CREATE TABLE quota_reservations (gid TEXT PRIMARY KEY, author TEXT NOT NULL);
                    """
            )
        }
    }

    /// Everything that can be refused is refused here: after this, a confirm must not fail.
    func reserve(_ call: BranchCall<Payload>, at now: Timestamp, in database: Database) throws {
        let author = call.payload?.author
        let sql = "UPDATE quotas SET reserved = reserved + 1 WHERE author = ? AND spent + reserved < allowed"
        try database.execute(sql: sql, arguments: [author])
        guard database.changesCount == 1 else {
            throw Problem(409, "quota-exceeded", "No post is left in the author's quota.")
        }
        let insert = "INSERT INTO quota_reservations (gid, author) VALUES (?, ?)"
        try database.execute(sql: insert, arguments: [call.gid.description, author])
    }

    func confirm(_ branch: BranchID, at now: Timestamp, in database: Database) throws {
        try settle(branch, "reserved = reserved - 1, spent = spent + 1", in: database)
    }

    func cancel(_ branch: BranchID, at now: Timestamp, in database: Database) throws {
        try settle(branch, "reserved = reserved - 1", in: database)
    }

    private func settle(_ branch: BranchID, _ change: String, in database: Database) throws {
        let update = "UPDATE quotas SET \(change) WHERE author = (SELECT author FROM quota_reservations WHERE gid = ?)"
        try database.execute(sql: update, arguments: [branch.gid.description])
        let delete = "DELETE FROM quota_reservations WHERE gid = ?"
        try database.execute(sql: delete, arguments: [branch.gid.description])
    }
}
