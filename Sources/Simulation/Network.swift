import Synchronization
import TCC

/// Who is in the simulated world.
package enum Party: String, Hashable, Sendable, CaseIterable, Codable {
    /// Runs the transactions.
    case orchestrator
    /// Keeps the drafts.
    case draft
    /// Shows the posts.
    case online
    /// Counts what authors may publish.
    case quota
    /// Whoever asks for publishes; never dies.
    case client
}

/// Carries questions and answers between the parties, and loses, delays, doubles and reorders them as its faults say.
final class Network: Sendable {
    /// A direction that nothing passes.
    struct Link: Hashable, Sendable {
        var from: Party
        var to: Party
    }

    private struct State {
        var random: SplitMix64
        var faults: FaultRates
        var cut: Set<Link> = []
        /// Copies of messages that arrive only when the night is over.
        var overnight: [@Sendable () -> Void] = []
        var latestDelivery = Duration.zero
    }

    private static let refusal = Duration.milliseconds(1)
    /// Later than any call's timeout, try's deadline or client's patience.
    private static let verySlow = Duration.seconds(50)

    private let scheduler: Scheduler
    private let gate: FaultGate
    /// Notes what went wrong.
    private let note: @Sendable (_ kind: String, _ from: Party, _ to: Party) -> Void
    private let state: Mutex<State>
    private let life: @Sendable (Party) -> Life?

    init(
        _ scheduler: Scheduler,
        random: SplitMix64,
        faults: FaultRates,
        gate: FaultGate,
        note: @escaping @Sendable (_ kind: String, _ from: Party, _ to: Party) -> Void,
        life: @escaping @Sendable (Party) -> Life?
    ) {
        self.scheduler = scheduler
        self.gate = gate
        self.note = note
        self.state = Mutex(State(random: random, faults: faults))
        self.life = life
    }

    /// When the last of the messages that are under way will arrive.
    var latestDelivery: Duration { state.withLock { $0.latestDelivery } }

    /// Whether no direction is cut.
    var isWhole: Bool { state.withLock { $0.cut.isEmpty } }

    func set(_ faults: FaultRates) { state.withLock { $0.faults = faults } }

    func cut(_ link: Link) { state.withLock { _ = $0.cut.insert(link) } }

    func heal(_ link: Link) { state.withLock { _ = $0.cut.remove(link) } }

    func healAll() { state.withLock { $0.cut = [] } }

    /// Delivers what was under way for a whole night.
    func deliverOvernight() {
        let late = state.withLock { state in
            defer { state.overnight = [] }
            return state.overnight
        }
        for deliver in late { deliver() }
    }

    /// Asks somebody something.
    ///
    /// - Parameters:
    ///   - from: who asks, and in which life.
    ///   - to: whom.
    ///   - timeout: when to give it up.
    ///   - question: what the other one does, in its own life; returns its answer, or nil to give none.
    /// - Returns: the answer, or why there was none; the other one may have done it all the same.
    func ask<Answer: Sendable>(
        from: (party: Party, life: Life),
        to: Party,
        timeout: Duration,
        _ question: @escaping @Sendable (Life) async -> Answer?
    ) async -> Result<Answer, Unanswered> {
        guard from.life.isAlive else { return .failure(Unanswered(reason: "dead")) }
        let waiting = Box(Waiting<Answer>())
        let answer: @Sendable (Result<Answer, Unanswered>) -> Void = { result in
            waiting.withLock { $0.take() }?.resume(returning: result)
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if waiting.withLock({ $0.isCancelled }) {
                    return continuation.resume(returning: .failure(Unanswered(reason: "cancelled")))
                }
                waiting.withLock { $0.continuation = continuation }
                scheduler.after(timeout) { answer(.failure(Unanswered(reason: "no answer in time"))) }
                carry(from.party, to) { self.arrive(from.party, to, question, answer) }
            }
        } onCancel: {
            waiting.withLock { waiting in
                waiting.isCancelled = true
                return waiting.take()
            }?
            .resume(returning: .failure(Unanswered(reason: "cancelled")))
        }
    }

    /// Why there was no answer.
    struct Unanswered: Error, Hashable, Sendable {
        var reason: String
    }

    private struct Waiting<Answer: Sendable>: Sendable {
        var continuation: CheckedContinuation<Result<Answer, Unanswered>, Never>?
        var isCancelled = false

        mutating func take() -> CheckedContinuation<Result<Answer, Unanswered>, Never>? {
            defer { continuation = nil }
            return continuation
        }
    }

    private func arrive<Answer: Sendable>(
        _ from: Party,
        _ to: Party,
        _ question: @escaping @Sendable (Life) async -> Answer?,
        _ answer: @escaping @Sendable (Result<Answer, Unanswered>) -> Void
    ) {
        guard let life = life(to), life.isAlive else {
            scheduler.after(Self.refusal) { answer(.failure(Unanswered(reason: "connection refused"))) }
            return
        }
        life.deliver {
            let reply = await question(life)
            guard life.isAlive, let reply else { return }
            self.carry(to, from) { answer(.success(reply)) }
        }
    }

    /// Delivers the copies of a message, each after a while; none if it is lost.
    private func carry(_ from: Party, _ to: Party, _ deliver: @escaping @Sendable () -> Void) {
        switch gate.messageFault() {
        case .none: break
        case .lost: return note("lost", from, to)
        case .doubled:
            note("doubled", from, to)
            scheduler.inFlight(.zero, deliver)
        case .late:
            note("late", from, to)
            scheduler.after(Self.verySlow, deliver)
            return
        }
        for delay in delays(from, to) { scheduler.inFlight(delay, deliver) }
        // A copy of what a client asked is not younger than its key; what servers ask each other may be.
        guard from != .client, to != .client, strikes(\.overnight) else { return }
        note("overnight", from, to)
        state.withLock { $0.overnight.append(deliver) }
    }

    private func strikes(_ rate: (FaultRates) -> Double) -> Bool {
        state.withLock { $0.random.chance(rate($0.faults)) } && gate.strikes()
    }

    /// After how long the copies of a message arrive; none if it is lost.
    private func delays(_ from: Party, _ to: Party) -> [Duration] {
        if state.withLock({ $0.cut.contains(Link(from: from, to: to)) }) { return [] }
        if strikes(\.loss) {
            note("lost", from, to)
            return []
        }
        let isDoubled = strikes(\.duplicate)
        if isDoubled { note("doubled", from, to) }
        return (0..<(isDoubled ? 2 : 1))
            .map { _ in
                let isLate = strikes(\.delay)
                if isLate { note("late", from, to) }
                return state.withLock { state in
                    let most = isLate ? state.faults.longestDelay : .milliseconds(3)
                    let delay = state.random.duration(upTo: most)
                    state.latestDelivery = max(state.latestDelivery, scheduler.now + delay)
                    return delay
                }
            }
    }
}
