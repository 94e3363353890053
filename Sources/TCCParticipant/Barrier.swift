public import GRDB
public import TCC
import TCCStorage

/// The participant's record of every branch: makes each call take effect once, in whatever order calls arrive.
///
/// Synchronous functions over a database connection, each to be run in a transaction by its caller, together with the
/// effect (the idea is DTM's "sub-transaction barrier"; the table is `BarrierTable`).
public enum Barrier {
    /// Creates the barrier's tables.
    ///
    /// - Parameter migrator: of the database that holds the resource.
    public static func registerMigrations(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("barrier-1") { database in
            try database.execute(
                sql: """
                    CREATE TABLE barrier (
                        gid TEXT NOT NULL,
                        branch TEXT NOT NULL,
                        action TEXT NOT NULL,
                        state TEXT NOT NULL CHECK (state IN ('reserved', 'confirmed', 'cancelled')),
                        -- Of the try; for a tombstone, the latest that its try could have.
                        deadline INTEGER NOT NULL,
                        PRIMARY KEY (gid, branch)
                    ) WITHOUT ROWID;
                    CREATE INDEX barrier_reserved ON barrier (deadline, gid, branch) WHERE state = 'reserved';

                    CREATE TABLE barrier_horizon (
                        id INTEGER PRIMARY KEY CHECK (id = 1),
                        pruned_before INTEGER NOT NULL
                    );
                    INSERT INTO barrier_horizon VALUES (1, 0);
                    """
            )
        }
        migrator.registerMigration("barrier-2") { database in
            // What was pruned so far had gids that lie before the horizon.
            let greatest = UUIDv7(leastAt: try prunedBefore(in: database)).description
            try database.execute(sql: "ALTER TABLE barrier_horizon ADD COLUMN pruned_gid TEXT NOT NULL DEFAULT ''")
            try database.execute(sql: "ALTER TABLE barrier_horizon ADD COLUMN passed TEXT NOT NULL DEFAULT ''")
            try database.execute(sql: "UPDATE barrier_horizon SET pruned_gid = ?", arguments: [greatest])
        }
    }

    /// Applies a try.
    ///
    /// - Parameters:
    ///   - call: the try.
    ///   - resource: what it reserves.
    ///   - now: the time.
    ///   - database: the connection.
    /// - Returns: the branch's outcome so far.
    /// - Throws: 410 if it comes too late, 422 if it is not valid, or the resource's refusal; then nothing is written.
    public static func attempt<R: Resource>(
        _ call: BranchCall<R.Payload>,
        on resource: R,
        at now: Timestamp,
        in database: Database
    ) throws -> BranchOutcome {
        guard let deadline = call.deadline else { throw Problem.invalid("deadline", "is missing") }
        guard deadline <= now + ProtocolLimits.longestDeadline else {
            throw Problem.invalid("deadline", "must be at most 2 h ahead")
        }
        switch BarrierTable.onTry(try row(of: call.id, in: database)) {
        case .answer(let outcome): return outcome
        case .tooLate: throw tooLate("The transaction was cancelled.")
        case .reserve: break
        }
        guard now < deadline else { throw tooLate("The try came after its deadline.") }
        if try mayBeForgotten(call.gid, deadline, in: database) {
            throw tooLate("The try is older than anything this participant remembers.")
        }
        try resource.reserve(call, at: now, in: database)
        try database.run(
            "INSERT INTO barrier (gid, branch, action, state, deadline) VALUES (?, ?, ?, 'reserved', ?)",
            .text(call.gid.description),
            .text(call.branch.description),
            .text(call.action),
            .integer(deadline.milliseconds)
        )
        return .reserved
    }

    private static func tooLate(_ detail: String) -> Problem { Problem(410, "too-late", detail) }

