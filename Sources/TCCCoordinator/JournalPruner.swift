import Failpoints
import Logging
public import ServiceLifecycle
import Synchronization
import TCC
import TCCStorage

/// Forgets transactions that ended longer ago than the retention.
public final class JournalPruner: Service {
    private static let groupSize = 500

    private let coordinator: Coordinator
    private let watch = Mutex(ClockWatch())

    /// A pruner of a coordinator's journal.
    ///
    /// - Parameter coordinator: the coordinator.
    public init(_ coordinator: Coordinator) { self.coordinator = coordinator }

    /// Prunes now and then until the service group stops it.
    public func run() async throws {
        await cancelWhenGracefulShutdown { await self.runUntilCancelled() }
    }

    /// Prunes now and then until the task is cancelled.
    package func runUntilCancelled() async {
        let interval = PruningInterval.after(retention: coordinator.settings.retention)
        // Looked at, and not yet noted: a start writes nothing.
        _ = watch.withLock { $0.lookAndReport(coordinator.world, coordinator.logger, .info) }
        while !Task.isCancelled {
            do {
                try await coordinator.world.sleep(interval)
                try await prune()
            } catch is CancellationError {
                return
            } catch {
                coordinator.logger.warning("The journal was not pruned", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Notes what the wall clock says.
    private func note() async throws -> PassedTime {
        let look = watch.withLock { $0.lookAndReport(coordinator.world, coordinator.logger, .info) }
        let longest = max(coordinator.settings.retention, ProtocolLimits.shortestKeyLife)
        return try await coordinator.store.write {
            try Journal.note(look.wall, after: look.passed, longest: longest, in: $0)
        }
    }

    /// Forgets, group by group, so that nobody waits long for the journal.
    package func prune() async throws {
        let coordinator = coordinator
        let passed = try await note()
        let now = coordinator.world.wallClock()
        // The earlier of what the clock says and what is sure: a clock that is ahead has nothing forgotten.
        func time(before duration: Duration) -> Timestamp {
            passed.time(before: duration).map { min($0, now - duration) } ?? Timestamp(milliseconds: 0)
        }
        let horizon = time(before: coordinator.settings.retention)
        let keys = time(before: ProtocolLimits.shortestKeyLife)
        var forgotten = Self.groupSize
        while forgotten == Self.groupSize, !Task.isCancelled {
            try await coordinator.failpoints.pass(.coordinatorPruneBefore)
            forgotten = try await coordinator.store.write {
                try Journal.prune(before: horizon, withKeyBefore: keys, limit: Self.groupSize, in: $0)
            }
            try await coordinator.failpoints.pass(.coordinatorPruneAfter)
        }
    }
}
