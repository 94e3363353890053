import TCC
import TCCCoordinator
import Testing

@Suite("What the next life of a coordinator does", .timeLimit(.minutes(1)))
struct RecoveryTests {
    /// Two lives over one journal, with the same participants and one clock.
    private func withTwoLives(
        failpoints: String? = nil,
        peers: ScriptedPeers,
        first: @Sendable @escaping (CoordinatorUnderTest) async throws -> Void,
        second: @Sendable @escaping (CoordinatorUnderTest) async throws -> Void
    ) async throws {
        try await withJournal { directory in
            let clock = FakeClock()
            try await withLife(in: directory, peers: peers, clock: clock, failpoints: failpoints, first)
            try await withLife(in: directory, peers: peers, clock: clock, second)
        }
    }

    @Test func whatWasTryingIsCancelledEverywhere() async throws {
        let peers = ScriptedPeers()
        peers.script("online", .try, .hangs)
        try await withTwoLives(peers: peers) { life async throws in
            // It ends unanswered with this body.
            async let _ = life.publish(key: .ada("k"))
            await peers.wait(for: .try, "online")
            await peers.wait(for: .try, "draft")
        } second: { life async throws in
            let gid = try #require(peers.calls.first?.gid)
            let record = try await life.wait(for: gid) { $0.state == .cancelled }
            #expect(record.reason?.code == "coordinator-restarted")
            #expect(peers.rows(of: gid) == ["draft": .cancelled, "online": .cancelled])
            #expect(peers.count(.confirm, "draft") == 0)
            await #expect(throws: Problem.self, "its key is free") { try await life.publishInvalid(key: .ada("k")) }
        }
    }

    @Test func whatWasDecidedIsDrivenOnAtOnceForThoseThatHaveNotAcknowledged() async throws {
        let peers = ScriptedPeers()
        peers.script("online", .confirm, .unanswered)
        try await withTwoLives(peers: peers) { life async throws in
            let conclusion = try await life.passing { try await life.publish() }
            #expect(conclusion.isAccepted)
            peers.script("online", .confirm, .works)
        } second: { life async throws in
            let gid = try #require(peers.calls.first?.gid)
            let before = life.clock.now
            let record = try await life.wait(for: gid) { $0.state == .confirmed }
            #expect(life.clock.now == before, "without waiting for anything")
            #expect(peers.rows(of: gid) == ["draft": .confirmed, "online": .confirmed])
            #expect(peers.count(.confirm, "draft") == 1, "it acknowledged in the first life")
            #expect(record.decidedAt.map { $0 <= before } == true)
            #expect(record.timeline.count { $0.event == .decided } == 1)
        }
    }

    @Test func aCancelIsDrivenOnAsWell() async throws {
        let peers = ScriptedPeers()
        peers.script("online", .try, .answers(409, "no"))
        peers.script("draft", .cancel, .hangs, .works)
        try await withTwoLives(peers: peers) { life async throws in
            #expect(try await life.publish().reason?.code == "no")
            await peers.wait(for: .cancel, "draft")
        } second: { life async throws in
            let gid = try #require(peers.calls.first?.gid)
            let record = try await life.wait(for: gid) { $0.state == .cancelled }
            #expect(record.reason?.code == "no", "the reason is the first life's")
            #expect(peers.rows(of: gid) == ["draft": .cancelled, "online": .cancelled])
        }
    }

    @Test func aDecisionThatCouldNotBeWrittenIsUnknownAndThenWritten() async throws {
        try await withCoordinator(failpoints: "coordinator.decide.before=error@1") { life async throws in
            let conclusion = try await life.passing { try await life.publish(key: .ada("k")) }
            #expect(conclusion == .unknown)
            let gid = try #require(life.peers.calls.first?.gid)
            let record = try await life.passing { try await life.wait(for: gid) { $0.state == .confirmed } }
            #expect(record.timeline.count { $0.event == .decided } == 1)
            #expect(life.peers.rows(of: gid) == ["draft": .confirmed, "online": .confirmed])
            let again = try await life.publish(key: .ada("k"))
            #expect(again.isConfirmed)
            #expect(again.gid == gid)
        }
    }

    @Test func aDecisionThatWasNeverWrittenIsCancelInTheNextLife() async throws {
        let peers = ScriptedPeers()
        try await withTwoLives(failpoints: "coordinator.decide.before=error", peers: peers) { life async throws in
            let conclusion = try await life.passing { try await life.publish() }
            #expect(conclusion == .unknown)
        } second: { life async throws in
            let gid = try #require(peers.calls.first?.gid)
            _ = try await life.wait(for: gid) { $0.state == .cancelled }
            #expect(peers.rows(of: gid) == ["draft": .cancelled, "online": .cancelled])
            #expect(peers.count(.confirm, "draft") == 0 && peers.count(.confirm, "online") == 0)
        }
    }

    @Test func anAcknowledgementThatWasNotWrittenIsAskedForAgain() async throws {
        let peers = ScriptedPeers()
        try await withTwoLives(failpoints: "coordinator.acknowledge.before=error", peers: peers) { life async throws in
            let conclusion = try await life.passing { try await life.publish() }
            #expect(conclusion.isAccepted)
            let gid = try #require(conclusion.gid)
            #expect(try await life.journaled(gid)?.state == .confirming)
        } second: { life async throws in
            let gid = try #require(peers.calls.first?.gid)
            _ = try await life.wait(for: gid) { $0.state == .confirmed }
            #expect(peers.rows(of: gid) == ["draft": .confirmed, "online": .confirmed])
        }
    }

    @Test func manyThatWereLeftAreAllEnded() async throws {
        let peers = ScriptedPeers()
        peers.script("online", .confirm, .hangs)
        peers.script("online", .cancel, .hangs)
        try await withJournal { directory in
            let clock = FakeClock()
            var settings = Coordinator.Settings()
            settings.answerTimeout = .milliseconds(1)
            try await withLife(in: directory, peers: peers, clock: clock, settings: settings) { life async throws in
                for number in 0..<60 {
                    if number % 3 == 0 { peers.script("draft", .try, .answers(409, "no"), .works) }
                    _ = try await life.passing { try await life.publish() }
                }
            }
            peers.script("online", .confirm, .works)
            peers.script("online", .cancel, .works)
            try await withLife(in: directory, peers: peers, clock: clock) { life async throws in
                let before = clock.now
                while true {
                    let left = try await life.coordinator.horizon().oldestUnfinished
                    if left == nil { break }
                    await Task.yield()
                }
                #expect(clock.now == before)
                let ended = try await life.coordinator.transactions(state: nil, owner: nil, before: nil, limit: 100)
                #expect(ended.count { $0.state == .confirmed } == 40)
                #expect(ended.count { $0.state == .cancelled } == 20)
                for record in ended {
                    let outcome: BranchOutcome = record.state == .confirmed ? .confirmed : .cancelled
                    #expect(peers.rows(of: record.gid) == ["draft": outcome, "online": outcome])
                }
            }
        }
    }
}
