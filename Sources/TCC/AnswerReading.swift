/// A participant's HTTP answer, cut down to what the protocol reads from it.
///
/// The outcome and the problem are decoded from JSON; no body is ever searched for words.
public struct BranchAnswer: Hashable, Sendable {
    /// The HTTP status.
    public var status: Int
    /// The `outcome` of a 200, if the body has one.
    public var outcome: BranchOutcome?
    /// The problem of any other status, if the body is one.
    public var problem: Problem?

    /// Makes an answer.
    ///
    /// - Parameters:
    ///   - status: the HTTP status.
    ///   - outcome: the outcome in the body, if any.
    ///   - problem: the problem in the body, if any.
    public init(status: Int, outcome: BranchOutcome? = nil, problem: Problem? = nil) {
        self.status = status
        self.outcome = outcome
        self.problem = problem
    }
}

/// What came back from a call: an answer, or none.
public enum CallResult: Hashable, Sendable {
    /// The participant answered.
    case answered(BranchAnswer)
    /// It did not: refused connection, lost connection, timeout. The call may have had its effect.
    case unanswered(String)
}

/// What a coordinator makes of the answer to a try.
public enum TryReading: Hashable, Sendable {
    /// The branch holds its reservation.
    case reserved
    /// The business check failed: decide cancel, with this reason.
    case refused(Problem)
    /// The try came too late: decide cancel.
    case deadlinePassed
    /// The participant does not take such a call at all: decide cancel.
    case rejected(String)
    /// Still working: ask again soon.
    case busy
    /// Nothing can be concluded; never a failure. Silent if there was no sign of life.
    case unknown(String, silent: Bool)

    /// Reads an answer to a try.
    ///
    /// - Parameter result: what came back.
    public init(_ result: CallResult) {
        switch result {
        case .unanswered(let detail): self = .unknown(detail, silent: true)
        case .answered(let answer):
            switch (answer.status, answer.outcome, answer.problem) {
            case (200, .reserved, _): self = .reserved
            case (409, _, let problem?): self = .refused(problem)
            case (410, _, .some): self = .deadlinePassed
            case (400, _, _), (401, _, _), (403, _, _), (404, _, _), (405, _, _), (413, _, _), (422, _, _):
                self = .rejected(answer.summary)
            case (425, _, _): self = .busy
            default: self = .unknown(answer.summary, silent: answer.status == 503)
            }
        }
    }
}

/// What a coordinator makes of the answer to a confirm or a cancel.
public enum OutcomeReading: Hashable, Sendable {
    /// The participant did as decided.
    case done
    /// It refuses the decision, see ``DecisionRefusal``: keep the decision, alert, go on.
    case stuck(Problem)
    /// Still working: ask again soon.
    case busy
    /// Nothing can be concluded: ask again. An alert if somebody has to look at it.
    case unknown(String, silent: Bool, alert: Bool)

    /// Reads an answer to a confirm or a cancel.
    ///
    /// - Parameters:
    ///   - result: what came back.
    ///   - decision: what was asked.
    public init(_ result: CallResult, to decision: Decision) {
        switch result {
        case .unanswered(let detail): self = .unknown(detail, silent: true, alert: false)
        case .answered(let answer):
            switch (answer.status, answer.outcome, answer.problem) {
            case (200, .confirmed, _) where decision == .confirm: self = .done
            case (200, .cancelled, _) where decision == .cancel: self = .done
            case (409, _, let problem?): self = .stuck(problem)
            case (425, _, _): self = .busy
            case (400, _, _), (401, _, _), (403, _, _), (404, _, _), (405, _, _), (413, _, _), (422, _, _):
                self = .unknown(answer.summary, silent: false, alert: true)
            default: self = .unknown(answer.summary, silent: answer.status == 503, alert: false)
            }
        }
    }
}

/// Why a participant refuses a decision, as the code of its problem says.
public enum DecisionRefusal: Hashable, Sendable {
    /// It cancelled what is to be confirmed, or confirmed what is to be cancelled.
    case didTheOpposite
    /// It knows of no reservation that it could confirm.
    case holdsNoReservation
    /// A code of its own, which the protocol does not know.
    case other

    /// Reads a refusal.
    ///
    /// - Parameters:
    ///   - problem: the problem of a 409.
    ///   - decision: what was asked.
    public init(_ problem: Problem, of decision: Decision) {
        switch (decision, problem.code) {
        case (.confirm, BarrierTable.alreadyCancelled), (.cancel, BarrierTable.alreadyConfirmed): self = .didTheOpposite
        case (.confirm, BarrierTable.notReserved): self = .holdsNoReservation
        default: self = .other
        }
    }
}

extension BranchAnswer {
    /// One line for a log or a timeline, not longer than that.
    public var summary: String {
        if let problem { return String("\(status) \(problem.code): \(problem.detail)".prefix(500)) }
        if let outcome { return "\(status) \(outcome.rawValue)" }
        return "\(status)"
    }
}
