import Foundation
import NIOCore
import Synchronization
import TCC
import TCCCoordinator

/// All participants of a test in memory: each keeps a barrier as the contract wants it, and meets the faults that a test
/// has scripted for it, attempt by attempt.
final class ScriptedPeers: Sendable {
    /// What becomes of one call.
    enum Turn: Hashable, Sendable {
        /// It reaches the participant, and its answer the coordinator.
        case works
        /// It has its effect, and its answer is lost.
        case answerLost
        /// It has no effect, and this is what comes back.
        case answers(CallResult)
        /// It reaches nobody and never ends; the caller gives it up when the test is over.
        case hangs
    }

    /// One call that arrived.
    struct Call: Hashable, Sendable {
        let participant: ParticipantName
        let operation: TCC.Operation
        let gid: GlobalTransactionID
        let deadline: Timestamp?
        let payload: JSONValue?
    }

    fileprivate struct Script: Hashable {
        let participant: ParticipantName
        let operation: TCC.Operation
    }

    fileprivate struct Waiter {
        let condition: @Sendable ([Call]) -> Bool
        let continuation: CheckedContinuation<Void, Never>
    }

    fileprivate struct State {
        var calls: [Call] = []
        var scripts: [Script: [Turn]] = [:]
        var rows: [BranchID: BranchOutcome] = [:]
        var waiters: [Waiter] = []
        var batches: [Int] = []
        var misfits: [Int] = []
    }

    /// Every request of several calls so far: how many it had.
    var batches: [Int] { state.withLock { $0.batches } }

    private let takesBatches: Bool
    private let state = Mutex(State())

    /// Participants that answer everything as the contract wants it.
    ///
    /// - Parameter takesBatches: whether they have an endpoint for several calls; without it each call is scripted and
    ///   answered alone.
    init(takesBatches: Bool = false) { self.takesBatches = takesBatches }

    /// Every call so far, in order.
    var calls: [Call] { state.withLock { $0.calls } }

    /// How often a participant was called.
    func count(_ operation: TCC.Operation, _ participant: String) -> Int {
        calls.count { $0.operation == operation && $0.participant.description == participant }
    }

    /// Where the branches stand, at their participants.
    func rows(of gid: GlobalTransactionID) -> [String: BranchOutcome] {
        state.withLock { state in
            let rows = state.rows.filter { $0.key.gid == gid }
            return Dictionary(uniqueKeysWithValues: rows.map { ($0.key.branch.description, $0.value) })
        }
    }

    /// What the next calls meet, one after the other; the last turn stands for all that follow.
    func script(_ participant: String, _ operation: TCC.Operation, _ turns: Turn...) {
        let script = Script(participant: ParticipantName(participant)!, operation: operation)
        state.withLock { $0.scripts[script] = turns }
    }

    /// By how many results the next requests have too few or too many, whatever their calls did.
    func answerWithMisfits(_ surpluses: Int...) { state.withLock { $0.misfits = surpluses } }

    private func misfit(of results: [CallResult]) -> [CallResult] {
        let surplus = state.withLock { $0.misfits.isEmpty ? 0 : $0.misfits.removeFirst() }
        let extra = Array(repeating: CallResult.answered(BranchAnswer(status: 200)), count: max(0, surplus))
        return results.dropLast(max(0, -surplus)) + extra
    }

