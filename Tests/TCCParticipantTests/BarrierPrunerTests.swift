import Synchronization
import TCC
import TCCParticipant
import Testing

@Suite("Forgetting old branches")
struct BarrierPrunerTests {
    private struct Unreachable: Error {}
    private let retention = Duration.seconds(86400)

    private func withFinishedBranches(
        _ count: Int,
        _ body: (ParticipantUnderTest<CountingResource>, [BranchID]) async throws -> Void
    ) async throws {
        try await withParticipant(CountingResource(), registerMigrations: CountingResource.registerMigrations) {
            participant in
            var ids: [BranchID] = []
            for _ in 0..<count {
                let id = participant.newBranch()
                _ = try await participant.service.attempt(participant.call(id, .init()))
                _ = try await participant.service.carryOut(.confirm, id, action: "publish")
                ids.append(id)
            }
            try await body(participant, ids)
        }
    }

    @Test func afterTheRetentionWhatEndedIsForgotten() async throws {
        try await withFinishedBranches(2) { participant, ids async throws in
            let clock = participant.clock
            let pruner = BarrierPruner(participant.service, retention: retention) {
                OutcomeHorizon(now: clock.now, oldestUnfinished: nil)
            }
            // Noted at the deadline, which is not before it, and a moment later.
            clock.advance(by: .seconds(35))
            try await pruner.prune()
            clock.advance(by: .milliseconds(1))
            try await pruner.prune()
            clock.advance(by: retention - .milliseconds(1))
            try await pruner.prune()
            #expect(try await participant.row(of: ids[0]) == .confirmed)
            clock.advance(by: .milliseconds(1))
            try await pruner.prune()
            for id in ids { #expect(try await participant.row(of: id) == nil) }
        }
    }

    @Test func whatTheCoordinatorMayStillSpeakOfIsKept() async throws {
        try await withFinishedBranches(1) { participant, ids async throws in
            let clock = participant.clock
            let begun = clock.now
            let pruner = BarrierPruner(participant.service, retention: retention) {
                OutcomeHorizon(now: clock.now, oldestUnfinished: begun)
            }
            try await pruner.pruneLater(by: retention * 10, clock)
            #expect(try await participant.row(of: ids[0]) == .confirmed)
        }
    }

    @Test func aCoordinatorWhoseClockRunsBehindDecides() async throws {
        try await withFinishedBranches(1) { participant, ids async throws in
            let slow = participant.clock.now
            let pruner = BarrierPruner(participant.service, retention: retention) {
                OutcomeHorizon(now: slow, oldestUnfinished: nil)
            }
            try await pruner.pruneLater(by: retention * 10, participant.clock)
            #expect(try await participant.row(of: ids[0]) == .confirmed)
        }
    }

    @Test func itsOwnClockIsReadBeforeTheQuestion() async throws {
        try await withFinishedBranches(1) { participant, ids async throws in
            let clock = participant.clock
            let pruner = BarrierPruner(participant.service, retention: retention) {
                // The answer takes long; what it says is as old as the question.
                clock.advance(by: .seconds(3600))
                return OutcomeHorizon(now: clock.now, oldestUnfinished: nil)
            }
            try await pruner.prune()
            clock.advance(by: retention - .seconds(3600))
            try await pruner.prune()
            #expect(try await participant.row(of: ids[0]) == .confirmed)
        }
    }

    @Test func withoutAnAnswerNothingIsForgotten() async throws {
        try await withFinishedBranches(1) { participant, ids async throws in
            let pruner = BarrierPruner(participant.service, retention: retention) { throw Unreachable() }
            participant.clock.advance(by: retention * 10)
            await #expect(throws: Unreachable.self) { try await pruner.prune() }
            #expect(try await participant.row(of: ids[0]) == .confirmed)
        }
    }

    @Test func afterPruningAForgottenBranchesTryIsTooLate() async throws {
        try await withFinishedBranches(1) { participant, ids async throws in
            let clock = participant.clock
            let call = participant.call(ids[0], .init())
            let pruner = BarrierPruner(participant.service, retention: retention) {
                OutcomeHorizon(now: clock.now, oldestUnfinished: nil)
            }
            try await pruner.pruneLater(by: retention * 2, clock)
            #expect(try await participant.row(of: ids[0]) == nil)
            let late = await #expect(throws: Problem.self) { try await participant.service.attempt(call) }
            #expect(late?.status == 410)
        }
    }

    @Test func aClockThatIsAheadHasNothingForgottenAndNoTryRefusedLater() async throws {
        try await withFinishedBranches(1) { participant, ids async throws in
            let clock = participant.clock
            let pruner = BarrierPruner(participant.service, retention: retention) {
                OutcomeHorizon(now: clock.now, oldestUnfinished: nil)
            }
            try await pruner.prune()
            clock.jump(by: retention * 3)
            // For hours.
            for _ in 0..<5 {
                clock.advance(by: .seconds(3600))
                try await pruner.prune()
            }
            #expect(try await participant.row(of: ids[0]) == .confirmed)
            clock.jump(by: retention * -3)
            let call = participant.call(participant.newBranch(), .init())
            #expect(try await participant.service.attempt(call) == .reserved)
            try await pruner.pruneLater(by: retention, clock)
            #expect(try await participant.row(of: ids[0]) == nil)
        }
    }

    @Test func itRunsEveryTenthOfTheRetentionWhateverTheAnswers() async throws {
        try await withFinishedBranches(1) { participant, ids async throws in
            let clock = participant.clock
            let questions = Mutex(0)
            let pruner = BarrierPruner(participant.service, retention: .seconds(100)) {
                let number = questions.withLock { count in
                    count += 1
                    return count
                }
                if number < 15 { throw Unreachable() }
                return OutcomeHorizon(now: clock.now, oldestUnfinished: nil)
            }
            let running = Task { try await pruner.run() }
            while try await participant.row(of: ids[0]) != nil { await Task.yield() }
            running.cancel()
            try await running.value
            #expect(questions.withLock { $0 } >= 15)
            #expect(clock.sleeps.allSatisfy { $0 == .seconds(10) })
        }
    }
}

extension BarrierPruner {
    /// Prunes when everything that there is is past its deadline, and again after some time.
    fileprivate func pruneLater(by duration: Duration, _ clock: FakeClock) async throws {
        clock.advance(by: .seconds(3600))
        try await prune()
        clock.advance(by: duration)
        try await prune()
    }
}
