import Failpoints
import Logging
public import ServiceLifecycle
import TCC
import TCCStorage

/// Forgets transactions that ended longer ago than the retention.
public struct JournalPruner: Service {
    private static let groupSize = 500

    private let coordinator: Coordinator

    /// A pruner of a coordinator's journal.
    ///
    /// - Parameter coordinator: the coordinator.
    public init(_ coordinator: Coordinator) { self.coordinator = coordinator }

    /// Prunes now and then until the service group stops it.
    public func run() async throws {
        await cancelWhenGracefulShutdown { await runUntilCancelled() }
    }

    /// Prunes now and then until the task is cancelled.
    package func runUntilCancelled() async {
        let interval = PruningInterval.after(retention: coordinator.settings.retention)
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

    /// Forgets, group by group, so that nobody waits long for the journal.
    package func prune() async throws {
        let coordinator = coordinator
        let now = coordinator.world.wallClock()
        var forgotten = Self.groupSize
        while forgotten == Self.groupSize, !Task.isCancelled {
            try await coordinator.failpoints.pass(.coordinatorPruneBefore)
            forgotten = try await coordinator.store.write {
                try Journal.prune(
                    before: now - coordinator.settings.retention,
                    withKeyBefore: now - ProtocolLimits.shortestKeyLife,
                    limit: Self.groupSize,
                    in: $0
                )
            }
            try await coordinator.failpoints.pass(.coordinatorPruneAfter)
        }
    }
}
