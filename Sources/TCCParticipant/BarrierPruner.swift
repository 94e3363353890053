import Failpoints
import Logging
public import ServiceLifecycle
import Synchronization
public import TCC
import TCCStorage

/// Forgets branches that ended longer ago than the retention, and that no coordinator may still speak of.
public final class BarrierPruner<R: Resource>: Service {
    private static var groupSize: Int { 500 }

    private let participant: ParticipantService<R>
    private let retention: Duration
    private let ask: @Sendable () async throws -> OutcomeHorizon
    private let watch = Mutex(ClockWatch())

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
        await cancelWhenGracefulShutdown { await self.runUntilCancelled() }
    }

    /// Prunes now and then until the task is cancelled.
    package func runUntilCancelled() async {
        let interval = PruningInterval.after(retention: retention)
        // Looked at, and not yet noted: a start writes nothing.
        _ = watch.withLock { $0.lookAndReport(participant.world, participant.logger, .info) }
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

    /// Notes what the wall clock says.
    private func note() async throws -> PassedTime {
        let look = watch.withLock { $0.lookAndReport(participant.world, participant.logger, .info) }
        return try await participant.store.write { [retention] in
            try Barrier.note(look.wall, after: look.passed, retention: retention, in: $0)
        }
    }

    /// Forgets, group by group, so that nobody waits long for the database.
    package func prune() async throws {
        let ownNow = participant.world.wallClock()
        let sure = try await note().time(before: retention)
        try await participant.failpoints.pass(.participantHorizonBefore)
        let answer = try await ask()
        try await participant.failpoints.pass(.participantHorizonAfter)
        // A clock that is ahead has nothing forgotten, nor does a participant that has not run for so long.
        guard let sure else { return }
        var forgotten = Self.groupSize
        while forgotten == Self.groupSize, !Task.isCancelled {
            try await participant.failpoints.pass(.participantPruneBefore)
            // Read again: were it set back since the question, it would take tries whose deadlines lie before the horizon.
            let now = min(ownNow, participant.world.wallClock())
            let horizon = min(sure, Barrier.horizon(ownNow: now, answer, retention: retention))
            forgotten = try await participant.store.write {
                try Barrier.prune(before: horizon, limit: Self.groupSize, in: $0)
            }
            try await participant.failpoints.pass(.participantPruneAfter)
        }
    }
}
