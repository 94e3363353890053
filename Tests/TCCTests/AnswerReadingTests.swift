import TCC
import Testing

/// The table of the contract: what the coordinator makes of an answer.
@Suite("What a coordinator makes of an answer")
struct AnswerReadingTests {
    private static let problem = Problem(0, "some-code", "Some detail.")
    private static let rejections = [400, 401, 403, 404, 405, 413, 422]
    /// Statuses with no rule of their own.
    private static let others = [
        100, 201, 202, 204, 301, 307, 402, 406, 408, 411, 412, 415, 418, 429, 500, 501, 502, 504,
    ]

    private func answer(_ status: Int, _ outcome: BranchOutcome? = nil, problem: Problem? = nil) -> CallResult {
        .answered(BranchAnswer(status: status, outcome: outcome, problem: problem))
    }

    // MARK: To a try

    @Test func aTryThatAnswers200ReservedHasReserved() {
        #expect(TryReading(answer(200, .reserved)) == .reserved)
    }

    @Test(arguments: [BranchOutcome?.none, .confirmed, .cancelled])
    func aTryThatAnswers200WithAnythingElseIsUnknown(outcome: BranchOutcome?) {
        guard case .unknown(_, silent: false) = TryReading(answer(200, outcome)) else {
            Issue.record("\(TryReading(answer(200, outcome)))")
            return
        }
    }

    @Test func aTryThatAnswers409WithAProblemIsRefusedForThatReason() {
        #expect(TryReading(answer(409, problem: Self.problem)) == .refused(Self.problem))
    }

    @Test func aTryThatAnswers409WithoutAProblemIsUnknown() {
        #expect(TryReading(answer(409)) == .unknown("409", silent: false))
    }

    @Test func aTryThatAnswers410WithAProblemCameTooLate() {
        #expect(TryReading(answer(410, problem: Self.problem)) == .deadlinePassed)
        #expect(TryReading(answer(410)) == .unknown("410", silent: false), "not a participant's word")
    }

    @Test(arguments: rejections)
    func aTryThatTheParticipantDoesNotTakeIsRejectedAtOnce(status: Int) {
        #expect(TryReading(answer(status)) == .rejected("\(status)"))
        let rejected = TryReading(answer(status, problem: Self.problem))
        #expect(rejected == .rejected("\(status) some-code: Some detail."))
    }

    @Test func aTryThatIsStillWorkedOnIsBusy() {
        #expect(TryReading(answer(425)) == .busy)
        #expect(TryReading(answer(425, problem: Self.problem)) == .busy)
    }

    @Test(arguments: others)
    func aTryWithAnyOtherAnswerIsUnknownThoughThereWasASignOfLife(status: Int) {
        #expect(TryReading(answer(status)) == .unknown("\(status)", silent: false))
        guard case .unknown(_, silent: false) = TryReading(answer(status, .reserved, problem: Self.problem)) else {
            Issue.record("a body changes nothing about \(status)")
            return
        }
    }

    @Test func aTryWithoutAnAnswerIsUnknownAndSilentAndSoIs503() {
        #expect(TryReading(.unanswered("connection lost")) == .unknown("connection lost", silent: true))
        #expect(TryReading(answer(503)) == .unknown("503", silent: true))
        #expect(TryReading(answer(503, problem: Self.problem)) == .unknown("503 some-code: Some detail.", silent: true))
    }

    // MARK: To a confirm or cancel

    @Test func anOutcomeIsDoneOnlyIfItIsTheOneAskedFor() {
        #expect(OutcomeReading(answer(200, .confirmed), to: .confirm) == .done)
        #expect(OutcomeReading(answer(200, .cancelled), to: .cancel) == .done)
        let misfits: [(BranchOutcome?, Decision)] = [
            (.cancelled, .confirm), (.reserved, .confirm), (nil, .confirm),
            (.confirmed, .cancel), (.reserved, .cancel), (nil, .cancel),
        ]
        for (outcome, decision) in misfits {
            guard case .unknown(_, silent: false, alert: false) = OutcomeReading(answer(200, outcome), to: decision)
            else {
                Issue.record("200 \(String(describing: outcome)) to \(decision)")
                continue
            }
        }
    }

    @Test(arguments: [Decision.confirm, .cancel])
    func anOutcomeThatAnswers409WithAProblemIsStuck(decision: Decision) {
        #expect(OutcomeReading(answer(409, problem: Self.problem), to: decision) == .stuck(Self.problem))
        #expect(OutcomeReading(answer(409), to: decision) == .unknown("409", silent: false, alert: false))
    }

    @Test(arguments: [Decision.confirm, .cancel])
    func anOutcomeThatAnswers410IsUnknown(decision: Decision) {
        #expect(OutcomeReading(answer(410), to: decision) == .unknown("410", silent: false, alert: false))
        #expect(
            OutcomeReading(answer(410, problem: Self.problem), to: decision)
                == .unknown("410 some-code: Some detail.", silent: false, alert: false)
        )
    }

    @Test(arguments: rejections, [Decision.confirm, .cancel])
    func anOutcomeThatTheParticipantDoesNotTakeIsUnknownAndAnAlert(status: Int, decision: Decision) {
        #expect(OutcomeReading(answer(status), to: decision) == .unknown("\(status)", silent: false, alert: true))
    }

    @Test(arguments: [Decision.confirm, .cancel])
    func anOutcomeThatIsStillWorkedOnIsBusy(decision: Decision) {
        #expect(OutcomeReading(answer(425), to: decision) == .busy)
    }

    @Test(arguments: others, [Decision.confirm, .cancel])
    func anOutcomeWithAnyOtherAnswerIsUnknown(status: Int, decision: Decision) {
        #expect(OutcomeReading(answer(status), to: decision) == .unknown("\(status)", silent: false, alert: false))
        for outcome in [BranchOutcome.confirmed, .cancelled] {
            guard case .unknown(_, silent: false, alert: false) = OutcomeReading(answer(status, outcome), to: decision)
            else {
                Issue.record("\(status) is never done")
                continue
            }
        }
    }

    @Test(arguments: [Decision.confirm, .cancel])
    func anOutcomeWithoutAnAnswerIsUnknownAndSilentAndSoIs503(decision: Decision) {
        #expect(
            OutcomeReading(.unanswered("no answer in time"), to: decision)
                == .unknown("no answer in time", silent: true, alert: false)
        )
        #expect(OutcomeReading(answer(503), to: decision) == .unknown("503", silent: true, alert: false))
    }

    @Test func noBodyIsSniffedForWords() {
        let talkative = Problem(0, "reserved", "confirmed cancelled done 200 reserved")
        #expect(TryReading(answer(500, problem: talkative)) != .reserved)
        #expect(OutcomeReading(answer(500, problem: talkative), to: .confirm) != .done)
    }
}
