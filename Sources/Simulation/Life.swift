import Failpoints
import Logging
import Synchronization
import TCC
import TCCStorage

/// One life of a simulated process: what it gets from outside works as long as it lives, and does nothing afterwards.
///
/// A process that dies is cancelled, and its tasks run to their ends; but nothing that they still do has any effect.
final class Life: Sendable {
    /// The process is dead.
    struct Dead: Error {}

    private struct State {
        var isAlive = true
        var task: Task<Void, Never>?
        var random: SplitMix64
    }

    let executor: LifeExecutor
    private let scheduler: Scheduler
    private let state: Mutex<State>
    private let onDeath: @Sendable () -> Void
    private let inbox: AsyncStream<@Sendable () async -> Void>
    private let deliveries: AsyncStream<@Sendable () async -> Void>.Continuation

    init(_ scheduler: Scheduler, random: SplitMix64, onDeath: @escaping @Sendable () -> Void) {
        self.scheduler = scheduler
        self.executor = LifeExecutor(scheduler)
        self.state = Mutex(State(random: random))
        self.onDeath = onDeath
        (self.inbox, self.deliveries) = AsyncStream.makeStream()
    }

    var isAlive: Bool { state.withLock { $0.isAlive } }

    /// Begins it.
    ///
    /// - Parameter services: what runs beside what is delivered.
    func begin(_ services: [@Sendable () async -> Void]) {
        let task = Task(executorPreference: executor) { [inbox] in
            await withDiscardingTaskGroup { group in
                for service in services { group.addTask { await service() } }
                for await work in inbox { group.addTask { await work() } }
                group.cancelAll()
            }
        }
        state.withLock { $0.task = task }
    }

    /// Has the process do something, such as answering a message.
    func deliver(_ work: @escaping @Sendable () async -> Void) { deliveries.yield(work) }

    /// Ends it at once, as a loss of power does.
    func die() {
        let task: Task<Void, Never>? = state.withLock { state in
            guard state.isAlive else { return nil }
            state.isAlive = false
            return state.task
        }
        guard let task else { return }
        executor.resume()
        deliveries.finish()
        task.cancel()
        onDeath()
    }

    /// What the process has for clocks and chance.
    func world(wallClock: @escaping @Sendable () -> Timestamp, elapsed: @escaping @Sendable () -> Duration) -> World {
        World(
            wallClock: wallClock,
            elapsed: elapsed,
            sleep: { try await self.sleep($0) },
            random: { self.state.withLock { $0.random.next() } }
        )
    }

    fileprivate struct Sleeper: Sendable {
        var continuation: CheckedContinuation<Void, any Error>?
        var ticket: Scheduler.Ticket?
        var isCancelled = false
    }

    func sleep(_ duration: Duration) async throws {
        guard isAlive else { throw CancellationError() }
        let sleeper = Box(Sleeper())
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                if sleeper.withLock({ $0.isCancelled }) { return continuation.resume(throwing: CancellationError()) }
                let ticket = scheduler.after(max(.zero, duration)) {
                    sleeper.withLock { $0.take() }?.resume()
                }
                sleeper.withLock {
                    $0.continuation = continuation
                    $0.ticket = ticket
                }
            }
        } onCancel: {
            let (waiting, ticket) = sleeper.withLock { sleeper in
                sleeper.isCancelled = true
                return (sleeper.take(), sleeper.ticket)
            }
            if let ticket { _ = scheduler.forget(ticket) }
            waiting?.resume(throwing: CancellationError())
        }
    }
}

extension Life.Sleeper {
    fileprivate mutating func take() -> CheckedContinuation<Void, any Error>? {
        defer { continuation = nil }
        return continuation
    }
}

/// State that closures share.
final class Box<Value: Sendable>: Sendable {
    private let state: Mutex<Value>

    init(_ value: sending Value) { self.state = Mutex(value) }

    func withLock<Result: Sendable>(_ body: (inout sending Value) -> sending Result) -> Result { state.withLock(body) }
}
