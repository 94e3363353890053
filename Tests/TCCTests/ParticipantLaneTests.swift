import TCC
import Testing

@Suite("What is said to a participant, and when")
struct ParticipantLaneTests {
    private let silence = ParticipantLane.Verdict.failed("connection refused", silent: true)
    private let fault = ParticipantLane.Verdict.failed("500", silent: false)

    @Test func confirmsAndCancelsGoBeforeTriesEachInTheirOrder() {
        var lane = LaneUnderTest()
        lane.lane.tryRequested(.numbered(1), bytes: 400, expiresAt: .seconds(3))
        lane.lane.tryRequested(.numbered(2), bytes: 400, expiresAt: .seconds(3))
        lane.lane.outcomeDecided(.numbered(3), .confirm)
        lane.lane.outcomeDecided(.numbered(4), .cancel)
        #expect(lane.sent() == [.confirm(3), .cancel(4), .try(1), .try(2)])
    }

    @Test func whatIsAskedForTwiceIsSentOnce() {
        var lane = LaneUnderTest()
        lane.lane.tryRequested(.numbered(1), bytes: 400, expiresAt: .seconds(3))
        lane.lane.tryRequested(.numbered(1), bytes: 400, expiresAt: .seconds(3))
        lane.lane.outcomeDecided(.numbered(2), .confirm)
        lane.lane.outcomeDecided(.numbered(2), .confirm)
        lane.lane.loaded([(.confirm(2), 0)], reachedEnd: true, now: .zero)
        #expect(lane.sent() == [.confirm(2), .try(1)])
        #expect(lane.lane.depth == 2)
    }

    // MARK: Requests

    @Test func whateverWaitsGoesInOneRequestAndNothingWaitsForARequestToFill() {
        var lane = LaneUnderTest()
        lane.lane.tryRequested(.numbered(1), bytes: 400, expiresAt: .seconds(3))
        #expect(lane.sentRequests() == [[.try(1)]])
        lane.lane.tryRequested(.numbered(2), bytes: 400, expiresAt: .seconds(3))
        #expect(lane.sentRequests() == [[.try(2)]], "there may be two requests")
        for number in 3...5 { lane.lane.tryRequested(.numbered(number), bytes: 400, expiresAt: .seconds(3)) }
        lane.lane.outcomeDecided(.numbered(6), .confirm)
        #expect(lane.sentRequests() == [], "and no more")
        lane.answer(.try(1), .done)
        #expect(lane.sentRequests() == [[.confirm(6), .try(3), .try(4), .try(5)]])
    }

    @Test func besideARequestGoesOnlyOneThatIsNoSmaller() {
        var lane = LaneUnderTest()
        for number in 1...2 { lane.lane.tryRequested(.numbered(number), bytes: 400, expiresAt: .seconds(3)) }
        #expect(lane.sentRequests() == [[.try(1), .try(2)]])
        lane.lane.outcomeDecided(.numbered(3), .confirm)
        #expect(lane.sentRequests() == [], "one call waits while two are under way")
        #expect(lane.wakeTime() == .milliseconds(100), "but not for long")
        lane.lane.outcomeDecided(.numbered(4), .confirm)
        #expect(lane.sentRequests() == [[.confirm(3), .confirm(4)]])
        lane.answerAll(.done)
        lane.lane.outcomeDecided(.numbered(5), .confirm)
        #expect(lane.sentRequests() == [[.confirm(5)]], "with none under way it goes at once")
    }

    @Test func whatWasAnsweredIsNoMeasureBesideACallThatHangs() {
        var lane = LaneUnderTest()
        lane.lane.tryRequested(.numbered(1), bytes: 400, expiresAt: .seconds(3))
        #expect(lane.sentRequests() == [[.try(1)]], "it hangs")
        for number in 2...9 { lane.lane.outcomeDecided(.numbered(number), .confirm) }
        #expect(lane.sentRequests().map(\.count) == [8])
        lane.answer(.confirm(2), .done)
        lane.lane.outcomeDecided(.numbered(10), .confirm)
        #expect(lane.sentRequests() == [[.confirm(10)]])
    }