    /// Waits until the calls so far satisfy a condition.
    func wait(until condition: @escaping @Sendable ([Call]) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isSatisfied = state.withLock { state in
                if condition(state.calls) { return true }
                state.waiters.append(Waiter(condition: condition, continuation: continuation))
                return false
            }
            if isSatisfied { continuation.resume() }
        }
    }

    /// Waits until a participant was called so often.
    func wait(for operation: TCC.Operation, _ participant: String, times: Int = 1) async {
        await wait { $0.count { $0.operation == operation && $0.participant.description == participant } >= times }
    }

    /// The network, as a coordinator sees it.
    var call: ParticipantCall {
        { participant, calls in
            if calls.count > 1 {
                guard self.takesBatches else { return .refusedTogether(isForGood: true) }
                self.state.withLock { $0.batches.append(calls.count) }
            }
            return await withTaskGroup(of: (Int, CallResult).self) { group in
                for (index, call) in calls.enumerated() {
                    group.addTask { (index, await self.receive(participant.name, call.operation, call.body)) }
                }
                var results: [CallResult?] = Array(repeating: nil, count: calls.count)
                for await (index, result) in group { results[index] = result }
                return .each(self.misfit(of: results.compactMap { $0 }))
            }
        }
    }

    private func receive(_ participant: ParticipantName, _ operation: TCC.Operation, _ body: ByteBuffer) async
        -> CallResult
    {
        let call: BranchCall<JSONValue>
        do {
            call = try JSONDecoder().decode(BranchCall<JSONValue>.self, from: Data(body.readableBytesView))
        } catch {
            return .answered(BranchAnswer(status: 400))
        }
        guard call.branch == participant, !call.action.isEmpty else { return .answered(BranchAnswer(status: 422)) }
        let (turn, answer, satisfied) = state.withLock { state in
            state.calls.append(
                Call(
                    participant: participant,
                    operation: operation,
                    gid: call.gid,
                    deadline: call.deadline,
                    payload: call.payload
                )
            )
            let turn = state.takeTurn(Script(participant: participant, operation: operation))
            let reaches = turn == .works || turn == .answerLost
            let answer = reaches ? state.apply(operation, call.id) : BranchAnswer(status: 0)
            let calls = state.calls
            let satisfied = state.waiters.filter { $0.condition(calls) }
            state.waiters.removeAll { $0.condition(calls) }
            return (turn, answer, satisfied)
        }
        for waiter in satisfied { waiter.continuation.resume() }
        switch turn {
        case .works: return .answered(answer)
        case .answerLost: return .unanswered("connection lost")
        case .answers(let result): return result
        case .hangs:
            let (stream, continuation) = AsyncStream<Never>.makeStream()
            for await _ in stream {}  // ends when the task is cancelled
            continuation.finish()
            return .unanswered("no answer in time")
        }
    }
}

extension ScriptedPeers.State {
    fileprivate mutating func takeTurn(_ script: ScriptedPeers.Script) -> ScriptedPeers.Turn {
        guard var turns = scripts[script], let turn = turns.first else { return .works }
        if turns.count > 1 {
            turns.removeFirst()
            scripts[script] = turns
        }
        return turn
    }

    /// The participant's half of the protocol.
    fileprivate mutating func apply(_ operation: TCC.Operation, _ id: BranchID) -> BranchAnswer {
        func done(_ outcome: BranchOutcome) -> BranchAnswer { BranchAnswer(status: 200, outcome: outcome) }
        func problem(_ status: Int, _ code: String) -> BranchAnswer {
            BranchAnswer(status: status, problem: Problem(status, code, code))
        }
        switch operation {
        case .try:
            switch BarrierTable.onTry(rows[id]) {
            case .reserve:
                rows[id] = .reserved
                return done(.reserved)
            case .answer(let outcome): return done(outcome)
            case .tooLate: return problem(410, "too-late")
            }
        case .confirm, .cancel:
            switch operation == .confirm ? BarrierTable.onConfirm(rows[id]) : BarrierTable.onCancel(rows[id]) {
            case .confirm: rows[id] = .confirmed
            case .release, .tombstone: rows[id] = .cancelled
            case .answer(let outcome): return done(outcome)
            case .conflict(let code): return problem(409, code)
            }
            return done(operation == .confirm ? .confirmed : .cancelled)
        }
    }
}

extension ScriptedPeers.Turn {
    /// A problem comes back.
    static func answers(_ status: Int, _ code: String? = nil, retryAfterSeconds: Int? = nil) -> Self {
        let problem = code.map { Problem(status, $0, "Scripted.", retryAfterSeconds: retryAfterSeconds) }
        return .answers(.answered(BranchAnswer(status: status, problem: problem)))
    }

    /// Nothing comes back.
    static let unanswered = Self.answers(.unanswered("connection refused"))
}
