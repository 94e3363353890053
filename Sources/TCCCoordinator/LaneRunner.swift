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
        var id: BranchID
        var result: TryResult
        var attempts: Int
    }

    private struct PendingTry {
        let body: ByteBuffer
        var attempts = 0
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

        /// A call as JSON, or nil for a try that nobody waits for any more.
        mutating func body(of call: ParticipantLane.Call, to name: ParticipantName) -> ByteBuffer? {
            guard call.operation == .try else {
                // The action and the name were checked when the transaction began: neither needs escaping.
                let action = actions[call.gid] ?? ""
                return ByteBuffer(string: "{\"gid\":\"\(call.gid)\",\"branch\":\"\(name)\",\"action\":\"\(action)\"}")
            }
            tries[call.gid]?.attempts += 1
            return tries[call.gid]?.body
        }

        /// Whether an alert is news: the first of its transaction, or the first in a while.
        mutating func isNews(_ gid: GlobalTransactionID, now: Duration) -> Bool {
            if let last = alertedAt[gid], now < last + LaneRunner.alertInterval { return false }
            alertedAt[gid] = now
            return true
        }
    }

    private static let alertInterval: Duration = .seconds(60)
    /// Which result belongs to which call is not known then.
    private static let misfit = "the answer has not as many results as there were calls"

    let participant: Participant
    private let state: Mutex<State>
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation
    private let call: ParticipantCall
    private let store: DurableStore
    private let world: World
    private let failpoints: Failpoints
    private let logger: Logger
    private let counters: LaneCounters
    private let onTried: @Sendable ([TryReport]) -> Void
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
        onTried: @escaping @Sendable ([TryReport]) -> Void,
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
        self.counters = LaneCounters(of: participant.name, metrics)
        self.onTried = onTried
        self.onAcknowledged = onAcknowledged
    }

    /// Tries the branch until it answers for good or the try expires, and reports that; nothing is reported of a try
    /// that is over before, by `deliver`.
    func attempt(_ gid: GlobalTransactionID, body: ByteBuffer, within tryTimeout: Duration) {
        let expiry = world.elapsed() + tryTimeout
        state.withLock {
            $0.tries[gid] = PendingTry(body: body)
            $0.lane.tryRequested(gid, bytes: body.readableBytes, expiresAt: expiry)
        }
        wake.yield()
    }

    /// Sees to it that the participant gets the decision.
    func deliver(_ decision: Decision, of gid: GlobalTransactionID, action: String) {
        state.withLock {
            $0.tries[gid] = nil
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
                // Whoever is ready to run says what it has for the participant: it goes in the same request.
                await Task.yield()
                while takeStep(in: &group) {}
            }
            group.cancelAll()
        }
    }

    /// Takes one step; false if the next one needs a wake.
    private func takeStep(in group: inout DiscardingTaskGroup) -> Bool {
        let next = state.withLock { $0.lane.next(now: world.elapsed()) }
        switch next {
        case .send(let calls):
            group.addTask { await self.perform(calls) }
        case .expire(let gid, let lastError):
            if let report = endTry(of: gid, with: .unavailable(lastError)) { onTried([report]) }
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

    /// Makes the calls of one request, and reports what came of each.
    private func perform(_ calls: [ParticipantLane.Call]) async {
        let bodies = state.withLock { state in calls.map { state.body(of: $0, to: participant.name) } }
        let answers = await answers(to: calls, bodies)
        var results: [(call: ParticipantLane.Call, verdict: ParticipantLane.Verdict)] = []
        results.reserveCapacity(calls.count)
        var (tried, acknowledged, notes): ([TryReport], [ParticipantLane.Call], [Note]) = ([], [], [])
        for (call, answer) in zip(calls, answers) {
            let verdict: ParticipantLane.Verdict
            switch (answer, call.decision) {
            case (.notMade, _): verdict = .notMade
            case (.refusedTogether, _): verdict = .alone
            case (.result(let result), nil): verdict = read(result, toTryOf: call.gid, &tried)
            case (.result(let result), let decision?): verdict = read(result, to: decision, of: call.gid, &notes)
            }
            if verdict == .done, call.decision != nil { acknowledged.append(call) }
            results.append((call, verdict))
        }
        if !tried.isEmpty { onTried(tried) }
        await write(notes)
        let (lost, writable) = await passAcknowledgeBefore(acknowledged)
        for index in results.indices where lost.contains(results[index].call) {
            // It did as decided, which a later call will say again.
            results[index].verdict = .failed("the acknowledgement was not recorded", silent: false)
        }
        await write(acknowledgementsOf: writable) { self.report(results) }
    }

    private func report(_ results: [(call: ParticipantLane.Call, verdict: ParticipantLane.Verdict)]) {
        var generator = world.generator
        state.withLock {
            $0.lane.returned(results, now: world.elapsed(), using: &generator)
            for (call, _) in results where call.operation != .try { $0.keepAction($0.actions[call.gid], of: call) }
        }
        wake.yield()
    }

    private enum Answer {
        case result(CallResult)
        case refusedTogether
        /// Nobody waits for it any more.
        case notMade
    }

    /// Makes one request of those calls that have a body.
    private func answers(to calls: [ParticipantLane.Call], _ bodies: [ByteBuffer?]) async -> [Answer] {
        var answers: [Answer] = Array(repeating: .notMade, count: calls.count)
        var (made, requests): ([Int], [BranchRequest]) = ([], [])
        for (index, body) in bodies.enumerated() {
            guard let body else { continue }
            do {
                try await failpoints.pass(.before(calls[index].operation))
                made.append(index)
                requests.append(BranchRequest(calls[index].operation, body))
            } catch {
                answers[index] = .result(.unanswered("\(error)"))
            }
        }
        if requests.isEmpty { return answers }
        let result = await call(participant, requests)
        if case .refusedTogether(isForGood: true) = result { state.withLock { $0.lane.batchesRefused() } }
        for (position, index) in made.enumerated() {
            do {
                try await failpoints.pass(.after(calls[index].operation))
                switch result {
                case .refusedTogether: answers[index] = .refusedTogether
                case .each(let results):
                    let result = results.count == made.count ? results[position] : .unanswered(Self.misfit)
                    answers[index] = .result(result)
                    counters.count(calls[index].operation, result)
                }
            } catch {
                answers[index] = .result(.unanswered("\(error)"))
            }
        }
        return answers
    }

    private func read(
        _ result: CallResult,
        toTryOf gid: GlobalTransactionID,
        _ tried: inout [TryReport]
    ) -> ParticipantLane.Verdict {
        let final: TryResult
        switch TryReading(result) {
        case .reserved: final = .reserved
        case .refused(let problem): final = .refused(problem)
        case .deadlinePassed: final = .deadlinePassed
        case .rejected(let answer): final = .rejected(answer)
        case .busy: return .busy
        case .unknown(let detail, let silent): return .failed(detail, silent: silent)
        }
        if let report = endTry(of: gid, with: final) { tried.append(report) }
        return .done
    }

    /// Lets go of a try, and says how it ended; nil if nobody waits for it any more.
    private func endTry(of gid: GlobalTransactionID, with result: TryResult) -> TryReport? {
        state.withLock { $0.tries.removeValue(forKey: gid) }
            .map { TryReport(id: BranchID(gid: gid, branch: participant.name), result: result, attempts: $0.attempts) }
    }

    private func read(
        _ result: CallResult,
        to decision: Decision,
        of gid: GlobalTransactionID,
        _ notes: inout [Note]
    ) -> ParticipantLane.Verdict {
        let id = BranchID(gid: gid, branch: participant.name)
        switch OutcomeReading(result, to: decision) {
        case .done: return .done
        case .busy: return .busy
        case .stuck(let problem):
            alert(Self.message(of: DecisionRefusal(problem, of: decision)), id, decision, problem.code)
            notes.append(Note(id: id, text: "409 \(problem.code): \(problem.detail)", isStuck: true))
            return .failed(problem.code, silent: false)
        case .unknown(let detail, let silent, let isAlert):
            if isAlert { alert("A participant does not take a decision", id, decision, detail) }
            notes.append(Note(id: id, text: detail, isStuck: false))
            return .failed(detail, silent: silent)
        }
    }

    private static func message(of refusal: DecisionRefusal) -> Logger.Message {
        switch refusal {
        case .didTheOpposite: "A participant says that it did the opposite of the decision"
        case .holdsNoReservation: "A participant says that it holds no reservation to confirm"
        case .other: "A participant refuses a decision"
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
        counters.alerts.increment()
    }

    /// The calls whose acknowledgement must not be written, and the others.
    private func passAcknowledgeBefore(_ calls: [ParticipantLane.Call]) async -> (
        lost: Set<ParticipantLane.Call>, writable: [ParticipantLane.Call]
    ) {
        var lost: Set<ParticipantLane.Call> = []
        for call in calls {
            do { try await failpoints.pass(.coordinatorAcknowledgeBefore) } catch { lost.insert(call) }
        }
        return (lost, lost.isEmpty ? calls : calls.filter { !lost.contains($0) })
    }

    /// Writes acknowledgements; nobody waits for the disk here, only whoever looks at a transaction afterwards.
    private func write(acknowledgementsOf calls: [ParticipantLane.Call], whenQueued: () -> Void) async {
        let now = world.wallClock()
        let name = participant.name
        let acknowledged = calls.compactMap { call in
            call.decision.map { (id: BranchID(gid: call.gid, branch: name), decision: $0) }
        }
        let operations = acknowledged.map { id, decision -> @Sendable (Database) throws -> Bool in
            { try Journal.acknowledge(id, decision, at: now, in: $0) }
        }
        let results = await store.write(all: operations) {
            for (id, decision) in acknowledged { onAcknowledged(id, decision) }
            whenQueued()
        }
        if calls.isEmpty { return }
        var lost = 0
        for result in results {
            do {
                _ = try result.get()
                try await failpoints.pass(.coordinatorAcknowledgeAfter)
            } catch {
                lost += 1
                logger.debug("An acknowledgement was not recorded", metadata: ["error": "\(error)"])
            }
        }
        state.withLock {
            $0.lane.acknowledgementsWritten(results.count - lost)
            for _ in 0..<lost { $0.lane.acknowledgementLost() }
        }
        wake.yield()
    }

    /// What a call that carried a decision met.
    private struct Note: Sendable {
        let id: BranchID
        let text: String
        let isStuck: Bool
    }

    private func write(_ notes: [Note]) async {
        if notes.isEmpty { return }
        let now = world.wallClock()
        let results = await store.write(
            all: notes.map { note in
                { try Journal.note(note.text, of: note.id, isStuck: note.isStuck, at: now, in: $0) }
            },
            between: { _ in (.coordinatorNoteBefore, .coordinatorNoteAfter) }
        )
        for case .failure(let error) in results {
            logger.warning(
                "A failed call was not noted",
                metadata: ["tcc.participant": "\(participant.name)", "error": "\(error)"]
            )
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

extension ParticipantLane.Call {
    /// The decision that it carries; nil for a try.
    fileprivate var decision: Decision? {
        switch operation {
        case .try: nil
        case .confirm: .confirm
        case .cancel: .cancel
        }
    }
}

extension Failpoint {
    fileprivate static func before(_ operation: TCC.Operation) -> Self {
        switch operation {
        case .try: .coordinatorTryBefore
        case .confirm: .coordinatorConfirmBefore
        case .cancel: .coordinatorCancelBefore
        }
    }

    fileprivate static func after(_ operation: TCC.Operation) -> Self {
        switch operation {
        case .try: .coordinatorTryAfter
        case .confirm: .coordinatorConfirmAfter
        case .cancel: .coordinatorCancelAfter
        }
    }
}
