import Failpoints
import Testing

@Suite("Failpoints")
struct FailpointsTests {
    @Test(arguments: [nil, "", ";", ";;"])
    func withoutASpecificationNothingHappensAnywhere(specification: String?) async throws {
        let failpoints = try Failpoints(specification)
        for point in Failpoint.allCases {
            try await failpoints.pass(point)
            try failpoints.passBlocking(point)
        }
    }

    @Test func anErrorIsMetAtItsPlaceEveryTimeAndNowhereElse() async throws {
        let failpoints = try Failpoints("coordinator.decide.before=error")
        for _ in 0..<3 {
            let error = await #expect(throws: FailpointError.self) {
                try await failpoints.pass(.coordinatorDecideBefore)
            }
            #expect(error?.point == .coordinatorDecideBefore)
        }
        for point in Failpoint.allCases where point != .coordinatorDecideBefore { try await failpoints.pass(point) }
    }

    @Test func aNumberMeansThatVisitOnlyAndCopiesCountTogether() throws {
        let failpoints = try Failpoints("storage.commit.before=error@2")
        let copy = failpoints
        try failpoints.passBlocking(.storageCommitBefore)
        #expect(throws: FailpointError.self) { try copy.passBlocking(.storageCommitBefore) }
        try failpoints.passBlocking(.storageCommitBefore)
    }

    @Test func severalPlacesAndSeveralVisitsAreAskedForAtOnce() throws {
        let failpoints = try Failpoints(
            " participant.ask.before = error@1 ;participant.ask.before=error@3; draft.save.after=pause(0);"
        )
        #expect(throws: FailpointError.self) { try failpoints.passBlocking(.participantAskBefore) }
        try failpoints.passBlocking(.participantAskBefore)
        #expect(throws: FailpointError.self) { try failpoints.passBlocking(.participantAskBefore) }
        try failpoints.passBlocking(.draftSaveAfter)
    }

    @Test func aPauseCanBeCancelled() async throws {
        let failpoints = try Failpoints("coordinator.try.before=pause(600000)")
        let waiting = Task { try await failpoints.pass(.coordinatorTryBefore) }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }

    @Test(arguments: [
        ("nonsense", "nonsense"), ("nonsense=error", "nonsense=error"),
        ("storage.commit.before", "storage.commit.before"),
        ("storage.commit.before=", "storage.commit.before="), ("storage.commit.before= ", "storage.commit.before= "),
        ("storage.commit.before=@", "storage.commit.before=@"),
        ("storage.commit.before=@1", "storage.commit.before=@1"),
        ("storage.commit.before=explode", "storage.commit.before=explode"),
        ("storage.commit.before=error@", "storage.commit.before=error@"),
        ("storage.commit.before=error@0", "storage.commit.before=error@0"),
        ("storage.commit.before=error@-1", "storage.commit.before=error@-1"),
        ("storage.commit.before=error@x", "storage.commit.before=error@x"),
        ("storage.commit.before=pause", "storage.commit.before=pause"),
        ("storage.commit.before=pause()", "storage.commit.before=pause()"),
        ("storage.commit.before=pause(-1)", "storage.commit.before=pause(-1)"),
        ("storage.commit.before=pause(600001)", "storage.commit.before=pause(600001)"),
        ("storage.commit.before=error;draft.save.before=boom", "draft.save.before=boom"), ("=error", "=error"),
    ])
    func whatCannotBeReadIsNamed(specification: String, part: String) {
        let error = #expect(throws: FailpointSyntaxError.self) { try Failpoints(specification) }
        #expect(error?.part == part)
        #expect(error?.description.hasPrefix("TCC_FAILPOINTS: '\(part)': ") == true)
    }

    @Test func namesAreUniqueAndComeInPairsOfBeforeAndAfter() {
        let names = Failpoint.allCases.map(\.rawValue)
        #expect(Set(names).count == names.count)
        for point in Failpoint.allCases where point != .coordinatorAnswerBefore {
            let name = point.rawValue
            let other = name.hasSuffix(".before") ? name.dropLast(6) + "after" : name.dropLast(5) + "before"
            #expect(Failpoint(rawValue: String(other)) != nil, "\(name) stands alone")
        }
    }
}
