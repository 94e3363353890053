public import GRDB
public import TCC
import TCCStorage

/// What a journal says of transactions that it does not know, and when it may come to know them no more.
extension Journal {
    /// What a participant that asks is told.
    ///
    /// A gid that nobody knows is recorded as cancelled first (presumed abort: Mohan, Lindsay, Obermarck, "Transaction
    /// Management in the R* Distributed Database Management System", 1986).
    ///
    /// - Parameters:
    ///   - gid: the transaction asked for.
    ///   - now: the time.
    ///   - database: the connection.
    /// - Returns: the decision, pending while it is being tried, or cancel for a gid that was unknown.
    /// - Throws: 410 `forgotten` if it is older than anything the journal remembers.
    public static func outcome(
        of gid: GlobalTransactionID,
        at now: Timestamp,
        in database: Database
    ) throws -> Outcome {
        if let state = try state(of: gid, in: database) { return state.outcome }
        guard try gid >= UUIDv7(leastAt: forgottenBefore(in: database)) else {
            throw Problem(410, "forgotten", "The transaction is older than anything this coordinator remembers.")
        }
        let event = TimelineEvent(at: now, event: .decided, detail: "cancel: presumed-abort")
        let reason = Problem(503, "presumed-abort", "A participant asked for it before it had begun.")
        try database.run(
            """
            INSERT INTO transactions (gid, action, state, reason, created_at, decided_at, finished_at, timeline)
            VALUES (?1, '', 'cancelled', ?2, ?3, ?3, ?3, ?4)
            """,
            .text(gid.description),
            .text(try json(reason)),
            .integer(now.milliseconds),
            .text(TimelineText.lines([event]))
        )
        return .cancel
    }

    /// When the oldest transaction began whose finish is not on disk.
    ///
    /// - Parameter database: the connection.
    /// - Returns: that time, or nil if all are finished.
    /// - Throws: whatever SQLite meets.
    public static func oldestUnfinished(in database: Database) throws -> Timestamp? {
        // By their times, not by their gids: those do not go back when the clock does.
        let milliseconds = try database.first(
            "SELECT min(created_at) FROM transactions INDEXED BY transactions_unfinished WHERE finished_at IS NULL"
        ) { $0.optionalInteger(0) }
        return milliseconds?.map(Timestamp.init(milliseconds:))
    }

    /// Forgets some transactions that every branch has acknowledged long ago, and stores from when on it remembers all.
    ///
    /// - Parameters:
    ///   - horizon: now, less the retention.
    ///   - keyHorizon: now, less the least life of a key.
    ///   - limit: how many at most.
    ///   - database: the connection.
    /// - Returns: how many were forgotten; as many as the limit if there may be more.
    /// - Throws: whatever SQLite meets.
    public static func prune(
        before horizon: Timestamp,
        withKeyBefore keyHorizon: Timestamp,
        limit: Int,
        in database: Database
    ) throws -> Int {
        try database.run(
            "UPDATE horizon SET forgotten_before = max(forgotten_before, ?)",
            .integer(horizon.milliseconds)
        )
        try database.run(
            """
            DELETE FROM transactions WHERE gid IN (
                SELECT gid FROM transactions
                WHERE gid < ? AND finished_at < ? AND (key_fingerprint IS NULL OR finished_at < ?)
                ORDER BY gid LIMIT ?)
            """,
            .text(UUIDv7(leastAt: horizon).description),
            .integer(horizon.milliseconds),
            .integer(min(horizon, keyHorizon).milliseconds),
            .integer(limit)
        )
        return database.changesCount
    }

    /// Notes what the wall clock says, for what is to be forgotten.
    ///
    /// - Parameters:
    ///   - wall: the wall clock.
    ///   - elapsed: how much time passed since the last note.
    ///   - longest: how long things are remembered at most.
    ///   - database: the connection.
    /// - Returns: what is known of the time that passed.
    /// - Throws: whatever SQLite meets.
    static func note(
        _ wall: Timestamp,
        after elapsed: Duration,
        longest: Duration,
        in database: Database
    ) throws -> PassedTime {
        var passed = PassedTime(try database.first("SELECT passed FROM horizon") { $0.text(0) } ?? "")
        passed.note(wall, after: elapsed, longest: longest)
        try database.run("UPDATE horizon SET passed = ?", .text(passed.text))
        return passed
    }

    /// The identifier that every new transaction's must come after: of the latest that was begun and is remembered, or of
    /// the horizon, whichever is later.
    ///
    /// What was begun and is forgotten lies before the horizon. So a gid that comes after this one comes after every gid
    /// that was ever begun here, whatever the clocks said: no participant can take its tries for old ones.
    ///
    /// - Parameter database: the connection.
    /// - Returns: the identifier.
    /// - Throws: whatever SQLite meets, or a ``JournalError`` if a gid cannot be read.
    public static func latestIdentifier(in database: Database) throws -> UUIDv7 {
        let horizon = UUIDv7(leastAt: try forgottenBefore(in: database) + .milliseconds(1))
        // Not those that were recorded because a participant asked: whatever such a one asks for is not ours.
        let latest = try database.first(
            "SELECT gid FROM transactions WHERE action != '' ORDER BY gid DESC LIMIT 1"
        ) { try gid($0.text(0)) }
        return max(horizon, latest ?? horizon)
    }

    static func forgottenBefore(in database: Database) throws -> Timestamp {
        Timestamp(milliseconds: try database.first("SELECT forgotten_before FROM horizon") { $0.integer(0) } ?? 0)
    }
}
