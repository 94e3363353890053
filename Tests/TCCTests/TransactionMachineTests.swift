import TCC
import Testing

@Suite("A transaction's state machine")
struct TransactionMachineTests {
    private let draft = ParticipantName("draft")!
    private let online = ParticipantName("online")!
    private let quota = ParticipantName("quota")!
    private let refusal = Problem(409, "publish-in-progress", "Somebody else publishes it.", retryAfterSeconds: 1)

    private var results: [TryResult] {
        [.reserved, .refused(refusal), .deadlinePassed, .rejected("404"), .unavailable("connection refused")]
    }

    private func isNegative(_ result: TryResult) -> Bool { result != .reserved }

    /// A machine whose tries are out.
    private func trying(_ branches: [ParticipantName]) -> TransactionMachine {
        var machine = TransactionMachine(branches: branches)
        _ = machine.begun()
        return machine
    }

    /// A machine whose decision is being written.
    private func deciding(_ decision: Decision) -> TransactionMachine {
        var machine = trying([draft, online])
        _ = machine.tried(draft, .reserved)
        _ = machine.tried(online, decision == .confirm ? .reserved : .unavailable("no answer in time"))
        return machine
    }

    @Test func theBeginRecordOnDiskSendsATryToEachBranch() {
        var machine = TransactionMachine(branches: [online, draft, quota])
        #expect(machine.begun() == .sendTries([online, draft, quota]))
    }

    @Test func anAcknowledgementThatOvertakesTheReportOfTheDecisionCounts() {
        var machine = deciding(.confirm)
        #expect(machine.acknowledged(online) == .wait)
        #expect(machine.decided(.confirm) == .carryOut(.confirm, [draft]))
        #expect(machine.acknowledged(online) == .wait)
        #expect(machine.acknowledged(draft) == .finish(.confirm))
        var overtaken = deciding(.cancel)
        #expect(overtaken.acknowledged(online) == .wait)
        #expect(overtaken.acknowledged(draft) == .wait)
        #expect(overtaken.decided(.cancel) == .finish(.cancel))
    }

    @Test func beforeTheBeginRecordIsOnDiskNothingIsDecided() {
        var machine = TransactionMachine(branches: [draft])
        #expect(machine.tried(draft, .reserved) == .wait)
        #expect(machine.tried(draft, .deadlinePassed) == .wait)
        #expect(machine.acknowledged(draft) == .wait)
        #expect(machine.begun() == .sendTries([draft]))
    }

    /// All results of three branches' tries, in all orders: 750 lives.
    @Test func theFirstNegativeTryDecidesCancelAndTheLastReservationConfirm() {
        let orders = [
            [draft, online, quota], [draft, quota, online], [online, draft, quota], [online, quota, draft],
            [quota, draft, online], [quota, online, draft],
        ]
        for order in orders {
            for first in results {
                for second in results {
                    for third in results { check(order, [first, second, third]) }
                }
            }
        }
    }

    private func check(_ order: [ParticipantName], _ outcomes: [TryResult]) {
        var machine = trying([draft, online, quota])
        let decisive = outcomes.firstIndex(where: isNegative) ?? 2
        for (index, branch) in order.enumerated() {
            let action = machine.tried(branch, outcomes[index])
            guard index == decisive else {
                #expect(action == .wait, "\(index) of \(outcomes)")
                continue
            }
            guard case .recordDecision(let decision, let reason) = action else {
                Issue.record("no decision after \(outcomes[...index])")
                return
            }
            let isCancel = isNegative(outcomes[index])
            #expect(decision == (isCancel ? .cancel : .confirm))
            #expect((reason != nil) == isCancel)
        }
    }

