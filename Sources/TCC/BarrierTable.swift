/// The participant's half of the protocol as a table: what a call does, given the barrier row of its branch.
///
/// The row and the effect are written in one local transaction. The table makes every call idempotent, and lets calls
/// arrive in any order: a cancel without a try leaves a tombstone (an empty cancel), so that the try that comes after
/// it finds the row and does nothing (a late try, also called suspension).
public enum BarrierTable {
    /// What to do with a try.
    public enum TryStep: Hashable, Sendable {
        /// Check and reserve; a refusal writes nothing at all.
        case reserve
        /// Answer 200 with this outcome.
        case answer(BranchOutcome)
        /// Answer 410.
        case tooLate
    }

    /// What to do with a confirm or a cancel.
    public enum OutcomeStep: Hashable, Sendable {
        /// Make the effect real and the row `confirmed`.
        case confirm
        /// Release the reservation and make the row `cancelled`.
        case release
        /// Write a `cancelled` row where there was none.
        case tombstone
        /// Answer 200 with this outcome.
        case answer(BranchOutcome)
        /// Answer 409 with this code.
        case conflict(String)
    }

    /// The code of a confirm's conflict: there is nothing to confirm.
    public static let notReserved = "not-reserved"
    /// The code of a confirm's conflict: the branch has cancelled.
    public static let alreadyCancelled = "already-cancelled"
    /// The code of a cancel's conflict: the branch has confirmed.
    public static let alreadyConfirmed = "already-confirmed"

    /// A try.
    ///
    /// - Parameter row: the branch's row, if there is one.
    /// - Returns: what the participant does; it reserves only where there is no row yet.
    public static func onTry(_ row: BranchOutcome?) -> TryStep {
        switch row {
        case nil: .reserve
        case .reserved: .answer(.reserved)
        case .confirmed: .answer(.confirmed)
        case .cancelled: .tooLate
        }
    }

    /// A confirm.
    ///
    /// - Parameter row: the branch's row, if there is one.
    /// - Returns: what the participant does; a conflict unless the branch is reserved or confirmed.
    public static func onConfirm(_ row: BranchOutcome?) -> OutcomeStep {
        switch row {
        case nil: .conflict(notReserved)
        case .reserved: .confirm
        case .confirmed: .answer(.confirmed)
        case .cancelled: .conflict(alreadyCancelled)
        }
    }

    /// A cancel.
    ///
    /// - Parameter row: the branch's row, if there is one.
    /// - Returns: what the participant does; a conflict only if the branch is confirmed.
    public static func onCancel(_ row: BranchOutcome?) -> OutcomeStep {
        switch row {
        case nil: .tombstone
        case .reserved: .release
        case .confirmed: .conflict(alreadyConfirmed)
        case .cancelled: .answer(.cancelled)
        }
    }
}

/// Limits that participants and coordinators agree on.
public enum ProtocolLimits {
    /// The longest try timeout that a coordinator takes.
    public static let longestTryTimeout: Duration = .seconds(3600)
    /// How far ahead a try's deadline may lie; also how long a tombstone without a deadline is kept at least.
    public static let longestDeadline: Duration = .seconds(7200)
    /// How far behind the oldest unfinished transaction a participant's horizon stays.
    public static let horizonMargin: Duration = .seconds(3600)
    /// How many calls a batch has at most.
    public static let mostCallsInBatch = 1000
    /// How long a coordinator keeps an idempotency key at least.
    public static let shortestKeyLife: Duration = .seconds(86400)
}
