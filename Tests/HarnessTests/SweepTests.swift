import Failpoints
import Harness
import Testing
import Verification

@Suite("The plan of a sweep")
struct SweepPlanTests {
    @Test("A crash at every failpoint of every process")
    func everyFailpoint() {
        for party in Party.allCases {
            let planned = Set(SweepPlan.singles.filter { $0.first.party == party }.map(\.first.failpoint))
            #expect(planned == Set(SweepPlan.required(of: party)), "\(party)")
        }
        #expect(Set(Party.allCases.flatMap(SweepPlan.required)) == Set(Failpoint.allCases))
    }

    @Test("Each case has a name of its own")
    func names() {
        let names = (SweepPlan.singles + SweepPlan.pairs).map(\.description)
        #expect(Set(names).count == names.count)
    }

    @Test("What nobody died at is missing, until somebody did")
    func coverage() {
        #expect(SweepCoverage([]).missing.contains("online-service/participant.ask.after"))
        let hits = SweepPlan.singles.map { Sweep.Result(sweepCase: $0, isHit: true) }
        #expect(SweepCoverage(hits).missing.isEmpty)
        #expect(SweepCoverage(hits).crashes == hits.count)
    }
}

@Suite("What a sweep comes to")
struct SweepJudgementTests {
    private static let single = SweepPlan.singles[0]
    private static let pair = SweepPlan.pairs[0]

    private static func result(_ sweepCase: SweepCase, isSecondHit: Bool? = nil) -> Sweep.Result {
        var result = Sweep.Result(sweepCase: sweepCase, isHit: true)
        result.isSecondHit = isSecondHit
        return result
    }

    @Test("It is valid if every crash has happened")
    func valid() {
        let results = [Self.result(Self.single), Self.result(Self.pair, isSecondHit: true)]
        let judgement = SweepJudgement(results, of: [Self.single, Self.pair])
        #expect(judgement.verdict == .valid)
        #expect(judgement.reasons == [])
    }

    @Test("A crash that did not happen proves nothing, though another case was at the same failpoint")
    func notHit() {
        var results = SweepPlan.singles.map { Self.result($0) }
        let other = SweepPlan.singles.firstIndex {
            $0 != Self.single && $0.first.failpoint == Self.single.first.failpoint
        }
        #expect(other != nil)
        results[0].isHit = false
        let judgement = SweepJudgement(results, of: SweepPlan.singles)
        #expect(judgement.verdict == .unknown)
        #expect(judgement.reasons == ["not hit: \(Self.single)"])
    }

    @Test("A second crash that did not happen proves nothing", arguments: [false, nil])
    func notHitTwice(_ isSecondHit: Bool?) {
        let judgement = SweepJudgement([Self.result(Self.pair, isSecondHit: isSecondHit)], of: [Self.pair])
        #expect(judgement.verdict == .unknown)
        #expect(judgement.reasons == ["not hit twice: \(Self.pair)"])
    }

    @Test("Neither does a case that was not tried or did not end")
    func notTried() {
        let failed = Sweep.Result(sweepCase: Self.single, isHit: true, failure: "it took too long")
        let judgement = SweepJudgement([failed], of: [Self.single, Self.pair])
        #expect(judgement.verdict == .unknown)
        #expect(judgement.reasons == ["not tried: \(Self.pair)", "not ended: \(Self.single): it took too long"])
        #expect(SweepJudgement([], of: []).verdict == .unknown)
    }

    @Test("What is wrong is wrong, whatever else did not happen")
    func invalid() {
        var result = Self.result(Self.pair, isSecondHit: false)
        result.violations = [Violation(5, "they differ")]
        #expect(SweepJudgement([result], of: [Self.pair]).verdict == .invalid)
    }

    @Test("The table has what was to be died at, and nothing else")
    func table() {
        let table = SweepCoverage([Self.result(Self.single)]).table.split(separator: "\n")
        #expect(table.count == 2)
        #expect(table[0].split(separator: " ") == ["deaths", "at", "\(Self.single.first.party.rawValue)"])
        #expect(table[1].split(separator: " ") == ["\(Self.single.first.failpoint.rawValue)", "1"])
    }
}