    @Test func eachNegativeResultHasTheReasonOfTheContract() throws {
        func reason(_ result: TryResult) throws -> Problem {
            var machine = trying([draft])
            guard case .recordDecision(.cancel, let reason?) = machine.tried(draft, result) else {
                throw Problem(0, "no-cancel", "\(result)")
            }
            return reason
        }
        #expect(try reason(.refused(refusal)) == refusal)
        let passed = try reason(.deadlinePassed)
        #expect((passed.status, passed.code, passed.retryAfterSeconds) == (503, "deadline-passed", 1))
        let rejected = try reason(.rejected("422 invalid-field: title is missing"))
        #expect((rejected.status, rejected.code) == (502, "participant-rejected"))
        #expect(rejected.detail.contains("draft"))
        #expect(rejected.detail.contains("title is missing). Nothing was changed."))
        let sentence = try reason(.rejected("401 unauthorized: Ask for a new one."))
        #expect(sentence.detail.hasSuffix("(401 unauthorized: Ask for a new one). Nothing was changed."))
        let unavailable = try reason(.unavailable("connection refused"))
        #expect((unavailable.status, unavailable.code) == (503, "participant-unavailable"))
        #expect(unavailable.retryAfterSeconds == 1)
        #expect(unavailable.detail.contains("connection refused"))
    }

    @Test func aRefusalKeepsItsCodeAndIs404OnlyForWhatIsNotThere() {
        var machine = trying([draft])
        guard
            case .recordDecision(.cancel, let missing?) = machine.tried(draft, .refused(Problem(409, "not-found", "")))
        else {
            Issue.record("a refusal decides")
            return
        }
        #expect((missing.status, missing.code) == (404, "not-found"))
        machine = trying([draft])
        let strange = Problem(200, "revision-conflict", "")
        guard case .recordDecision(.cancel, let conflict?) = machine.tried(draft, .refused(strange))
        else {
            Issue.record("a refusal decides")
            return
        }
        #expect((conflict.status, conflict.code) == (409, "revision-conflict"))
    }

    @Test func aBranchThatAnswersItsTryTwiceCountsOnce() {
        var machine = trying([draft, online])
        #expect(machine.tried(draft, .reserved) == .wait)
        #expect(machine.tried(draft, .reserved) == .wait)
        #expect(machine.tried(draft, .refused(refusal)) == .wait)
        #expect(machine.tried(online, .reserved) == .recordDecision(.confirm, reason: nil))
    }

    @Test func aStrangersTryCountsForNothing() {
        var machine = trying([draft])
        #expect(machine.tried(quota, .deadlinePassed) == .wait)
        #expect(machine.tried(draft, .reserved) == .recordDecision(.confirm, reason: nil))
    }

    @Test(arguments: [Decision.confirm, .cancel])
    func whileTheDecisionIsBeingWrittenNothingLeaves(decision: Decision) {
        var machine = deciding(decision)
        let before = machine
        for branch in [draft, online, quota] {
            for result in results { #expect(machine.tried(branch, result) == .wait) }
        }
        #expect(machine.acknowledged(quota) == .wait)
        #expect(machine == before)
        #expect(machine.decided(decision) == .carryOut(decision, [draft, online]))
    }

    @Test func cancelGoesToEveryBranchWhateverItsTryAnswered() {
        var machine = trying([draft, online, quota])
        _ = machine.tried(draft, .reserved)
        _ = machine.tried(online, .refused(refusal))
        #expect(machine.decided(.cancel) == .carryOut(.cancel, [draft, online, quota]))
    }

    @Test(arguments: [Decision.confirm, .cancel])
    func aDecisionThatWasThereFirstIsCarriedOutInstead(wanted: Decision) {
        let earlier: Decision = wanted == .confirm ? .cancel : .confirm
        var machine = deciding(wanted)
        #expect(machine.decided(earlier) == .carryOut(earlier, [draft, online]))
        #expect(machine.acknowledged(draft) == .wait)
        #expect(machine.acknowledged(online) == .finish(earlier))
    }

    @Test func theLastOfTheBranchesToAcknowledgeFinishesOnce() {
        var machine = deciding(.confirm)
        _ = machine.decided(.confirm)
        #expect(machine.acknowledged(online) == .wait)
        #expect(machine.acknowledged(online) == .wait, "repeated")
        #expect(machine.acknowledged(quota) == .wait, "a stranger")
        #expect(machine.acknowledged(draft) == .finish(.confirm))
        #expect(machine.acknowledged(draft) == .wait, "after the end")
        #expect(machine.tried(draft, .deadlinePassed) == .wait, "after the end")
    }

    @Test func aLateTryResultChangesNothingOnceTheDecisionIsOnDisk() {
        var machine = deciding(.confirm)
        _ = machine.decided(.confirm)
        let before = machine
        #expect(machine.tried(draft, .refused(refusal)) == .wait)
        #expect(machine == before)
    }
}
