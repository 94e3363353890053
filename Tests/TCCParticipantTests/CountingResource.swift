import GRDB
import TCC
import TCCParticipant

/// A resource that counts how often each of its functions took effect, branch by branch; it refuses when told to.
struct CountingResource: Resource {
    struct Payload: Codable, Sendable {
        var refuses = false
    }

    /// How often each function took effect.
    struct Counts: Hashable {
        var reserved = 0
        var confirmed = 0
        var cancelled = 0
    }

    static func registerMigrations(in migrator: inout DatabaseMigrator) {
        Barrier.registerMigrations(in: &migrator)
        migrator.registerMigration("effects") { database in
            try database.execute(sql: "CREATE TABLE effects (gid TEXT NOT NULL, effect TEXT NOT NULL)")
            try database.execute(sql: "CREATE INDEX effects_by_gid ON effects (gid)")
        }
    }

    static func counts(of gid: GlobalTransactionID, in database: Database) throws -> Counts {
        func count(_ effect: String) throws -> Int {
            let select = try database.cachedStatement(sql: "SELECT count(*) FROM effects WHERE gid = ? AND effect = ?")
            return try Int.fetchOne(select, arguments: [gid.description, effect]) ?? 0
        }
        return Counts(reserved: try count("reserve"), confirmed: try count("confirm"), cancelled: try count("cancel"))
    }

    func reserve(_ call: BranchCall<Payload>, at now: Timestamp, in database: Database) throws {
        // Written before it refuses: a refusal must leave nothing behind.
        try record("reserve", call.gid, in: database)
        if call.payload?.refuses == true { throw Problem(409, "refused", "No.") }
    }

    func confirm(_ branch: BranchID, at now: Timestamp, in database: Database) throws {
        try record("confirm", branch.gid, in: database)
    }

    func cancel(_ branch: BranchID, at now: Timestamp, in database: Database) throws {
        try record("cancel", branch.gid, in: database)
    }

    private func record(_ effect: String, _ gid: GlobalTransactionID, in database: Database) throws {
        let insert = try database.cachedStatement(sql: "INSERT INTO effects VALUES (?, ?)")
        try insert.execute(arguments: [gid.description, effect])
    }
}
