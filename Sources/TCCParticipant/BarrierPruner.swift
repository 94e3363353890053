import Failpoints
import Logging
public import ServiceLifecycle
public import TCC
import TCCStorage

/// Forgets branches that ended longer ago than the retention, and that no coordinator may still speak of.
public struct BarrierPruner<R: Resource>: Service {
    private static var groupSize: Int { 500 }

    private let participant: ParticipantService<R>
    private let retention: Duration
    private let ask: @Sendable () async throws -> OutcomeHorizon

    /// A pruner.
    ///
    /// - Parameters:
    ///   - participant: whose barrier it is.
    ///   - retention: how long things are remembered.
    ///   - ask: asks the coordinator how far back it remembers.
    public init(
        _ participant: ParticipantService<R>,
        retention: Duration,
        ask: @escaping @Sendable () async throws -> OutcomeHorizon
    ) {
        self.participant = participant
        self.retention = retention
        self.ask = ask
    }

    /// Prunes now and then until the service group stops it.
    public func run() async throws {
        await cancelWhenGracefulShutdown { await runUntilCancelled() }
    }

    /// Prunes now and then until the task is cancelled.
    package func runUntilCancelled() async {
        let interval = PruningInterval.after(retention: retention)
        while !Task.isCancelled {
            do {
                try await participant.world.sleep(interval)
                try await prune()
            } catch is CancellationError {
                return
            } catch {
                participant.logger.info("The barrier was not pruned", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Forgets, group by group, so that nobody waits long for the database.
    package func prune() async throws {
        let ownNow = participant.world.wallClock()
        try await participant.failpoints.pass(.participantHorizonBefore)
        let answer = try await ask()
        try await participant.failpoints.pass(.participantHorizonAfter)
        let horizon = Barrier.horizon(ownNow: ownNow, answer, retention: retention)
        var forgotten = Self.groupSize
        while forgotten == Self.groupSize, !Task.isCancelled {
            try await participant.failpoints.pass(.participantPruneBefore)
            forgotten = try await participant.store.write {
                try Barrier.prune(before: horizon, limit: Self.groupSize, in: $0)
            }
            try await participant.failpoints.pass(.participantPruneAfter)
        }
    }
}
