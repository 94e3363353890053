import NIOCore
import ServiceLifecycle
import Synchronization
package import TCC

/// The work that pages are made by, gathering, comparing and rendering: so much at once, each for so long, in threads of
/// its own.
///
/// A text may need whatever time it likes: whoever asked for it is told after a while that it takes too long, others are
/// told at once that there is too much to do, and the process answers on.
package final class PageWork: Service {
    /// How much work there may be.
    package struct Limits: Hashable, Sendable {
        /// How many pages are computed at the same moment; one processor is left to whoever else is on the machine.
        package var threads = max(1, System.coreCount - 1)
        /// How many pages are being made, those that wait for a service included.
        package var pages = 256
        /// How long what is only shown may take.
        package var reading = Duration.seconds(8)
        /// How long a change may take: longer than the transaction that it waits for.
        package var changing = Duration.seconds(25)
        /// How large a page may become.
        package var pageBytes = 16 << 20

        /// As a process of its own has them.
        package init() {}
    }

    /// Why a page was not made.
    package enum Overrun: String, Error, Hashable, Sendable {
        /// There is too much to do; this was not begun.
        case busy = "page-busy"
        /// It takes too long; of a change nobody knows what became of it.
        case tooSlow = "page-too-slow"
        /// It became too large.
        case tooLarge = "page-too-large"
    }

    /// How much work there may be.
    package let limits: Limits
    private let world: World
    private let jobs: AsyncStream<@Sendable () async -> Void>
    private let queue: AsyncStream<@Sendable () async -> Void>.Continuation
    private let underWay = Mutex(0)

    /// No work yet; it is done while ``run()`` runs.
    ///
    /// - Parameters:
    ///   - limits: how much there may be.
    ///   - world: clocks and chance.
    package init(limits: Limits = Limits(), world: World) {
        self.limits = limits
        self.world = world
        // What is queued is counted before: no more than `limits.pages`.
        (self.jobs, self.queue) = AsyncStream.makeStream()
    }

    /// Does the work until a graceful shutdown, which comes after the server's, or until it is cancelled.
    package func run() async throws {
        let threads = PageThreads(count: limits.threads)
        await withGracefulShutdownHandler { [jobs] in
            await withDiscardingTaskGroup { group in
                for await job in jobs { group.addTask(executorPreference: threads) { await job() } }
                group.cancelAll()
            }
        } onGracefulShutdown: { [queue] in
            queue.finish()
        }
        try await threads.stop()
    }

    /// Does a piece of work.
    ///
    /// - Parameters:
    ///   - limit: how long it may take; then it is cancelled, and nobody waits for it.
    ///   - work: the work.
    /// - Returns: what it returns.
    /// - Throws: what it throws, or ``Overrun``.
    package func perform<Value: Sendable>(
        within limit: Duration,
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard underWay.withLock({ $0.take(below: limits.pages) }) else { throw Overrun.busy }
        let (result, end) = (Promise<Result<Value, any Error>>(), Promise<Void>())
        defer { end.fulfil(()) }
        let yielded = queue.yield { [self] in
            // Its place is taken for as long as it computes, whether somebody waits for it or not.
            defer { underWay.withLock { $0 -= 1 } }
            result.fulfil(await Self.result(of: work, until: end))
        }
        guard case .enqueued = yielded else {
            underWay.withLock { $0 -= 1 }
            throw Overrun.busy
        }
        guard let done = try await result.value(within: limit, sleep: world.sleep) else { throw Overrun.tooSlow }
        return try done.get()
    }

    /// Works, and is cancelled at the end of whoever waits for it.
    private static func result<Value: Sendable>(
        of work: @escaping @Sendable () async throws -> Value,
        until end: Promise<Void>
    ) async -> Result<Value, any Error> {
        if end.isFulfilled { return .failure(CancellationError()) }
        return await withTaskGroup(of: Result<Value, any Error>?.self) { group in
            group.addTask {
                do { return .success(try await work()) } catch { return .failure(error) }
            }
            group.addTask {
                // `try?`: cancelled, since the work is done.
                _ = try? await end.value()
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            if let first { return first }
            return await group.next()?.flatMap { $0 } ?? .failure(CancellationError())
        }
    }
}

extension Int {
    /// One more, unless there are so many already.
    fileprivate mutating func take(below most: Int) -> Bool {
        guard self < most else { return false }
        self += 1
        return true
    }
}
