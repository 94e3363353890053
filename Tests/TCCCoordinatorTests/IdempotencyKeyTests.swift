import TCC
import TCCCoordinator
import Testing

@Suite("Idempotency keys", .timeLimit(.minutes(1)))
struct IdempotencyKeyTests {
    @Test func concurrentRequestsWithOneKeyAreOneTransaction() async throws {
        try await withCoordinator { life in
            life.peers.script("online", .try, .answers(425), .answers(425), .works)
            let conclusions = try await life.passing {
                try await withThrowingTaskGroup(of: Conclusion.self) { group in
                    for _ in 0..<8 { group.addTask { try await life.publish(key: .ada("k")) } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
            }
            #expect(conclusions.count == 8)
            #expect(conclusions.allSatisfy { $0.isConfirmed })
            #expect(Set(conclusions.map(\.gid)).count == 1)
            #expect(life.peers.count(.try, "draft") == 1)
            #expect(life.peers.count(.confirm, "online") == 1)
        }
    }

    @Test func aRequestThatComesWhileItsTransactionIsTryingWaitsWithIt() async throws {
        try await withCoordinator { life in
            life.peers.script("online", .try, .answers(425), .works)
            let first = Task { try await life.publish(key: .ada("k")) }
            await life.peers.wait(for: .try, "online")
            let callers = [
                first, Task { try await life.publishInvalid(key: .ada("k")) },
                Task { try await life.publish(key: .ada("k")) },
            ]
            let conclusions = try await life.passing {
                var conclusions: [Conclusion] = []
                for caller in callers { conclusions.append(try await caller.value) }
                return conclusions
            }
            #expect(Set(conclusions.map(\.gid)).count == 1)
            #expect(conclusions.allSatisfy { $0.isConfirmed })
        }
    }

    @Test func afterTheCommitTheKeyGivesTheSameTransactionWithoutACall() async throws {
        try await withCoordinator { life in
            let first = try await life.publish(key: .ada("k"))
            let calls = life.peers.calls
            let second = try await life.publish(key: .ada("k"))
            #expect(second.gid == first.gid)
            #expect(second.isConfirmed)
            #expect(try await life.publishInvalid(key: .ada("k")).gid == first.gid, "the key is looked up first")
            #expect(life.peers.calls == calls)
        }
    }

    @Test func aTransactionThatIsStillConfirmingIsAcceptedAgain() async throws {
        try await withCoordinator { life in
            life.peers.script("online", .confirm, .unanswered)
            let first = try await life.passing { try await life.publish(key: .ada("k")) }
            let second = try await life.passing { try await life.publish(key: .ada("k")) }
            #expect(first.isAccepted && second.isAccepted)
            #expect(second.gid == first.gid)
        }
    }

    @Test func aKeyIsBoundToItsRequestWhateverTheState() async throws {
        try await withCoordinator { life in
            _ = try await life.publish(key: .ada("k"))
            let other = Journal.Key.ada("k", request: "another body")
            for _ in 0..<2 {
                let problem = await #expect(throws: Problem.self) { try await life.publish(key: other) }
                #expect(problem?.status == 422)
                #expect(problem?.code == "idempotency-key-reused")
                let first = await #expect(throws: Problem.self) { try await life.publishInvalid(key: other) }
                #expect(first?.code == "idempotency-key-reused")
            }
            #expect(life.peers.count(.try, "draft") == 1)
        }
    }

    @Test func fromTheCancelOnTheKeyIsFreeThoughCancelsAreOutstanding() async throws {
        try await withCoordinator { life in
            life.peers.script("online", .try, .answers(409, "no"), .works)
            life.peers.script("online", .cancel, .hangs)
            let first = try await life.publish(key: .ada("k"))
            #expect(first.reason?.code == "no")
            let refusal = await #expect(throws: Problem.self) { try await life.publishInvalid(key: .ada("k")) }
            #expect(refusal?.extensions["field"] == .string("title"))
            let second = try await life.publish(key: .ada("k"))
            #expect(second.isConfirmed)
            #expect(second.gid != first.gid)
            let firstGid = try #require(first.gid)
            #expect(try await life.journaled(firstGid)?.state == .cancelling)
        }
    }

    @Test func anAcceptedTransactionsKeySurvivesTheCoordinator() async throws {
        try await withJournal { directory in
            let peers = ScriptedPeers()
            let clock = FakeClock()
            peers.script("online", .confirm, .unanswered)
            try await withLife(in: directory, peers: peers, clock: clock) { life in
                let conclusion = try await life.passing { try await life.publish(key: .ada("k")) }
                #expect(conclusion.isAccepted)
            }
            peers.script("online", .confirm, .works)
            try await withLife(in: directory, peers: peers, clock: clock) { life in
                let gid = try #require(peers.calls.first?.gid)
                _ = try await life.wait(for: gid) { $0.state == .confirmed }
                let again = try await life.publish(key: .ada("k"))
                #expect(again.isConfirmed)
                #expect(again.gid == gid)
                #expect(peers.count(.try, "draft") == 1)
            }
        }
    }
}