    @Test func aRequestIsBoundedInCallsAndBytesAndRequestsAreBoundedInNumber() {
        let limits = ParticipantLane.Limits(requestsInFlight: 3, callsInRequest: 4, bytesInRequest: 1000)
        var lane = LaneUnderTest(limits: limits)
        for (number, bytes) in [100, 100, 100, 100, 600, 400, 1, 5000, 100].enumerated() {
            lane.lane.tryRequested(.numbered(number), bytes: bytes, expiresAt: .seconds(3))
        }
        let (first, second) = ([0, 1, 2, 3], [4, 5])
        let expected = [first, second, [6]].map { $0.map(ParticipantLane.Call.try) }
        #expect(lane.sentRequests() == expected)
        lane.answer(.try(0), .done)
        #expect(lane.sentRequests() == [[.try(7)]], "what is larger than a request goes alone")
        lane.answer(.try(7), .done)
        #expect(lane.sentRequests() == [], "beside two and one, one is too small")
        lane.answer(.try(4), .done)
        #expect(lane.sentRequests() == [[.try(8)]])
        #expect(lane.lane.depth == 2)
    }

    @Test func aCallThatHangsHoldsUpNoOther() {
        var lane = LaneUnderTest(limits: .init(requestsInFlight: 2, callsInFlight: 4))
        for number in 1...2 {
            lane.lane.tryRequested(.numbered(number), bytes: 400, expiresAt: .seconds(9))
            #expect(lane.sent() == [.try(number)])
        }
        for number in 3...5 {
            lane.lane.tryRequested(.numbered(number), bytes: 400, expiresAt: .seconds(9))
            let next = lane.now + .milliseconds(100)
            #expect(lane.wakeTime() == (number < 5 ? next : .seconds(9)))
            lane.now = next
            #expect(lane.sent() == (number < 5 ? [.try(number)] : []), "but there are never more than so many")
        }
    }

    @Test func aCallThatFailsFailsAlone() {
        var lane = LaneUnderTest()
        for number in 1...3 { lane.lane.outcomeDecided(.numbered(number), .confirm) }
        #expect(lane.sentRequests().count == 1)
        lane.answer(.confirm(2), silence, others: .done)
        #expect(lane.lane.isAnswering, "the request was answered")
        #expect(lane.lane.depth == 1)
        lane.now = .seconds(1)
        #expect(lane.sentRequests() == [[.confirm(2)]])
    }

    @Test func afterASilenceRequestsGrowWithEachAnswer() {
        var lane = LaneUnderTest(limits: .init(requestsInFlight: 1, callsInRequest: 6))
        for number in 1...30 { lane.lane.outcomeDecided(.numbered(number), .confirm) }
        #expect(lane.sentRequests().map(\.count) == [6])
        lane.answerAll(silence)
        lane.now = .seconds(1)
        var sizes: [Int] = []
        for _ in 1...5 {
            sizes += lane.sentRequests().map(\.count)
            lane.answerAll(.done)
        }
        #expect(sizes == [1, 2, 4, 6, 6])
    }

