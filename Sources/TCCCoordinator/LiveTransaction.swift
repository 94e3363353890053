import Synchronization
public import TCC

/// How a transaction ended for its caller.
public enum Conclusion: Hashable, Sendable {
    /// Every branch has confirmed.
    case confirmed(TransactionRecord)
    /// Decided: confirm. It will be confirmed everywhere, whatever crashes.
    case accepted(TransactionRecord)
    /// Decided: cancel, and on disk. Nothing was or will be changed.
    case cancelled(Problem, GlobalTransactionID)
    /// The decision cannot be written for now: nothing can be said.
    case unknown
}

/// A transaction that somebody waits for: its machine, its record so far, and its end.
final class LiveTransaction: Sendable {
    private struct State {
        var machine: TransactionMachine
        var record: TransactionRecord

        mutating func finished(_ decision: Decision, at now: Timestamp) -> TransactionRecord {
            record.state = TransactionState(finished: decision)
            record.finishedAt = now
            record.timeline.append(TimelineEvent(at: now, event: .finished))
            return record
        }
    }

    /// A decision to be written, and why.
    struct Wanted {
        let transaction: LiveTransaction
        let decision: Decision
        let reason: Problem?
    }

    let gid: GlobalTransactionID
    /// What it does.
    let action: String
    /// When its begin record was to be written.
    let since: Duration
    private let state: Mutex<State>
    /// What the caller is told.
    let conclusion = Promise<Conclusion>()

    init(_ record: TransactionRecord, since: Duration) {
        let machine = TransactionMachine(branches: record.branches.map(\.name))
        self.gid = record.gid
        self.action = record.action
        self.since = since
        self.state = Mutex(State(machine: machine, record: record))
    }

    var record: TransactionRecord { state.withLock { $0.record } }

    /// Hands out the tries in one step: nothing is heard of any before all are handed out, so that no cancel overtakes one.
    func begun(_ handOut: (ParticipantName) -> Void) {
        state.withLock {
            guard case .sendTries(let branches) = $0.machine.begun() else { return }
            for branch in branches { handOut(branch) }
        }
    }

    /// Notes how a try ended; the decision to be written, with the one that makes it clear.
    func tried(_ report: LaneRunner.TryReport, at now: Timestamp) -> Wanted? {
        let branch = report.id.branch
        let action = state.withLock {
            if let index = $0.record.branches.firstIndex(where: { $0.name == branch }) {
                $0.record.branches[index].noteTry(report.result, attempts: report.attempts)
            }
            $0.record.timeline.append(
                TimelineEvent(at: now, event: .tried, branch: branch, detail: report.result.summary)
            )
            return $0.machine.tried(branch, report.result)
        }
        guard case .recordDecision(let decision, let reason) = action else { return nil }
        return Wanted(transaction: self, decision: decision, reason: reason)
    }

    /// What the journal has of it while it is being tried, with the tries that have ended: they are in no journal before
    /// the decision.
    func withTries(_ record: TransactionRecord) -> TransactionRecord {
        let known = state.withLock { $0.record }
        var record = record
        record.branches = known.branches
        record.timeline += known.timeline.filter { $0.event == .tried }
        return record
    }

    /// The record with a decision in it, to be written.
    func deciding(_ decision: Decision, reason: Problem?, at now: Timestamp) -> TransactionRecord {
        state.withLock {
            $0.record.state = TransactionState(carryingOut: decision)
            $0.record.reason = reason
            $0.record.decidedAt = now
            let detail = decision.rawValue + (reason.map { ": \($0.code)" } ?? "")
            $0.record.timeline.append(TimelineEvent(at: now, event: .decided, detail: detail))
            return $0.record
        }
    }

    /// Whom to send the decision that is on disk, and the whole record if nobody is left.
    func decided(_ decision: Decision, at now: Timestamp) -> (
        action: TransactionMachine.DecidedAction, finished: TransactionRecord?
    ) {
        state.withLock { state in
            state.record.state = TransactionState(carryingOut: decision)
            let action = state.machine.decided(decision)
            guard case .finish = action else { return (action, nil) }
            return (action, state.finished(decision, at: now))
        }
    }

    /// The whole record, with the last branch.
    func acknowledged(_ branch: ParticipantName, _ decision: Decision, at now: Timestamp) -> TransactionRecord? {
        state.withLock { state in
            let outcome: BranchState = decision == .confirm ? .confirmed : .cancelled
            if let index = state.record.branches.firstIndex(where: { $0.name == branch }) {
                // An operator may have had it asked twice.
                guard state.record.branches[index].state != outcome else { return nil }
                state.record.branches[index].state = outcome
                state.record.branches[index].attempts += 1
                state.record.branches[index].lastError = nil
            }
            state.record.timeline.append(TimelineEvent(at: now, event: .acknowledged, branch: branch))
            guard case .finish = state.machine.acknowledged(branch) else { return nil }
            return state.finished(decision, at: now)
        }
    }
}

extension BranchRecord {
    fileprivate mutating func noteTry(_ result: TryResult, attempts: Int) {
        self.attempts = attempts
        switch result {
        case .reserved: state = .reserved
        case .refused, .deadlinePassed, .rejected:
            state = .refused
            lastError = result.summary
        case .unavailable: lastError = result.summary
        }
    }
}

extension TryResult {
    /// One line for a timeline.
    fileprivate var summary: String {
        switch self {
        case .reserved: TimelineEvent.Tried.reserved.rawValue
        case .refused(let problem): TimelineEvent.Tried.refused.detail(problem.code)
        case .deadlinePassed: TimelineEvent.Tried.deadlinePassed.rawValue
        case .rejected(let answer): TimelineEvent.Tried.rejected.detail(answer)
        case .unavailable(let last): TimelineEvent.Tried.noUsableAnswer.detail(last)
        }
    }
}
