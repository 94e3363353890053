import Failpoints
import GRDB
import Logging
import Metrics
import NIOCore
import Synchronization
import TCC
import TCCStorage

/// Performs what a ``ParticipantLane`` says: makes the calls to one participant, and records what it acknowledges.
final class LaneRunner: Sendable {
    /// How a try ended, and how many calls it took.
    struct TryReport: Sendable {
        var result: TryResult
        var attempts: Int
    }

    private struct PendingTry {
        var body: ByteBuffer
        var attempts = 0
        let report = Promise<TryReport>()
    }

    private struct State {
        var lane: ParticipantLane
        var tries: [GlobalTransactionID: PendingTry] = [:]
        /// What the outcomes that the lane holds are about.
        var actions: [GlobalTransactionID: String] = [:]
        /// When somebody was last alerted to one of them.
        var alertedAt: [GlobalTransactionID: Duration] = [:]
        var timersAt: Set<Duration> = []

        mutating func keepAction(_ action: String?, of call: ParticipantLane.Call) {
            let isHeld = lane.holds(call)
            actions[call.gid] = isHeld ? action : nil
            if !isHeld { alertedAt[call.gid] = nil }
        }

        /// Whether an alert is news: the first of its transaction, or the first in a while.
        mutating func isNews(_ gid: GlobalTransactionID, now: Duration) -> Bool {
            if let last = alertedAt[gid], now < last + LaneRunner.alertInterval { return false }
            alertedAt[gid] = now
            return true
        }
    }

    private static let alertInterval: Duration = .seconds(60)

    let participant: Participant
    private let state: Mutex<State>
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation
    private let call: ParticipantCall
    private let store: DurableStore
    private let world: World
    private let failpoints: Failpoints
    private let logger: Logger
    private let metrics: any MetricsFactory
    private let onAcknowledged: @Sendable (BranchID, Decision) -> Void

