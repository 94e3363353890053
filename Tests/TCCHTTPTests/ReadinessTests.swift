import Hosting
import TCC
import TCCHTTP
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

    @Test("a process that has not reached what it needs for some seconds is not ready, from its start on")
    func reach() {
        var reach = PeerReach()
        #expect(reach.asked(isReached: false, at: .seconds(7)) == nil)
        #expect(reach.asked(isReached: false, at: .seconds(11)) == nil)
        #expect(reach.asked(isReached: false, at: .seconds(7) + PeerReach.longestSilence) != nil)
        #expect(reach.asked(isReached: true, at: .seconds(3601)) == nil)
        let end = .seconds(3601) + PeerReach.longestSilence
        #expect(reach.asked(isReached: false, at: end - .milliseconds(1)) == nil)
        #expect(reach.asked(isReached: false, at: end) != nil)
        #expect(reach.asked(isReached: true, at: end) == nil)
    }
}
