import TCC
import TCCHTTP
import TCCParticipant
import Testing

@Suite("Whether a process is ready")
struct ReadinessTests {
    @Test("the reasons are told by name, and what is news is said to be")
    func reasons() {
        let readiness = Readiness()
        #expect(readiness.problem == nil)
        #expect(readiness.report("journal", "cannot be written") && !readiness.report("journal", "cannot be written"))
        #expect(readiness.report("coordinator", "has not answered"))
        #expect(readiness.problem?.status == 503 && readiness.problem?.code == "not-ready")
        #expect(readiness.problem?.detail == "The coordinator has not answered. The journal cannot be written.")
        #expect(
            readiness.problem?.extensions["reasons"]
                == .object(["coordinator": .string("has not answered"), "journal": .string("cannot be written")])
        )
        #expect(readiness.report("journal", nil) && readiness.report("coordinator", nil))
        #expect(readiness.problem == nil && !readiness.report("journal", nil))
    }

    @Test("a participant that has never reached its coordinator is ready, and one that has lost it for long is not")
    func reach() {
        var reach = CoordinatorReach()
        #expect(reach.asked(isReached: false, at: .zero) == nil)
        #expect(reach.asked(isReached: false, at: .seconds(3600)) == nil)
        #expect(reach.asked(isReached: true, at: .seconds(3601)) == nil)
        let end = .seconds(3601) + CoordinatorReach.longestSilence
        #expect(reach.asked(isReached: false, at: end - .milliseconds(1)) == nil)
        #expect(reach.asked(isReached: false, at: end) != nil)
        #expect(reach.asked(isReached: true, at: end) == nil)
    }
}
