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
        var latestDelivery = Duration.zero
    }

    private static let refusal = Duration.milliseconds(1)

    private let scheduler: Scheduler
    private let state: Mutex<State>
    private let life: @Sendable (Party) -> Life?

    init(
        _ scheduler: Scheduler,
        random: SplitMix64,
        faults: FaultRates,
        life: @escaping @Sendable (Party) -> Life?
    ) {
        self.scheduler = scheduler
        self.state = Mutex(State(random: random, faults: faults))
        self.life = life
    }

    /// When the last of the messages that are under way will arrive.
    var latestDelivery: Duration { state.withLock { $0.latestDelivery } }

    func set(_ faults: FaultRates) { state.withLock { $0.faults = faults } }

    func cut(_ link: Link) { state.withLock { _ = $0.cut.insert(link) } }

    func heal(_ link: Link) { state.withLock { _ = $0.cut.remove(link) } }

    func healAll() { state.withLock { $0.cut = [] } }

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
                for delay in delays(from.party, to) {
                    scheduler.after(delay) { self.arrive(from.party, to, question, answer) }
                }
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
            for delay in self.delays(to, from) { self.scheduler.after(delay) { answer(.success(reply)) } }
        }
    }

    /// After how long the copies of a message arrive; none if it is lost.
    private func delays(_ from: Party, _ to: Party) -> [Duration] {
        state.withLock { state in
            if state.cut.contains(Link(from: from, to: to)) { return [] }
            let faults = state.faults
            if state.random.chance(faults.loss) { return [] }
            let copies = state.random.chance(faults.duplicate) ? 2 : 1
            return (0..<copies)
                .map { _ in
                    let isSlow = state.random.chance(faults.delay)
                    let most = isSlow ? faults.longestDelay : .milliseconds(3)
                    let delay = state.random.duration(upTo: most)
                    state.latestDelivery = max(state.latestDelivery, scheduler.now + delay)
                    return delay
                }
        }
    }
}

extension SplitMix64 {
    /// Whether something of this probability happens.
    mutating func chance(_ probability: Double) -> Bool {
        probability > 0 && Double(next() >> 11) / Double(1 << 53) < probability
    }

    /// A time up to another one, in microseconds.
    mutating func duration(upTo most: Duration) -> Duration {
        let microseconds = most.components.seconds * 1_000_000 + most.components.attoseconds / 1_000_000_000_000
        return .microseconds(Int64(next() % UInt64(max(1, microseconds + 1))))
    }

    /// One of several.
    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[Int(next() % UInt64(elements.count))] }
}

/// How often what goes wrong.
package struct FaultRates: Hashable, Sendable {
    /// A message is lost, on its way there or back.
    package var loss = 0.0
    /// A message takes long.
    package var delay = 0.0
    /// How long it takes then, at most.
    package var longestDelay = Duration.seconds(2)
    /// A message arrives twice.
    package var duplicate = 0.0
    /// A process dies at a place that it passes.
    package var crash = 0.0
    /// A process is paused at a place that it passes.
    package var pause = 0.0
    /// A commit fails and is rolled back, as on a full disk.
    package var fullDisk = 0.0
    /// A commit's fate is unknown, as after a failed sync.
    package var failedSync = 0.0

    /// A process is killed, at one of the moments when something may happen.
    package var kill = 0.0
    /// A process is paused, at such a moment.
    package var stall = 0.0
    /// A participant's clock jumps, at such a moment.
    package var clock = 0.0
    /// A direction between two parties is cut, at such a moment.
    package var partition = 0.0

    /// Nothing goes wrong.
    package static let none = FaultRates()

    /// Nothing goes wrong.
    package init() {}

    /// Each fault with a rate of its own, many of them none: rare combinations are met sooner if not everything happens
    /// at once (Groce et al., "Swarm Testing", ISSTA 2012).
    ///
    /// - Parameter random: decides.
    package init(swarm random: inout SplitMix64) {
        func rate(_ most: Double) -> Double {
            random.chance(0.5) ? 0 : most * Double(random.next() % 1000) / 1000
        }
        loss = rate(0.2)
        delay = rate(0.3)
        longestDelay = random.duration(upTo: .seconds(5))
        duplicate = rate(0.3)
        crash = rate(0.02)
        pause = rate(0.005)
        fullDisk = rate(0.1)
        failedSync = rate(0.01)
        kill = rate(0.3)
        stall = rate(0.1)
        clock = rate(0.1)
        partition = rate(0.3)
    }
}
