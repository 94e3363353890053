import TCC
import TCCCoordinator
import Testing

@Suite("Calls that wait for the same participant at the same moment", .timeLimit(.minutes(1)))
struct BatchingTests {
    private func withPeers(
        _ peers: ScriptedPeers = ScriptedPeers(takesBatches: true),
        _ body: @Sendable @escaping (CoordinatorUnderTest) async throws -> Void
    ) async throws {
        try await withJournal { directory in try await withLife(in: directory, peers: peers, body) }
    }

    /// No time passes: whoever's decision is written is told, and nobody else waits with the one whose is not.
    @Test(arguments: ["coordinator.decide.before=error@2", "coordinator.decide.after=error@2"])
    func decisionsThatCannotBeWrittenFailAloneAndAreWrittenLater(failpoint: String) async throws {
        try await withJournal { directory in
            let peers = ScriptedPeers(takesBatches: true)
            try await withLife(in: directory, peers: peers, failpoints: failpoint) { life in
                let conclusions = try await publishMany(40, life)
                #expect(conclusions.count(where: \.isConfirmed) == 39)
                #expect(conclusions.count { $0 == .unknown } == 1)
                let gids = Set(peers.calls.map(\.gid))
                #expect(gids.count == 40)
                try await life.passing { () async throws in
                    for gid in gids { _ = try await life.wait(for: gid) { $0.state == .confirmed } }
                }
            }
        }
    }

    private func publishMany(_ count: Int, _ life: CoordinatorUnderTest) async throws -> [Conclusion] {
        try await withThrowingTaskGroup(of: Conclusion.self) { group in
            for _ in 0..<count { group.addTask { try await life.publish() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test func goTogetherAndEachHasItsOwnAnswer() async throws {
        try await withPeers { life async throws in
            let conclusions = try await publishMany(60, life)
            #expect(conclusions.count(where: \.isConfirmed) == 60)
            for conclusion in conclusions {
                let gid = try #require(conclusion.gid)
                #expect(life.peers.rows(of: gid) == ["draft": .confirmed, "online": .confirmed])
                #expect(try await life.coordinator.transaction(gid)?.state == .confirmed)
            }
            #expect(life.peers.calls.count == 240, "no call twice")
            #expect(life.peers.batches.contains { $0 > 1 })
        }
    }

    @Test func failAlone() async throws {
        try await withPeers { life async throws in
            life.peers.script("online", .try, .answers(409, "not-published"), .works)
            life.peers.script("draft", .confirm, .answers(500), .works)
            let conclusions = try await life.passing { try await publishMany(20, life) }
            #expect(conclusions.count(where: \.isConfirmed) == 19)
            #expect(conclusions.compactMap(\.reason).map(\.code) == ["not-published"])
        }
    }

    @Test("results that are not as many as the calls say nothing of any of them", arguments: [-1, 1])
    func misfits(surplus: Int) async throws {
        try await withPeers { life async throws in
            life.peers.answerWithMisfits(surplus, surplus, surplus)
            let conclusions = try await life.passing { try await publishMany(20, life) }
            #expect(conclusions.count(where: \.isConfirmed) == 20)
            #expect(life.peers.calls.count > 80, "what is unknown is asked again")
        }
    }

    @Test func goOneByOneToAParticipantWithoutAnEndpointForIt() async throws {
        try await withPeers(ScriptedPeers(takesBatches: false)) { life async throws in
            let conclusions = try await publishMany(60, life)
            #expect(conclusions.count(where: \.isConfirmed) == 60)
            #expect(life.peers.batches.isEmpty)
            #expect(life.peers.calls.count == 240)
        }
    }

    @Test func showTheTriesThatHaveEndedWhileOthersAreUnderWay() async throws {
        try await withPeers { life async throws in
            life.peers.script("online", .try, .hangs)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await life.publish() }
                await life.peers.wait(for: .try, "draft")
                await life.peers.wait(for: .try, "online")
                let gid = try #require(life.peers.calls.first?.gid)
                var record = try #require(try await life.coordinator.transaction(gid))
                while record.branches.first?.state != .reserved {
                    await Task.yield()
                    record = try #require(try await life.coordinator.transaction(gid))
                }
                #expect(record.state == .trying)
                #expect(record.timeline.map(\.event) == [.begun, .tried])
                #expect(try await life.journaled(gid)?.timeline.map(\.event) == [.begun], "the disk knows no tries")
                group.cancelAll()
            }
        }
    }
}
