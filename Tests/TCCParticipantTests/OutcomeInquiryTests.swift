import GRDB
import Synchronization
import TCC
import TCCParticipant
import TCCStorage
import Testing

@Suite("Asking what became of an overdue reservation")
struct OutcomeInquiryTests {
    private struct Unreachable: Error {}

    /// A coordinator that answers by a script and remembers what it was asked.
    private final class Coordinator: Sendable {
        private struct State {
            var outcomes: [GlobalTransactionID: Outcome] = [:]
            var failure: (any Error)?
            var asked: [GlobalTransactionID] = []
        }

        private let state = Mutex(State())

        var asked: [GlobalTransactionID] { state.withLock { $0.asked } }

        func answers(_ outcome: Outcome, to gid: GlobalTransactionID) { state.withLock { $0.outcomes[gid] = outcome } }
        func fails(with error: (any Error)?) { state.withLock { $0.failure = error } }

        func ask(_ gid: GlobalTransactionID) throws -> Outcome {
            try state.withLock {
                $0.asked.append(gid)
                if let failure = $0.failure { throw failure }
                guard let outcome = $0.outcomes[gid] else { throw Problem(410, "forgotten", "Too old.") }
                return outcome
            }
        }
    }

    private func withInquiry(
        _ body: (ParticipantUnderTest<CountingResource>, OutcomeInquiry<CountingResource>, Coordinator) async throws ->
            Void
    ) async throws {
        try await withParticipant(CountingResource(), registerMigrations: CountingResource.registerMigrations) {
            let coordinator = Coordinator()
            try await body($0, OutcomeInquiry($0.service) { try coordinator.ask($0) }, coordinator)
        }
    }

    private func reserve(_ participant: ParticipantUnderTest<CountingResource>) async throws -> BranchID {
        let id = participant.newBranch()
        #expect(try await participant.service.attempt(participant.call(id, .init())) == .reserved)
        return id
    }

    @Test func beforeItsDeadlineNobodyIsAsked() async throws {
        try await withInquiry { participant, inquiry, coordinator in
            _ = try await reserve(participant)
            participant.clock.advance(by: .milliseconds(34_999))
            #expect(await inquiry.askOnce() == (0, 0))
            #expect(coordinator.asked == [])
            participant.clock.advance(by: .milliseconds(1))
            _ = await inquiry.askOnce()
            #expect(coordinator.asked.count == 1)
        }
    }

    @Test func whatACoordinatorHasForgottenCanNeverBeConfirmed() async throws {
        try await withInquiry { participant, inquiry, coordinator in
            let id = try await reserve(participant)
            participant.clock.advance(by: .seconds(35))
            #expect(await inquiry.askOnce() == (1, 0))
            #expect(coordinator.asked == [id.gid])
            #expect(try await participant.row(of: id) == .cancelled)
        }
    }

    @Test func reservationsThatCannotBeSettledDoNotStarveTheOthers() async throws {
        try await withInquiry { participant, inquiry, coordinator in
            for _ in 0..<600 { coordinator.answers(.pending, to: try await reserve(participant).gid) }
            participant.clock.advance(by: .seconds(1))
            let last = try await reserve(participant)
            coordinator.answers(.confirm, to: last.gid)
            participant.clock.advance(by: .seconds(35))
            #expect(await inquiry.askOnce() == (1, 600))
            #expect(try await participant.row(of: last) == .confirmed)
        }
    }

    @Test(arguments: [(Outcome.confirm, BranchOutcome.confirmed), (.cancel, .cancelled)])
    func itDoesWhatItIsTold(outcome: Outcome, end: BranchOutcome) async throws {
        try await withInquiry { participant, inquiry, coordinator in
            let id = try await reserve(participant)
            participant.clock.advance(by: .seconds(35))
            coordinator.answers(outcome, to: id.gid)
            #expect(await inquiry.askOnce() == (1, 0))
            #expect(try await participant.row(of: id) == end)
            let counts = try await participant.store.read { try CountingResource.counts(of: id.gid, in: $0) }
            #expect(counts.confirmed == (outcome == .confirm ? 1 : 0))
            #expect(counts.cancelled == (outcome == .cancel ? 1 : 0))
            #expect(await inquiry.askOnce() == (0, 0))
            #expect(coordinator.asked.count == 1, "what is settled is not asked again")
        }
    }