    init(
        participant: Participant,
        retry: RetryPolicy,
        call: @escaping ParticipantCall,
        store: DurableStore,
        world: World,
        failpoints: Failpoints,
        logger: Logger,
        metrics: any MetricsFactory,
        onAcknowledged: @escaping @Sendable (BranchID, Decision) -> Void
    ) {
        self.participant = participant
        self.state = Mutex(State(lane: ParticipantLane(retry: retry)))
        (self.wakes, self.wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.call = call
        self.store = store
        self.world = world
        self.failpoints = failpoints
        self.logger = logger
        self.metrics = metrics
        self.onAcknowledged = onAcknowledged
    }

    /// Whether the participant gave a sign of life when it was last called.
    var isAnswering: Bool { state.withLock { $0.lane.isAnswering } }

    /// Tries the branch until it answers for good, the try expires, or the task is cancelled.
    func attempt(_ gid: GlobalTransactionID, body: ByteBuffer, expiresAt: Duration) async -> TryReport {
        let pending = PendingTry(body: body)
        state.withLock {
            $0.tries[gid] = pending
            $0.lane.tryRequested(gid, expiresAt: expiresAt)
        }
        wake.yield()
        if let report = try? await pending.report.value() { return report }  // `try?`: throws on cancellation only
        let attempts = state.withLock { $0.tries.removeValue(forKey: gid)?.attempts ?? 0 }
        return TryReport(result: .unavailable("not waited for"), attempts: attempts)
    }

    /// Sees to it that the participant gets the decision.
    func deliver(_ decision: Decision, of gid: GlobalTransactionID, action: String) {
        state.withLock {
            $0.lane.outcomeDecided(gid, decision)
            $0.keepAction(action, of: .init(gid: gid, operation: decision.operation))
        }
        wake.yield()
    }

    /// Sends a decision at once, whatever its backoff says.
    func retryNow(_ decision: Decision, of gid: GlobalTransactionID, action: String) {
        state.withLock {
            $0.lane.retryRequested(gid, decision, now: world.elapsed())
            $0.keepAction(action, of: .init(gid: gid, operation: decision.operation))
        }
        wake.yield()
    }

    /// Runs until the task is cancelled.
    func run() async {
        wake.yield()
        await withDiscardingTaskGroup { group in
            for await _ in wakes {
                while takeStep(in: &group) {}
            }
            group.cancelAll()
        }
    }

    /// Takes one step; false if the next one needs a wake.
    private func takeStep(in group: inout DiscardingTaskGroup) -> Bool {
        let next = state.withLock { $0.lane.next(now: world.elapsed()) }
        switch next {
        case .send(let call):
            group.addTask { await self.perform(call) }
        case .expire(let gid, let lastError):
            let pending = state.withLock { $0.tries.removeValue(forKey: gid) }
            pending?.report.fulfil(TryReport(result: .unavailable(lastError), attempts: pending?.attempts ?? 0))
        case .loadOutcomes(let after, let limit):
            group.addTask { await self.loadOutcomes(after: after, limit: limit) }
        case .wait(let until):
            guard let until else { return false }
            let isEarlier = state.withLock {
                if $0.timersAt.contains(where: { $0 <= until }) { return false }
                return $0.timersAt.insert(until).inserted
            }
            if isEarlier { group.addTask { await self.sleep(until: until) } }
            return false
        }
        return true
    }

    private func sleep(until time: Duration) async {
        do { try await world.sleep(max(.zero, time - world.elapsed())) } catch { return }
        state.withLock { _ = $0.timersAt.remove(time) }
        wake.yield()
    }

    private func perform(_ call: ParticipantLane.Call) async {
        let verdict: ParticipantLane.Verdict
        switch call.operation {
        case .try: verdict = await performTry(call.gid)
        case .confirm: verdict = await carryOut(.confirm, call.gid)
        case .cancel: verdict = await carryOut(.cancel, call.gid)
        }
        var generator = world.generator
        state.withLock {
            $0.lane.returned(call, verdict, now: world.elapsed(), using: &generator)
            if call.operation != .try { $0.keepAction($0.actions[call.gid], of: call) }
        }
        wake.yield()
    }

    private func send(
        _ operation: TCC.Operation,
        _ body: ByteBuffer,
        before: Failpoint,
        after: Failpoint
    ) async -> CallResult {
        let result: CallResult
        do {
            try await failpoints.pass(before)
            result = await call(participant, operation, body)
            try await failpoints.pass(after)
        } catch {
            return .unanswered("\(error)")
        }
        count(operation, result)
        return result
    }

    private func count(_ operation: TCC.Operation, _ result: CallResult) {
        let status: String
        switch result {
        case .answered(let answer): status = String(answer.status)
        case .unanswered: status = "none"
        }
        Counter(
            label: "tcc.coordinator.calls",
            dimensions: [
                ("tcc.participant", participant.name.description), ("tcc.operation", operation.rawValue),
                ("http.response.status_code", status),
            ],
            factory: metrics
        )
        .increment()
    }

    private func performTry(_ gid: GlobalTransactionID) async -> ParticipantLane.Verdict {
        let pending = state.withLock {
            $0.tries[gid]?.attempts += 1
            return $0.tries[gid]
        }
        guard let pending else { return .notMade }  // nobody waits for it any more
        let result = await send(.try, pending.body, before: .coordinatorTryBefore, after: .coordinatorTryAfter)
        let final: TryResult
        switch TryReading(result) {
        case .reserved: final = .reserved
        case .refused(let problem): final = .refused(problem)
        case .deadlinePassed: final = .deadlinePassed
        case .rejected(let answer): final = .rejected(answer)
        case .busy: return .busy
        case .unknown(let detail, let silent): return .failed(detail, silent: silent)
        }
        let attempts = state.withLock { $0.tries.removeValue(forKey: gid)?.attempts ?? pending.attempts }
        pending.report.fulfil(TryReport(result: final, attempts: attempts))
        return .done
    }

    private func carryOut(_ decision: Decision, _ gid: GlobalTransactionID) async -> ParticipantLane.Verdict {
        let id = BranchID(gid: gid, branch: participant.name)
        let action = state.withLock { $0.actions[gid] } ?? ""
        // The action and the name were checked when the transaction began: neither needs escaping.
        let body = ByteBuffer(
            string: "{\"gid\":\"\(gid)\",\"branch\":\"\(participant.name)\",\"action\":\"\(action)\"}"
        )
        let result = await send(
            decision.operation,
            body,
            before: decision == .confirm ? .coordinatorConfirmBefore : .coordinatorCancelBefore,
            after: decision == .confirm ? .coordinatorConfirmAfter : .coordinatorCancelAfter
        )
        switch OutcomeReading(result, to: decision) {
        case .done:
            return await recordAcknowledgement(of: id, decision)
        case .stuck(let problem):
            alert("A participant says that it did the opposite of the decision", id, decision, problem.code)
            await note("409 \(problem.code): \(problem.detail)", of: id, isStuck: true)
            return .failed(problem.code, silent: false)
        case .busy:
            return .busy
        case .unknown(let detail, let silent, let isAlert):
            if isAlert { alert("A participant does not take a decision", id, decision, detail) }
            await note(detail, of: id, isStuck: false)
            return .failed(detail, silent: silent)
        }
    }

    private func alert(_ message: Logger.Message, _ id: BranchID, _ decision: Decision, _ detail: String) {
        let isNews = state.withLock { $0.isNews(id.gid, now: world.elapsed()) }
        logger.log(
            level: isNews ? .error : .debug,
            message,
            metadata: [
                "tcc.gid": "\(id.gid)", "tcc.branch": "\(id.branch)", "tcc.decision": "\(decision.rawValue)",
                "error": "\(detail)",
            ]
        )
        Counter(
            label: "tcc.coordinator.alerts",
            dimensions: [("tcc.participant", id.branch.description)],
            factory: metrics
        )
        .increment()
    }

    private func recordAcknowledgement(of id: BranchID, _ decision: Decision) async -> ParticipantLane.Verdict {
        do {
            try await failpoints.pass(.coordinatorAcknowledgeBefore)
            let now = world.wallClock()
            // The caller need not wait for the disk here; whoever looks at the transaction afterwards, does.
            _ = try await store.write {
                try Journal.acknowledge(id, decision, at: now, in: $0)
            } whenQueued: {
                onAcknowledged(id, decision)
            }
            try await failpoints.pass(.coordinatorAcknowledgeAfter)
            return .done
        } catch {
            // It did as decided, which a later call will say again.
            return .failed("the acknowledgement was not recorded: \(error)", silent: false)
        }
    }

    private func note(_ error: String, of id: BranchID, isStuck: Bool) async {
        do {
            try await failpoints.pass(.coordinatorNoteBefore)
            let now = world.wallClock()
            try await store.write { try Journal.note(error, of: id, isStuck: isStuck, at: now, in: $0) }
            try await failpoints.pass(.coordinatorNoteAfter)
        } catch {
            logger.warning("A failed call was not noted", metadata: ["tcc.gid": "\(id.gid)", "error": "\(error)"])
        }
    }

    private func loadOutcomes(after: GlobalTransactionID?, limit: Int) async {
        let name = participant.name
        do {
            // A write, to be queued behind the acknowledgements that are being written.
            let rows = try await store.write {
                try Journal.undelivered(to: name, after: after, limit: limit, in: $0)
            }
            let calls = rows.map { row in
                let call = ParticipantLane.Call(gid: row.gid, operation: row.decision.operation)
                return (call: call, failures: 0)
            }
            state.withLock {
                $0.lane.loaded(calls, reachedEnd: rows.count < limit, now: world.elapsed())
                for (row, call) in zip(rows, calls) { $0.keepAction(row.action, of: call.call) }
            }
        } catch {
            logger.error("The journal could not be read", metadata: ["error": "\(error)"])
            state.withLock { $0.lane.loadFailed(now: world.elapsed()) }
        }
        wake.yield()
    }
}
