import Failpoints
import Logging
public import ServiceLifecycle
public import TCC
import TCCStorage

/// Sees to it that no reservation hangs: from its deadline on, the coordinator is asked what became of it.
///
/// It does what it is told and never decides alone: while the coordinator does not answer, the reservation stays.
public struct OutcomeInquiry<R: Resource>: Service {
    /// How often the barrier is looked through while nothing is overdue.
    private static var interval: Duration { .milliseconds(200) }
    private static var groupSize: Int { 256 }

    private let participant: ParticipantService<R>
    private let retry: RetryPolicy
    private let ask: @Sendable (GlobalTransactionID) async throws -> Outcome

    /// An inquiry.
    ///
    /// - Parameters:
    ///   - participant: whose reservations they are.
    ///   - retry: how it backs off while it learns nothing.
    ///   - ask: asks the coordinator for one transaction.
    public init(
        _ participant: ParticipantService<R>,
        retry: RetryPolicy = RetryPolicy(),
        ask: @escaping @Sendable (GlobalTransactionID) async throws -> Outcome
    ) {
        self.participant = participant
        self.retry = retry
        self.ask = ask
    }

    /// Asks until the service group stops it.
    public func run() async throws {
        await cancelWhenGracefulShutdown { await runUntilCancelled() }
    }

    /// Asks until the task is cancelled.
    package func runUntilCancelled() async {
        var failures = 0
        while !Task.isCancelled {
            let (settled, unsettled) = await askOnce(isRepeated: failures > 0)
            failures = settled > 0 || unsettled == 0 ? 0 : min(failures + 1, 1000)
            var generator = participant.world.generator
            let pause = failures == 0 ? Self.interval : retry.delay(afterFailures: failures, using: &generator)
            try? await participant.world.sleep(pause)  // `try?`: a cancelled sleep ends the loop
        }
    }

    /// Asks once for every overdue reservation, one after the other; a coordinator that does not answer is asked once, and
    /// one whose decision cannot be carried out keeps no other from being asked for.
    ///
    /// - Parameter isRepeated: whether the last time was in vain as well, which has been reported then.
    /// - Returns: how many were settled, and how many were not.
    package func askOnce(isRepeated: Bool = false) async -> (settled: Int, unsettled: Int) {
        let now = participant.world.wallClock()
        var (settled, unsettled) = (0, 0)
        var last: Barrier.Overdue?
        repeat {
            let group: [Barrier.Overdue]
            do {
                group = try await participant.store.read { [last] in
                    try Barrier.overdue(at: now, after: last, limit: Self.groupSize, in: $0)
                }
            } catch is CancellationError {
                return (settled, unsettled)
            } catch {
                participant.logger.error("The barrier could not be read", metadata: ["error": "\(error)"])
                return (settled, unsettled + 1)
            }
            unsettled += group.count
            for reservation in group {
                switch await settle(reservation, isRepeated: isRepeated) {
                case .settled:
                    settled += 1
                    unsettled -= 1
                case .notYet: continue
                case .coordinatorIsSilent: return (settled, unsettled)
                }
            }
            last = group.count == Self.groupSize ? group.last : nil
        } while last != nil
        return (settled, unsettled)
    }

    /// What came of one reservation.
    private enum Step {
        /// It is over.
        case settled
        /// It stays for now; the others may fare better.
        case notYet
        /// The coordinator does not answer, which is about all of them.
        case coordinatorIsSilent
    }

    private func settle(_ reservation: Barrier.Overdue, isRepeated: Bool) async -> Step {
        let decision: Decision
        do {
            try await participant.failpoints.pass(.participantAskBefore)
            let outcome = try await self.outcome(of: reservation.id.gid)
            try await participant.failpoints.pass(.participantAskAfter)
            switch outcome {
            case .pending: return .notYet
            case .confirm: decision = .confirm
            case .cancel: decision = .cancel
            }
        } catch {
            if error is CancellationError { return .coordinatorIsSilent }  // the process stops
            report(
                "A reservation is overdue and its outcome could not be learned; asking again",
                error,
                reservation,
                isRepeated: isRepeated
            )
            // A problem is an answer, about this one.
            return error is Problem ? .notYet : .coordinatorIsSilent
        }
        do {
            _ = try await participant.carryOut(decision, reservation.id, action: reservation.action)
        } catch {
            report(
                "A reservation is overdue and its outcome could not be carried out; trying again",
                error,
                reservation,
                isRepeated: isRepeated
            )
            return .notYet
        }
        participant.logger.notice(
            "A reservation was overdue; the coordinator said what became of it",
            metadata: ["tcc.gid": "\(reservation.id.gid)", "tcc.decision": "\(decision.rawValue)"]
        )
        return .settled
    }

    /// A coordinator forgets a transaction when every branch has acknowledged, this one included, or when it can never
    /// begin: a branch that is still reserved then has nothing to confirm.
    private func outcome(of gid: GlobalTransactionID) async throws -> Outcome {
        do {
            return try await ask(gid)
        } catch let problem as Problem where problem.status == 410 && problem.code == "forgotten" {
            return .cancel
        }
    }

    private func report(
        _ message: Logger.Message,
        _ error: any Error,
        _ reservation: Barrier.Overdue,
        isRepeated: Bool
    ) {
        participant.logger.log(
            level: isRepeated ? .debug : .warning,
            message,
            metadata: ["tcc.gid": "\(reservation.id.gid)", "error": "\(error)"]
        )
    }
}
