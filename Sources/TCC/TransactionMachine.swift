/// How a branch's try ended.
public enum TryResult: Hashable, Sendable {
    /// The branch holds its reservation.
    case reserved
    /// The business check failed.
    case refused(Problem)
    /// The participant says that the try came too late.
    case deadlinePassed
    /// The participant does not take such a call.
    case rejected(String)
    /// No usable answer until the try timeout; says what the last call met.
    case unavailable(String)
}

/// A global transaction's life as a pure state machine: events in, actions out.
///
/// It knows no clock, no network and no disk; the coordinator performs its actions and reports what came of them, and
/// so does a simulator. From `deciding` nothing can be sent or told: that state is left only when the decision is on
/// disk.
///
///     beginning ─ begun ─→ trying ─ tried ─→ deciding ─ decided ─→ carryingOut ─ acknowledged ─→ ended
public struct TransactionMachine: Hashable, Sendable {
    private enum State: Hashable {
        /// The begin record is being written: no try may leave.
        case beginning
        /// Tries are out; these branches have not answered for good.
        case trying(unanswered: Set<ParticipantName>)
        /// The decision is being written: no confirm, cancel or answer may leave. On disk it may be before that is
        /// reported here, and then it may even have been delivered from the journal: these branches have acknowledged.
        case deciding(acknowledged: Set<ParticipantName>)
        /// The decision is on disk; these branches have not acknowledged.
        case carryingOut(Decision, unacknowledged: Set<ParticipantName>)
        /// Every branch has acknowledged.
        case ended(Decision)
    }

    private let branches: [ParticipantName]
    private var state: State = .beginning

    /// A transaction whose begin record is being written.
    ///
    /// - Parameter branches: its participants, each once.
    public init(branches: [ParticipantName]) {
        self.branches = branches
    }

    /// What to do when the begin record is on disk.
    public enum BegunAction: Hashable, Sendable {
        /// Try each of these branches.
        case sendTries([ParticipantName])
    }

    /// The begin record is on disk.
    public mutating func begun() -> BegunAction {
        precondition(state == .beginning, "a transaction begins once")
        state = .trying(unanswered: Set(branches))
        return .sendTries(branches)
    }

    /// What to do when a try ended.
    public enum TriedAction: Hashable, Sendable {
        /// Wait for the others.
        case wait
        /// Write the decision, by compare-and-set from `trying`.
        case recordDecision(Decision, reason: Problem?)
    }

    /// A branch's try ended.
    ///
    /// The first that did not reserve decides; the last that did decides otherwise.
    ///
    /// - Parameters:
    ///   - branch: whose.
    ///   - result: how.
    /// - Returns: the decision to record, once in a transaction's life; wait with every other try.
    public mutating func tried(_ branch: ParticipantName, _ result: TryResult) -> TriedAction {
        guard case .trying(var unanswered) = state, unanswered.remove(branch) != nil else { return .wait }
        if let reason = Self.reason(toCancelAfter: result, of: branch) {
            state = .deciding(acknowledged: [])
            return .recordDecision(.cancel, reason: reason)
        }
        guard unanswered.isEmpty else {
            state = .trying(unanswered: unanswered)
            return .wait
        }
        state = .deciding(acknowledged: [])
        return .recordDecision(.confirm, reason: nil)
    }

    /// What to do when a decision is on disk.
    public enum DecidedAction: Hashable, Sendable {
        /// Send the decision to each of these branches: to every one, whatever its try answered.
        case carryOut(Decision, [ParticipantName])
        /// Every branch has acknowledged already.
        case finish(Decision)
    }

    /// A decision is on disk: the one asked for, or one that was there first.
    ///
    /// - Parameter decision: what the journal says.
    /// - Returns: the decision that counts, and every branch to send it to.
    public mutating func decided(_ decision: Decision) -> DecidedAction {
        guard case .deciding(let acknowledged) = state else {
            preconditionFailure("a decision is recorded once, after the tries")
        }
        let unacknowledged = branches.filter { !acknowledged.contains($0) }
        guard !unacknowledged.isEmpty else {
            state = .ended(decision)
            return .finish(decision)
        }
        state = .carryingOut(decision, unacknowledged: Set(unacknowledged))
        return .carryOut(decision, unacknowledged)
    }

    /// What to do when a branch has acknowledged the decision.
    public enum AcknowledgedAction: Hashable, Sendable {
        /// Wait for the others.
        case wait
        /// That was the last one.
        case finish(Decision)
    }

    /// A branch has acknowledged the decision.
    ///
    /// - Parameter branch: which.
    /// - Returns: finish with the last branch; wait with any other, and with one that had acknowledged before.
    public mutating func acknowledged(_ branch: ParticipantName) -> AcknowledgedAction {
        if case .deciding(var acknowledged) = state, branches.contains(branch) {
            acknowledged.insert(branch)
            state = .deciding(acknowledged: acknowledged)
        }
        guard case .carryingOut(let decision, var unacknowledged) = state, unacknowledged.remove(branch) != nil else {
            return .wait
        }
        guard unacknowledged.isEmpty else {
            state = .carryingOut(decision, unacknowledged: unacknowledged)
            return .wait
        }
        state = .ended(decision)
        return .finish(decision)
    }

    /// The reason for a cancel after a try, or nil if the try reserved.
    private static func reason(toCancelAfter result: TryResult, of branch: ParticipantName) -> Problem? {
        switch result {
        case .reserved: nil
        case .refused(let problem): problem.asRefusal
        case .deadlinePassed:
            Problem(
                503,
                "deadline-passed",
                "The participant \(branch) got the try after its deadline. Nothing was changed; try again.",
                retryAfterSeconds: 1
            )
        case .rejected(let answer):
            Problem(
                502,
                "participant-rejected",
                "The participant \(branch) does not take this call (\(clause(answer))). Nothing was changed."
            )
        case .unavailable(let last):
            Problem(
                503,
                "participant-unavailable",
                "The participant \(branch) did not answer in time (\(clause(last))). Nothing was changed; try again.",
                retryAfterSeconds: 1
            )
        }
    }

    /// What somebody else wrote, as part of a sentence.
    private static func clause(_ text: String) -> Substring { text.hasSuffix(".") ? text.dropLast() : text[...] }
}

extension Problem {
    /// A participant's refusal as the caller gets it: 404 for what is not there, 409 for everything else.
    fileprivate var asRefusal: Problem {
        var copy = self
        copy.status = code == "not-found" ? 404 : 409
        return copy
    }
}