    @Test func whileItIsPendingTheReservationStays() async throws {
        try await withInquiry { participant, inquiry, coordinator in
            let id = try await reserve(participant)
            coordinator.answers(.pending, to: id.gid)
            for _ in 0..<100 {
                participant.clock.advance(by: .seconds(3600))
                #expect(await inquiry.askOnce() == (0, 1))
            }
            #expect(try await participant.row(of: id) == .reserved)
        }
    }

    @Test func whileTheCoordinatorDoesNotAnswerTheReservationStaysAndItIsAskedOnceARound() async throws {
        try await withInquiry { participant, inquiry, coordinator in
            let ids = [try await reserve(participant), try await reserve(participant), try await reserve(participant)]
            coordinator.fails(with: Unreachable())
            participant.clock.advance(by: .seconds(86400))
            for round in 1...50 {
                #expect(await inquiry.askOnce() == (0, 3))
                #expect(coordinator.asked.count == round)
            }
            for id in ids {
                #expect(try await participant.row(of: id) == .reserved)
                coordinator.answers(.confirm, to: id.gid)
            }
            coordinator.fails(with: nil)
            #expect(await inquiry.askOnce() == (3, 0))
        }
    }

    @Test func aReservationThatCannotBeCarriedOutKeepsNoOtherFromBeingAskedFor() async throws {
        try await withInquiry { participant, inquiry, coordinator in
            let ids = [try await reserve(participant), try await reserve(participant), try await reserve(participant)]
            for id in ids { coordinator.answers(.confirm, to: id.gid) }
            participant.clock.advance(by: .seconds(35))
            try await participant.store.write { database in
                try database.execute(
                    sql: """
                        CREATE TRIGGER broken BEFORE INSERT ON effects WHEN NEW.effect = 'confirm' AND NEW.gid = '\(ids[0].gid)'
                        BEGIN SELECT RAISE(ABORT, 'the resource is broken'); END
                        """
                )
            }
            for round in 1...3 {
                #expect(await inquiry.askOnce() == (round == 1 ? (2, 1) : (0, 1)))
            }
            #expect(try await participant.row(of: ids[0]) == .reserved)
            #expect(try await participant.row(of: ids[1]) == .confirmed)
            #expect(try await participant.row(of: ids[2]) == .confirmed)
            try await participant.store.write { try $0.execute(sql: "DROP TRIGGER broken") }
            #expect(await inquiry.askOnce() == (1, 0))
        }
    }

    @Test func aDecisionThatComesTheOrdinaryWayWhileItAsksIsNotUndone() async throws {
        try await withParticipant(CountingResource(), registerMigrations: CountingResource.registerMigrations) {
            participant in
            let id = try await reserve(participant)
            participant.clock.advance(by: .seconds(35))
            let inquiry = OutcomeInquiry(participant.service) { _ in
                _ = try await participant.service.carryOut(.confirm, id, action: "publish")
                return .confirm
            }
            #expect(await inquiry.askOnce() == (1, 0))
            let counts = try await participant.store.read { try CountingResource.counts(of: id.gid, in: $0) }
            #expect(counts.confirmed == 1)
        }
    }

    @Test func itLooksAgainEvery200MillisecondsAndBacksOffUpToASecondWhileItLearnsNothing() async throws {
        try await withInquiry { participant, inquiry, coordinator in
            let running = Task { try await inquiry.run() }
            while participant.clock.sleeps.count < 5 { await Task.yield() }
            #expect(participant.clock.sleeps.prefix(5).allSatisfy { $0 == .milliseconds(200) })

            let id = try await reserve(participant)
            coordinator.fails(with: Unreachable())
            while coordinator.asked.count < 60 { await Task.yield() }
            running.cancel()
            try await running.value
            #expect(try await participant.row(of: id) == .reserved)
            let last = participant.clock.sleeps.suffix(50)
            #expect(last.allSatisfy { $0 <= .seconds(1) })
            #expect(last.contains { $0 > .milliseconds(500) } && Set(last).count > 25)
        }
    }
}
