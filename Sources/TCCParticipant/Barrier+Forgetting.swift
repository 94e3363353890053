public import GRDB
public import TCC
import TCCStorage

/// What a barrier forgets, and how it tells what it may have forgotten.
///
/// A late copy of a try must not reserve after its row was pruned. Clocks cannot be relied on for that, nor for letting new
/// tries in: a clock that was ahead once leaves deadlines and horizons in the future. So the barrier stores, of all rows that
/// it ever pruned, the greatest gid and a time after the latest deadline, and refuses a try that lies before **both**:
///
/// - *Safe.* A pruned row's gid is not greater than the stored gid, and its try's deadline lies before the stored time: the row
///   has that deadline; or it is a tombstone, and then its try's deadline is at most two hours after the gid's own time, since a
///   coordinator makes both from one reading of its clock, or the gid later. So every copy of its try is refused. This compares
///   what messages and rows say; it reads no clock.
/// - *Live.* A coordinator's gids only grow (`IdentifierClock`), across jumps of its clock and across lives. Only gids that it
///   has begun are ever in a row, so a new one is greater than the stored gid, and its try is let in whatever the stored time
///   is: at once when the clocks are right again.
///
/// Clocks still say how long a row is kept: for its time of running (`PassedTime`), or longer where a clock is behind.
extension Barrier {
    /// Notes what the wall clock says, for what is to be forgotten.
    static func note(
        _ wall: Timestamp,
        after elapsed: Duration,
        retention: Duration,
        in database: Database
    ) throws -> PassedTime {
        var passed = PassedTime(try database.first("SELECT passed FROM barrier_horizon") { $0.text(0) } ?? "")
        passed.note(wall, after: elapsed, longest: retention)
        try database.run("UPDATE barrier_horizon SET passed = ?", .text(passed.text))
        return passed
    }

    /// Forgets some finished branches whose deadline lies before a horizon, and stores what tells their tries from new ones.
    ///
    /// - Parameters:
    ///   - horizon: see ``horizon(ownNow:_:retention:)``.
    ///   - limit: how many at most.
    ///   - database: the connection.
    /// - Returns: how many were forgotten; as many as the limit if there may be more.
    /// - Throws: whatever SQLite meets.
    public static func prune(before horizon: Timestamp, limit: Int, in database: Database) throws -> Int {
        // A gid's own time lies before its deadline: those before the horizon are a prefix of the table.
        let select = try database.cachedStatement(
            sql: """
                SELECT gid, branch, deadline, state FROM barrier WHERE gid < ? AND state != 'reserved' AND deadline < ?
                ORDER BY gid LIMIT ?
                """
        )
        let rows = try Row.fetchAll(
            select,
            arguments: [UUIDv7(leastAt: horizon).description, horizon.milliseconds, limit]
        )
        guard !rows.isEmpty else { return 0 }
        var (gid, deadline) = ("", Int64.min)
        for row in rows {
            gid = max(gid, row[0])
            deadline = max(deadline, row[2])
            if row[3] == BranchOutcome.cancelled.rawValue, let own = UUIDv7(row[0] as String) {
                deadline = max(deadline, (own.timestamp + ProtocolLimits.longestDeadline).milliseconds)
            }
            try database.run(
                "DELETE FROM barrier WHERE gid = ? AND branch = ?",
                .text(row[0]),
                .text(row[1])
            )
        }
        try database.run(
            """
            UPDATE barrier_horizon
            SET pruned_before = max(pruned_before, ?), pruned_gid = max(pruned_gid, ?)
            """,
            .integer(deadline + 1),
            .text(gid)
        )
        return rows.count
    }

    /// Whether a try without a row may have had one that was pruned.
    static func mayBeForgotten(
        _ gid: GlobalTransactionID,
        _ deadline: Timestamp,
        in database: Database
    ) throws -> Bool {
        try database.hasRow(
            "SELECT 1 FROM barrier_horizon WHERE pruned_before > ? AND pruned_gid >= ?",
            .integer(deadline.milliseconds),
            .text(gid.description)
        )
    }

    static func prunedBefore(in database: Database) throws -> Timestamp {
        let milliseconds = try database.first("SELECT pruned_before FROM barrier_horizon") { $0.integer(0) }
        return Timestamp(milliseconds: milliseconds ?? 0)
    }
}
