import TCC
import Testing

@Suite("What a lane leaves to the journal")
struct ParticipantLaneOverflowTests {
    private let silence = ParticipantLane.Verdict.failed("connection refused", silent: true)
    private let fault = ParticipantLane.Verdict.failed("500", silent: false)

    private func loads(_ steps: [ParticipantLane.Step]) -> [ParticipantLane.Step] {
        steps.filter { if case .loadOutcomes = $0 { true } else { false } }
    }

    @Test func aNewLaneReadsTheJournalFirst() {
        var lane = ParticipantLane(limits: .init(outcomesHeld: 8))
        #expect(lane.next(now: .zero) == .loadOutcomes(after: nil, limit: 8))
        #expect(lane.next(now: .zero) == .wait(until: nil), "one reading at a time")
        lane.loaded([(.confirm(1), 0), (.cancel(2), 0)], reachedEnd: true, now: .zero)
        #expect(lane.next(now: .zero) == .send([.confirm(1), .cancel(2)]))
        #expect(lane.next(now: .seconds(5)) == .wait(until: nil), "the journal had no more")
    }

    @Test func outcomesGoOnWhileTheJournalIsRead() {
        var lane = ParticipantLane()
        _ = lane.next(now: .zero)
        lane.outcomeDecided(.numbered(1), .confirm)
        #expect(lane.next(now: .zero) == .send([.confirm(1)]))
    }

    @Test func onlySoManyOutcomesAreHeldAndTheOthersAreLoadedWhenThereIsRoom() {
        var lane = LaneUnderTest(limits: .init(requestsInFlight: 4, callsInRequest: 1, outcomesHeld: 4))
        for number in 1...10 { lane.lane.outcomeDecided(.numbered(number), .confirm) }
        #expect(lane.lane.depth == 4)
        lane.now = .seconds(1)
        #expect(lane.sent() == [.confirm(1), .confirm(2), .confirm(3), .confirm(4)])
        lane.answer(.confirm(1), .done)
        #expect(loads(lane.steps()) == [], "no room worth a reading")
        lane.answer(.confirm(2), .done)
        #expect(loads(lane.steps()) == [.loadOutcomes(after: nil, limit: 2)])
        lane.lane.loaded([(.confirm(3), 0), (.confirm(4), 0)], reachedEnd: false, now: lane.now)
        #expect(lane.lane.depth == 2, "what is here already is not taken twice")
        #expect(loads(lane.steps()) == [.loadOutcomes(after: .numbered(4), limit: 2)], "the pass goes on at once")
        lane.lane.loaded([(.confirm(5), 0), (.confirm(6), 0)], reachedEnd: false, now: lane.now)
        #expect(lane.sent() == [.confirm(5), .confirm(6)])
        lane.answerAll(.done)
        #expect(loads(lane.steps()) == [.loadOutcomes(after: .numbered(6), limit: 4)])
        lane.lane.loaded([7, 8, 9, 10].map { (.confirm($0), 0) }, reachedEnd: true, now: lane.now)
        #expect(lane.sent() == [.confirm(7), .confirm(8), .confirm(9), .confirm(10)])
        lane.answerAll(.done)
        #expect(lane.lane.depth == 0)
    }