    @Test func aRefusedRequestsCallsGoAloneAtOnce() {
        var lane = LaneUnderTest()
        for number in 1...3 { lane.lane.outcomeDecided(.numbered(number), .confirm) }
        #expect(lane.sentRequests().count == 1)
        lane.answerAll(.alone)
        #expect(lane.sentRequests() == [[.confirm(1)], [.confirm(2)], [.confirm(3)]])
        lane.lane.outcomeDecided(.numbered(4), .confirm)
        lane.lane.outcomeDecided(.numbered(5), .confirm)
        lane.answerAll(.busy)
        #expect(lane.sentRequests() == [[.confirm(4), .confirm(5)]], "the others still go together")
        lane.now = .milliseconds(50)
        #expect(
            Set(lane.sentRequests()) == [[.confirm(1)], [.confirm(2)], [.confirm(3)]],
            "and these alone for ever"
        )
    }

    @Test func aParticipantWithoutBatchesIsCalledOneByOneSoManyAtOnce() {
        var lane = LaneUnderTest(limits: .init(callsInFlight: 3))
        lane.lane.batchesRefused()
        for number in 1...5 { lane.lane.tryRequested(.numbered(number), bytes: 400, expiresAt: .seconds(3)) }
        #expect(lane.sentRequests() == [[.try(1)], [.try(2)], [.try(3)]])
        lane.answer(.try(2), .done)
        #expect(lane.sentRequests() == [[.try(4)]])
        #expect(lane.lane.depth == 4)
    }

    @Test func aTryThatNobodyWaitsForLetsTheOthersInItsRequestBe() {
        var lane = LaneUnderTest()
        lane.lane.tryRequested(.numbered(1), bytes: 400, expiresAt: .seconds(3))
        lane.lane.tryRequested(.numbered(2), bytes: 400, expiresAt: .seconds(3))
        #expect(lane.sentRequests().count == 1)
        lane.answer(.try(1), .notMade, others: fault)
        #expect(lane.lane.depth == 1)
        lane.now = .seconds(1)
        #expect(lane.sent() == [.try(2)])
    }

    // MARK: Answers

    @Test func aParticipantThatIsStillWorkingIsAskedAgainAfter50Milliseconds() {
        var lane = LaneUnderTest()
        lane.lane.outcomeDecided(.numbered(1), .confirm)
        for _ in 0..<100 {
            #expect(lane.sent() == [.confirm(1)])
            lane.answer(.confirm(1), .busy)
            let again = lane.now + .milliseconds(50)
            #expect(lane.wakeTime() == again)
            lane.now = again - .microseconds(1)
            #expect(lane.sent() == [])
            lane.now = again
        }
    }

    @Test func anUnknownAnswerIsAskedAgainWithFullJitterUpToASecondForEver() {
        var lane = LaneUnderTest()
        lane.lane.outcomeDecided(.numbered(1), .cancel)
        var waits: [Duration] = []
        for failures in 1...300 {
            #expect(lane.sent() == [.cancel(1)])
            lane.answer(.cancel(1), fault)
            guard let wake = lane.wakeTime() else {
                Issue.record("given up after \(failures)")
                return
            }
            #expect(wake - lane.now <= RetryPolicy().bound(afterFailures: failures))
            waits.append(wake - lane.now)
            lane.now = max(wake, lane.now)
        }
        let late = waits.dropFirst(5)
        #expect(late.contains { $0 < .milliseconds(100) } && late.contains { $0 > .milliseconds(900) })
        #expect(Set(late).count > 200)
    }

    @Test func theSameSeedGivesTheSameLife() {
        func wakes(_ seed: UInt64) -> [Duration?] {
            var lane = LaneUnderTest()
            lane.generator = SplitMix64(seed: seed)
            lane.lane.outcomeDecided(.numbered(1), .confirm)
            return (0..<20)
                .map { _ in
                    _ = lane.steps()
                    lane.answerAll(fault)
                    lane.now = lane.wakeTime() ?? lane.now
                    return lane.now
                }
        }
        #expect(wakes(1) == wakes(1))
        #expect(wakes(1) != wakes(2))
    }

    @Test func aCallThatIsDoneIsForgotten() {
        var lane = LaneUnderTest()
        lane.lane.outcomeDecided(.numbered(1), .confirm)
        #expect(lane.sent() == [.confirm(1)])
        lane.answer(.confirm(1), .done)
        #expect(lane.steps() == [.wait(until: nil)])
        #expect(lane.lane.depth == 0)
    }

    // MARK: Tries

    @Test func aTryExpiresWithWhatItsLastCallMet() {
        var lane = LaneUnderTest()
        lane.lane.tryRequested(.numbered(1), bytes: 400, expiresAt: .seconds(3))
        while lane.now < .seconds(3) {
            for call in lane.sent() {
                #expect(call == .try(1))
                lane.answer(call, fault)
            }
            guard let wake = lane.wakeTime() else {
                Issue.record("it waits for nothing")
                return
            }
            #expect(wake <= .seconds(3))
            lane.now = wake
        }
        #expect(lane.steps() == [.expire(.numbered(1), lastError: "500"), .wait(until: nil)])
        #expect(lane.lane.depth == 0)
    }

    @Test func aTryExpiresWhileItsCallHangsAndItsAnswerComesToNothing() {
        var lane = LaneUnderTest()
        lane.lane.tryRequested(.numbered(1), bytes: 400, expiresAt: .seconds(3))
        #expect(lane.sent() == [.try(1)])
        #expect(lane.wakeTime() == .seconds(3))
        lane.now = .seconds(3)
        guard case .expire(.numbered(1), _) = lane.steps().first else {
            Issue.record("it does not expire")
            return
        }
        lane.answer(.try(1), fault)
        #expect(lane.steps() == [.wait(until: nil)])
    }

    @Test func aTryThatWasDoneDoesNotExpire() {
        var lane = LaneUnderTest()
        lane.lane.tryRequested(.numbered(1), bytes: 400, expiresAt: .seconds(3))
        #expect(lane.sent() == [.try(1)])
        lane.answer(.try(1), .done)
        lane.now = .seconds(4)
        #expect(lane.steps() == [.wait(until: nil)])
    }

    @Test func aDecisionTakesAWaitingTryAway() {
        var lane = LaneUnderTest(limits: .init(requestsInFlight: 1))
        lane.lane.tryRequested(.numbered(1), bytes: 400, expiresAt: .seconds(3))
        #expect(lane.sent() == [.try(1)])
        lane.lane.tryRequested(.numbered(2), bytes: 400, expiresAt: .seconds(3))
        #expect(lane.sent() == [])
        lane.lane.outcomeDecided(.numbered(2), .cancel)
        lane.answer(.try(1), .done)
        #expect(lane.sent() == [.cancel(2)])
        lane.answer(.cancel(2), .done)
        lane.now = .seconds(10)
        #expect(lane.steps() == [.wait(until: nil)], "neither sent nor expired")
    }

    @Test(arguments: [
        ParticipantLane.Verdict.busy, .failed("500", silent: false), .failed("no answer in time", silent: true), .done,
    ])
    func aTryThatWasUnderWayWhenTheDecisionCameIsNotSentAgain(verdict: ParticipantLane.Verdict) {
        var lane = LaneUnderTest()
        lane.lane.tryRequested(.numbered(1), bytes: 400, expiresAt: .seconds(3))
        #expect(lane.sent() == [.try(1)])
        lane.lane.outcomeDecided(.numbered(1), .cancel)
        #expect(lane.sent() == [.cancel(1)])
        lane.answer(.cancel(1), .done)
        lane.answer(.try(1), verdict)
        lane.now = .seconds(2)
        #expect(lane.sent() == [])
        #expect(lane.lane.depth == 0)
    }

    // MARK: Silence

    @Test func aSilentParticipantIsProbedByOneCallAtATimeWithBackoff() {
        var lane = LaneUnderTest()
        for number in 1...10 { lane.lane.outcomeDecided(.numbered(number), .confirm) }
        #expect(lane.sentRequests().map(\.count) == [10])
        lane.answerAll(silence)
        #expect(!lane.lane.isAnswering)
        var lastProbe = lane.now
        for probe in 1...200 {
            guard let wake = lane.wakeTime() else {
                Issue.record("given up")
                return
            }
            lane.now = max(lane.now, wake)
            let sent = lane.sent()
            #expect(sent.count <= 1)
            guard !sent.isEmpty else { continue }
            #expect(lane.now - lastProbe <= .seconds(2), "probe \(probe)")
            #expect(lane.sent() == [], "no second one while one is out")
            lane.answerAll(silence)
            lastProbe = lane.now
        }
        #expect(lane.lane.depth == 10)
    }

    @Test func newCallsToASilentParticipantWaitForTheProbe() {
        var lane = LaneUnderTest()
        lane.lane.outcomeDecided(.numbered(1), .confirm)
        #expect(lane.sent() == [.confirm(1)])
        lane.answer(.confirm(1), silence)
        for number in 2...50 { lane.lane.tryRequested(.numbered(number), bytes: 400, expiresAt: .seconds(60)) }
        #expect(lane.sent() == [])
        #expect(lane.wakeTime().map { $0 <= .milliseconds(50) } == true)
        lane.now = .milliseconds(50)
        #expect(lane.sent().count == 1)
    }

    @Test func theFirstSignOfLifeLetsEverythingGo() {
        for sign in [ParticipantLane.Verdict.done, .busy, fault] {
            var lane = LaneUnderTest()
            lane.lane.outcomeDecided(.numbered(1), .confirm)
            #expect(lane.sent() == [.confirm(1)])
            lane.answer(.confirm(1), silence)
            for number in 2...50 { lane.lane.tryRequested(.numbered(number), bytes: 400, expiresAt: .seconds(60)) }
            lane.now = .milliseconds(50)
            #expect(lane.sent().count == 1)
            lane.answerAll(sign)
            #expect(lane.lane.isAnswering)
            #expect(lane.sentRequests().map(\.count) == [2, 2], "by and by")
            lane.answerAll(.done)
            #expect(lane.sentRequests().map(\.count) == [8, 8])
        }
    }

    @Test func aCallThatWasNeverMadeIsNoSignOfLife() {
        var lane = LaneUnderTest()
        lane.lane.outcomeDecided(.numbered(1), .confirm)
        #expect(lane.sent() == [.confirm(1)])
        lane.answer(.confirm(1), silence)
        lane.lane.tryRequested(.numbered(2), bytes: 400, expiresAt: .seconds(3))
        lane.lane.tryRequested(.numbered(3), bytes: 400, expiresAt: .seconds(3))
        lane.now = .seconds(1)
        let probe = lane.sent()
        #expect(probe.count == 1)
        lane.answer(probe[0], .notMade)
        #expect(!lane.lane.isAnswering)
        #expect(lane.sent().count == 1, "the next one is the probe, and alone")
    }

    @Test func triesToASilentParticipantExpireInTime() {
        var lane = LaneUnderTest()
        lane.lane.outcomeDecided(.numbered(1), .confirm)
        #expect(lane.sent() == [.confirm(1)])
        lane.answer(.confirm(1), silence)
        lane.lane.tryRequested(.numbered(2), bytes: 400, expiresAt: .seconds(3))
        while lane.now < .seconds(3) {
            lane.now = min(lane.wakeTime() ?? .seconds(3), .seconds(3))
            if lane.now < .seconds(3) { lane.answerAll(silence) }
        }
        #expect(lane.steps().contains { if case .expire(.numbered(2), _) = $0 { true } else { false } })
    }

    // MARK: An operator

    @Test func anOperatorsRetryGoesAtOnceEvenToASilentParticipant() {
        var lane = LaneUnderTest()
        lane.lane.outcomeDecided(.numbered(1), .confirm)
        lane.lane.outcomeDecided(.numbered(2), .confirm)
        #expect(lane.sent() == [.confirm(1), .confirm(2)])
        lane.answerAll(silence)
        lane.lane.retryRequested(.numbered(2), .confirm, now: lane.now)
        #expect(lane.sent() == [.confirm(2)])
        lane.lane.retryRequested(.numbered(3), .cancel, now: lane.now)
        #expect(lane.sent() == [.cancel(3)], "what only the journal had goes as well, beside a probe that hangs")
    }

    @Test func anOperatorsRetryGoesBesideARequestThatHangs() {
        var lane = LaneUnderTest()
        lane.lane.outcomeDecided(.numbered(1), .confirm)
        #expect(lane.sent() == [.confirm(1)])
        for _ in 0..<3 { lane.lane.retryRequested(.numbered(1), .confirm, now: lane.now) }
        #expect(lane.sent() == [.confirm(1)], "once, however often it is asked for")
        lane.lane.retryRequested(.numbered(1), .confirm, now: lane.now)
        #expect(lane.sent() == [], "two are enough")
        lane.answer(.confirm(1), silence)
        #expect(lane.wakeTime() == nil, "the other one is still under way")
        lane.answer(.confirm(1), silence)
        let again = lane.wakeTime()
        #expect(again.map { $0 <= .seconds(1) } == true)
    }

    @Test func whatIsDoneTwiceIsHeldUntilBothAcknowledgementsAreWritten() {
        var lane = LaneUnderTest(limits: .init(outcomesHeld: 1))
        lane.lane.outcomeDecided(.numbered(1), .confirm)
        #expect(lane.sent() == [.confirm(1)])
        lane.lane.retryRequested(.numbered(1), .confirm, now: lane.now)
        #expect(lane.sent() == [.confirm(1)])
        for _ in 0..<2 { lane.answer(.confirm(1), .done) }
        #expect(!lane.lane.holds(.confirm(1)))
        lane.lane.outcomeDecided(.numbered(2), .confirm)
        #expect(lane.sent() == [.confirm(2)], "there is room for one again")
        lane.lane.outcomeDecided(.numbered(3), .confirm)
        #expect(!lane.lane.holds(.confirm(3)), "and for no more")
    }
}