    /// Applies a decision.
    ///
    /// - Parameters:
    ///   - decision: the decision.
    ///   - id: the branch.
    ///   - action: what its transaction does; kept with a tombstone.
    ///   - resource: what holds the reservation.
    ///   - now: the time.
    ///   - database: the connection.
    /// - Returns: the outcome that fits the decision.
    /// - Throws: 409 if the branch cannot do as decided.
    public static func carryOut(
        _ decision: Decision,
        _ id: BranchID,
        action: String,
        on resource: some Resource,
        at now: Timestamp,
        in database: Database
    ) throws -> BranchOutcome {
        let row = try row(of: id, in: database)
        switch decision == .confirm ? BarrierTable.onConfirm(row) : BarrierTable.onCancel(row) {
        case .answer(let outcome):
            return outcome
        case .conflict(let code):
            throw Problem(
                409,
                code,
                "The branch is \(row?.rawValue ?? "not reserved"); it cannot \(decision.rawValue)."
            )
        case .confirm:
            try resource.confirm(id, at: now, in: database)
            try finish(id, .confirmed, in: database)
            return .confirmed
        case .release:
            try resource.cancel(id, at: now, in: database)
            try finish(id, .cancelled, in: database)
            return .cancelled
        case .tombstone:
            // The latest that its try's can be, by this clock; what its coordinator's may say is seen to by `prune`.
            let deadline = now + ProtocolLimits.longestDeadline
            try database.run(
                "INSERT INTO barrier (gid, branch, action, state, deadline) VALUES (?, ?, ?, 'cancelled', ?)",
                .text(id.gid.description),
                .text(id.branch.description),
                .text(action),
                .integer(deadline.milliseconds)
            )
            return .cancelled
        }
    }

    private static func finish(_ id: BranchID, _ outcome: BranchOutcome, in database: Database) throws {
        try database.run(
            "UPDATE barrier SET state = ? WHERE gid = ? AND branch = ?",
            .text(outcome.rawValue),
            .text(id.gid.description),
            .text(id.branch.description)
        )
    }

    /// Where a branch stands.
    ///
    /// - Parameters:
    ///   - id: the branch.
    ///   - database: the connection.
    /// - Returns: the branch's outcome so far, or nil if there is no row.
    /// - Throws: whatever SQLite meets.
    public static func row(of id: BranchID, in database: Database) throws -> BranchOutcome? {
        let text = try database.first(
            "SELECT state FROM barrier WHERE gid = ? AND branch = ?",
            .text(id.gid.description),
            .text(id.branch.description)
        ) { $0.text(0) }
        return text.flatMap(BranchOutcome.init(rawValue:))
    }

    /// A reservation whose deadline has passed: its holder must ask what became of the transaction.
    public struct Overdue: Hashable, Sendable {
        /// The branch.
        public var id: BranchID
        /// What its transaction does.
        public var action: String
        /// Its deadline.
        public var deadline: Timestamp
    }

    /// Reservations whose deadline has passed, the oldest first; also those whose deadline no try could have at this time:
    /// the clock was set back since, and they would wait for it.
    ///
    /// - Parameters:
    ///   - now: the time.
    ///   - last: only those that come after this one.
    ///   - limit: how many at most.
    ///   - database: the connection.
    /// - Returns: the branches that hold them.
    /// - Throws: whatever SQLite meets.
    public static func overdue(
        at now: Timestamp,
        after last: Overdue? = nil,
        limit: Int,
        in database: Database
    ) throws -> [Overdue] {
        let select = try database.cachedStatement(
            sql: """
                SELECT gid, branch, action, deadline FROM barrier
                WHERE state = 'reserved' AND deadline <= ?1 AND (deadline, gid, branch) > (?3, ?4, ?5)
                UNION ALL
                SELECT gid, branch, action, deadline FROM barrier
                WHERE state = 'reserved' AND deadline > ?2 AND (deadline, gid, branch) > (?3, ?4, ?5)
                ORDER BY deadline, gid, branch LIMIT ?6
                """
        )
        let arguments: StatementArguments = [
            now.milliseconds, (now + ProtocolLimits.longestDeadline).milliseconds,
            last?.deadline.milliseconds ?? Int64.min, last?.id.gid.description ?? "",
            last?.id.branch.description ?? "", limit,
        ]
        return try Row.fetchAll(select, arguments: arguments)
            .compactMap { row in
                let (gid, branch): (String, String) = (row[0], row[1])
                guard let gid = GlobalTransactionID(gid), let branch = ParticipantName(branch) else { return nil }
                return Overdue(
                    id: BranchID(gid: gid, branch: branch),
                    action: row[2],
                    deadline: Timestamp(milliseconds: row[3])
                )
            }
    }

    /// How far back a participant may forget: never what a coordinator may still speak of.
    ///
    /// - Parameters:
    ///   - ownNow: the participant's clock, read before it asked.
    ///   - answer: what the coordinator said.
    ///   - retention: how long things are remembered.
    /// - Returns: the time before which what is finished may be forgotten.
    public static func horizon(ownNow: Timestamp, _ answer: OutcomeHorizon, retention: Duration) -> Timestamp {
        let horizon = min(ownNow, answer.now) - retention
        guard let oldest = answer.oldestUnfinished else { return horizon }
        return min(horizon, oldest - ProtocolLimits.horizonMargin)
    }
}