    @Test func thereIsAtMostOnePassASecond() {
        var lane = LaneUnderTest(limits: .init(outcomesHeld: 2))
        var passes: [Duration] = []
        // What the participant is told is never on disk as acknowledged, as if the journal could not be written.
        while lane.now < .seconds(20) {
            for number in 1...3 { lane.lane.outcomeDecided(.numbered(number), .confirm) }
            _ = lane.steps()
            lane.answerAll(.done)
            for step in lane.steps() {
                guard case .loadOutcomes(let after, let limit) = step else { continue }
                #expect(limit > 0)
                if after == nil { passes.append(lane.now) }
                lane.lane.loaded([], reachedEnd: true, now: lane.now)
            }
            lane.now += .milliseconds(10)
        }
        #expect(passes.count > 10)
        for (earlier, later) in zip(passes, passes.dropFirst()) { #expect(later - earlier >= .seconds(1)) }
    }

    @Test func aJournalThatCannotBeReadIsReadAgainAfterASecond() {
        var lane = ParticipantLane()
        _ = lane.next(now: .zero)
        lane.loadFailed(now: .milliseconds(5))
        #expect(lane.next(now: .milliseconds(5)) == .wait(until: .milliseconds(1005)))
        guard case .loadOutcomes(after: nil, _) = lane.next(now: .milliseconds(1005)) else {
            Issue.record("it is not read again")
            return
        }
    }

    @Test func whatWasLeftBehindDuringAPassIsFoundByTheNext() {
        var lane = LaneUnderTest(limits: .init(outcomesHeld: 2))
        for number in 2...4 { lane.lane.outcomeDecided(.numbered(number), .confirm) }
        lane.now = .seconds(1)
        #expect(lane.sent() == [.confirm(2), .confirm(3)])
        lane.answerAll(.done)
        #expect(loads(lane.steps()) == [.loadOutcomes(after: nil, limit: 2)])
        // While the journal is being read, two more find room and the third does not; its gid lies behind the reading.
        lane.lane.outcomeDecided(.numbered(5), .confirm)
        lane.lane.outcomeDecided(.numbered(6), .confirm)
        lane.lane.outcomeDecided(.numbered(1), .confirm)
        lane.lane.loaded([(.confirm(4), 0)], reachedEnd: true, now: lane.now)
        #expect(lane.sent() == [.confirm(5), .confirm(6)])
        lane.answerAll(.done)
        lane.now = .seconds(2)
        #expect(loads(lane.steps()) == [.loadOutcomes(after: nil, limit: 2)])
    }

    /// A lane over a model of a journal: what was decided and not acknowledged.
    private struct Simulation {
        var lane: LaneUnderTest
        var journal: [Int: ParticipantLane.Call] = [:]
        var delivered: Set<Int> = []

        mutating func decide(_ number: Int, _ decision: Decision) {
            journal[number] = decision == .confirm ? .confirm(number) : .cancel(number)
            lane.lane.outcomeDecided(.numbered(number), decision)
        }

        mutating func perform(
            _ steps: [ParticipantLane.Step],
            answer: ([ParticipantLane.Call], inout SplitMix64) -> [ParticipantLane.Verdict]?
        ) {
            for step in steps {
                guard case .loadOutcomes(let after, let limit) = step else { continue }
                let left = journal.values.filter { after == nil || $0.gid > after! }.sorted { $0.gid < $1.gid }
                let page = left.prefix(limit).map { (call: $0, failures: 0) }
                lane.lane.loaded(page, reachedEnd: page.count < limit, now: lane.now)
            }
            for request in lane.requests {
                guard let verdicts = answer(request, &lane.generator) else { continue }
                for (call, verdict) in zip(request, verdicts) where verdict == .done && call.operation != .try {
                    journal[call.number] = nil
                    delivered.insert(call.number)
                }
                lane.answer(request, verdicts)
            }
        }
    }

    @Test func outcomesThatNoRetryHelpsDoNotBlockTheOthers() {
        var simulation = Simulation(lane: LaneUnderTest(limits: .init(outcomesHeld: 4)))
        for number in 1...20 { simulation.decide(number, .confirm) }
        let stuck = 1...12
        while simulation.delivered.count < 8, simulation.lane.now < .seconds(300) {
            simulation.perform(simulation.lane.steps()) { request, _ in
                request.map { stuck.contains($0.number) ? fault : .done }
            }
            simulation.lane.now += .milliseconds(20)
        }
        #expect(simulation.delivered == Set(13...20))
        #expect(simulation.lane.now < .seconds(60))
        #expect(simulation.journal.count == 12, "and the stuck ones are still tried")
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func whateverTheAnswersEveryOutcomeIsDelivered(seed: UInt64) {
        let limits = ParticipantLane.Limits(requestsInFlight: 2, callsInRequest: 3, callsInFlight: 5, outcomesHeld: 8)
        var simulation = Simulation(lane: LaneUnderTest(limits: limits))
        simulation.lane.generator = SplitMix64(seed: seed)
        var chance = SplitMix64(seed: seed &* 31)
        var expired: Set<GlobalTransactionID> = []
        for round in 1...4000 {
            let isFaulty = round < 3000
            if round <= 200 {
                simulation.lane.lane.tryRequested(
                    .numbered(round),
                    bytes: 400,
                    expiresAt: simulation.lane.now + .milliseconds(500)
                )
                let decided = Int.random(in: 1...round, using: &chance)
                if simulation.journal[decided] == nil, !simulation.delivered.contains(decided) {
                    simulation.decide(decided, decided % 2 == 0 ? .confirm : .cancel)
                }
            }
            if round == 1500, seed % 2 == 0 { simulation.lane.lane.batchesRefused() }
            let wasSilent = !simulation.lane.lane.isAnswering
            let before = simulation.lane.underWay.count
            let steps = simulation.lane.steps()
            let after = simulation.lane.underWay.count
            // Two requests of three, or what was refused together once: one by one.
            #expect(after <= (wasSilent ? max(before, 1) : 6 + 5))
            #expect(Set(simulation.lane.underWay).count == after, "no call twice at once")
            for case .expire(let gid, _) in steps { #expect(expired.insert(gid).inserted) }
            simulation.perform(steps) { request, generator in
                guard isFaulty else { return request.map { _ in .done } }
                switch Int.random(in: 0..<20, using: &generator) {
                case 0, 1: return request.map { _ in silence }
                case 2: return request.map { _ in .alone }
                case 3...5: return nil
                default:
                    return request.map { _ in
                        switch Int.random(in: 0..<10, using: &generator) {
                        case 0...2: fault
                        case 3: .busy
                        default: .done
                        }
                    }
                }
            }
            simulation.lane.now += .milliseconds(10)
        }
        #expect(simulation.journal.isEmpty)
        #expect(simulation.lane.lane.depth == 0)
    }

    @Test func whatIsBeingWrittenKeepsItsPlaceAndWhatIsLostComesBackFromTheJournal() {
        var lane = LaneUnderTest(limits: .init(outcomesHeld: 2))
        lane.writesAcknowledgements = false
        lane.lane.outcomeDecided(.numbered(1), .confirm)
        lane.lane.outcomeDecided(.numbered(2), .confirm)
        #expect(lane.sent() == [.confirm(1), .confirm(2)])
        lane.answerAll(.done)
        lane.lane.outcomeDecided(.numbered(3), .confirm)
        lane.now = .seconds(2)
        #expect(lane.steps() == [.wait(until: nil)], "no place for the third while two are being written")
        lane.lane.acknowledgementsWritten(1)
        lane.lane.acknowledgementLost()
        #expect(loads(lane.steps()) == [.loadOutcomes(after: nil, limit: 2)])
        lane.lane.loaded([(.confirm(2), 0), (.confirm(3), 0)], reachedEnd: true, now: lane.now)
        #expect(lane.sent() == [.confirm(2), .confirm(3)])
    }

    @Test func memoryIsBoundedHoweverLongAParticipantIsSilent() {
        var lane = LaneUnderTest(limits: .init(callsInFlight: 4, outcomesHeld: 64))
        for number in 1...50_000 {
            // A try with a long timeout that another branch's refusal ends at once.
            lane.lane.tryRequested(.numbered(number), bytes: 400, expiresAt: lane.now + .seconds(3600))
            lane.lane.outcomeDecided(.numbered(number), .cancel)
            for case .loadOutcomes in lane.steps() { lane.lane.loaded([], reachedEnd: true, now: lane.now) }
            lane.answerAll(silence)
            lane.now += .milliseconds(1)
        }
        #expect(lane.lane.depth <= 64)
        #expect(lane.lane.entriesHeld < 5000)
    }
}
