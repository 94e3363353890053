import Failpoints
import Harness
import TCC
import Testing
import Verification

@Suite("A plan of faults")
struct FaultPlanTests {
    private static let minute = Duration.seconds(60)
    private static let all = Set(FaultKind.allCases)

    @Test("It is a function of the seed, the duration and the kinds")
    func sameSeed() {
        let plan = FaultPlan(seed: 7, duration: Self.minute, kinds: Self.all)
        #expect(plan == FaultPlan(seed: 7, duration: Self.minute, kinds: Self.all))
        #expect(plan != FaultPlan(seed: 8, duration: Self.minute, kinds: Self.all))
    }

    @Test("Everything is taken back in time, and every kind has its turns", arguments: UInt64(1)...50)
    func inTime(_ seed: UInt64) {
        let plan = FaultPlan(seed: seed, duration: Self.minute, kinds: Self.all)
        #expect(plan.end <= Self.minute)
        #expect(plan.faults.count >= 40)
        for kind in FaultKind.allCases { #expect(plan.faults.count { $0.kind == kind } >= 2, "\(kind)") }
        #expect(Set(plan.faults.map(\.number)).count == plan.faults.count)
        for fault in plan.faults {
            #expect(fault.begin <= fault.end)
            #expect(fault.parties.isEmpty != fault.links.isEmpty)
            #expect(fault.parties.isEmpty != fault.kind.isOfProcess)
        }
    }

    @Test("Half a minute has every kind", arguments: UInt64(1)...50)
    func halfAMinute(_ seed: UInt64) {
        let plan = FaultPlan(seed: seed, duration: .seconds(30), kinds: Self.all)
        #expect(Set(plan.faults.map(\.kind)) == Self.all)
    }

    @Test(
        "What comes alone comes alone, and one participant is out of reach in it for long enough",
        arguments: UInt64(1)...50
    )
    func alone(_ seed: UInt64) {
        let plan = FaultPlan(seed: seed, duration: Self.minute, kinds: Self.all)
        let alone = plan.faults.filter(\.isAlone)
        #expect(alone.contains { $0.kind == .kill })
        #expect(plan.faults.allSatisfy { $0.isAlone || $0.kind != .clockDay })
        for fault in alone {
            #expect(plan.faults.allSatisfy { $0 == fault || $0.end < fault.begin || $0.begin > fault.end })
        }
        let apart = alone.filter { ![.kill, .clockDay].contains($0.kind) }
        #expect(apart.count >= 2)
        for fault in apart {
            #expect((fault.end - fault.begin) / .milliseconds(1) >= Recording.shortestApartMilliseconds)
            #expect(!fault.parties.contains(.orchestrator) && !fault.links.contains { $0.from == nil })
            let touched = Party.participants.filter { party in
                fault.parties.contains(party) || fault.links.contains { $0.touches(party) }
            }
            #expect(touched.count == 1)
        }
    }

    @Test("Each way of being out of reach is alone, sooner or later")
    func everyWayAlone() {
        var kinds: Set<FaultKind> = []
        for seed in UInt64(1)...10 {
            let plan = FaultPlan(seed: seed, duration: Self.minute, kinds: Self.all)
            kinds.formUnion(plan.faults.filter(\.isAlone).map(\.kind))
        }
        #expect(kinds == [.kill, .clockDay, .partition, .stall, .trickle, .dns, .pause, .descriptors, .stderr])
    }

    @Test("What is done to one process does not overlap", arguments: UInt64(1)...50)
    func oneAtATime(_ seed: UInt64) {
        let plan = FaultPlan(seed: seed, duration: Self.minute, kinds: Self.all)
        for party in Party.allCases {
            let own = plan.faults.filter { $0.parties.contains(party) }
            for (first, second) in zip(own, own.dropFirst()) { #expect(first.end < second.begin, "\(first) \(second)") }
        }
    }

    @Test("Only what was asked for")
    func onlyThese() {
        let plan = FaultPlan(seed: 3, duration: Self.minute, kinds: [.pause, .clock])
        #expect(Set(plan.faults.map(\.kind)) == [.pause, .clock])
        #expect(Set(plan.faults.filter { $0.kind == .clock }.flatMap(\.parties)) == Set(Party.allCases))
        #expect(FaultPlan(seed: 3, duration: Self.minute, kinds: []).faults.isEmpty)
    }

    @Test("A process dies only at failpoints that it comes by")
    func ownFailpoints() throws {
        for seed in UInt64(1)...20 {
            for fault in FaultPlan(seed: seed, duration: Self.minute, kinds: [.failpoint]).faults {
                let failpoint = try #require(fault.failpoint)
                let party = try #require(fault.parties.first)
                #expect(failpoint.isIn(party))
                #expect(fault.failpoints == "\(failpoint.rawValue)=crash@\(fault.visit)")
            }
        }
    }
}

@Suite("What clients ask for")
struct WorkloadTests {
    @Test("It is a function of the seed and of what they learn, and no two texts share a title")
    func sameSeed() {
        var generator = SplitMix64(seed: 1)
        var (one, same) = (Workload(client: 1, seed: 5), Workload(client: 1, seed: 5))
        let posts = [Workload.Post(id: UUIDv7(at: Timestamp(milliseconds: 1), using: &generator), author: "ann")]
        let steps = (0..<200).map { _ in one.next(posts) }
        #expect(steps == (0..<200).map { _ in same.next(posts) })
        #expect(Set(steps.map { "\($0)" }).count > 100)
    }
}
