import Foundation
import TCC
import TCCCoordinator
import Testing

@Suite("A coordinator", .timeLimit(.minutes(1)))
struct CoordinatorTests {
    // MARK: Commit

    @Test func whatAllReserveIsConfirmedEverywhere() async throws {
        try await withCoordinator { life async throws in
            let conclusion = try await life.publish()
            let record = try #require(conclusion.record)
            #expect(conclusion.isConfirmed)
            #expect(record.state == .confirmed)
            #expect(life.peers.rows(of: record.gid) == ["draft": .confirmed, "online": .confirmed])
            #expect(life.peers.calls.map(\.operation) == [.try, .try, .confirm, .confirm])
            #expect(record.branches.map(\.state) == [.confirmed, .confirmed])
            #expect(record.branches.map(\.attempts) == [2, 2])
            #expect(
                record.timeline.map(\.event) == [
                    .begun, .tried, .tried, .decided, .acknowledged, .acknowledged, .finished,
                ]
            )
            let journaled = try await life.wait(for: record.gid) { $0.state == .confirmed }
            #expect(journaled.branches == record.branches)
            #expect(journaled.timeline.map(\.event) == record.timeline.map(\.event))
        }
    }

    @Test func aTryHasItsPayloadAndTheDeadlineOfTimeoutAndMargin() async throws {
        try await withCoordinator { life async throws in
            let request = CoordinatorUnderTest.request("draft", tryTimeout: .seconds(60))
            _ = try await life.run(request)
            let attempt = try #require(life.peers.calls.first)
            #expect(attempt.deadline == FakeClock.start + .seconds(90))
            #expect(attempt.payload == .object(["for": .string("draft")]))
            let confirm = try #require(life.peers.calls.last)
            #expect(confirm.deadline == nil && confirm.payload == nil)
        }
    }

    @Test func labelsThatEveryTransactionShowsAreNullWhereItHasThemNot() async throws {
        var settings = Coordinator.Settings()
        settings.labelNames = ["postID", "revision"]
        try await withCoordinator(settings: settings) { life async throws in
            let request = CoordinatorUnderTest.request("draft", labels: ["postID": .string("7"), "more": .bool(true)])
            let record = try #require(try await life.run(request).record)
            let labels: [String: JSONValue] = ["postID": .string("7"), "revision": .null, "more": .bool(true)]
            #expect(record.labels == labels)
            #expect(try await life.coordinator.transaction(record.gid)?.labels == labels)
        }
    }

    @Test func whoLooksAfterTheAnswerSeesWhatWasAnswered() async throws {
        try await withCoordinator { life async throws in
            for _ in 0..<50 {
                let gid = try #require(try await life.publish().gid)
                #expect(try await life.coordinator.transaction(gid)?.state == .confirmed)
                let listed = try await life.coordinator.transactions(state: nil, owner: nil, before: nil, limit: 1)
                #expect(listed.first?.state == .confirmed)
            }
        }
    }

    @Test func beforeTheBeginRecordIsOnDiskNobodyIsCalled() async throws {
        try await withCoordinator(failpoints: "storage.commit.before=error@2") { life async throws in
            // The first commit is the recovery's, the second the begin record's.
            let problem = await #expect(throws: Problem.self) { try await life.publish() }
            #expect(problem?.code == "storage-full")
            #expect(life.peers.calls.isEmpty)
            #expect(try await life.coordinator.transactions(state: nil, owner: nil, before: nil, limit: 9).isEmpty)
        }
    }

    // MARK: Cancel

    @Test func aRefusalCancelsEveryBranchWhateverItsTryAnswered() async throws {
        try await withCoordinator { life async throws in
            life.peers.script("online", .try, .answers(409, "publish-in-progress", retryAfterSeconds: 1))
            let conclusion = try await life.publish()
            let gid = try #require(conclusion.gid)
            let reason = try #require(conclusion.reason)
            #expect((reason.status, reason.code) == (409, "publish-in-progress"))
            #expect(reason.retryAfterSeconds == 1)
            #expect(reason.extensions["gid"] == .string(gid.description))
            let record = try await life.wait(for: gid) { $0.state == .cancelled }
            #expect(life.peers.rows(of: gid) == ["draft": .cancelled, "online": .cancelled])
            #expect(life.peers.count(.cancel, "draft") == 1 && life.peers.count(.cancel, "online") == 1)
            #expect(life.peers.count(.confirm, "draft") == 0 && life.peers.count(.confirm, "online") == 0)
            #expect(record.branches.map(\.state) == [.cancelled, .cancelled])
            #expect(record.reason?.code == "publish-in-progress")
        }
    }

    @Test func theCancelIsOnDiskBeforeTheAnswer() async throws {
        try await withCoordinator { life async throws in
            life.peers.script("online", .try, .answers(409, "no"))
            life.peers.script("online", .cancel, .hangs)
            let gid = try #require(try await life.publish().gid)
            #expect(try await life.journaled(gid)?.state.decision == .cancel)
        }
    }

    /// The lanes may be done with the cancels before whoever decided goes on.
    @Test func howeverSoonACancelIsAcknowledgedItsCallerIsToldOfARefusal() async throws {
        try await withCoordinator { life async throws in
            life.peers.script("online", .try, .answers(409, "no"))
            try await withThrowingTaskGroup { group in
                for _ in 0..<4 {
                    group.addTask {
                        for _ in 0..<250 {
                            let conclusion = try await life.publish()
                            #expect(conclusion.reason?.code == "no")
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func aTryThatHangsDoesNotDelayTheCancel() async throws {
        try await withCoordinator { life async throws in
            life.peers.script("draft", .try, .hangs)
            life.peers.script("online", .try, .answers(409, "no"))
            let gid = try #require(try await life.publish().gid)
            await life.peers.wait(for: .cancel, "draft")
            #expect(life.peers.rows(of: gid)["draft"] == .cancelled)
        }
    }

    @Test(arguments: [400, 401, 403, 404, 405, 413, 422])
    func aTryThatIsNotTakenIs502AtOnce(status: Int) async throws {
        try await withCoordinator { life async throws in
            life.peers.script("online", .try, .answers(status, "some-code"))
            let conclusion = try await life.publish()
            #expect(conclusion.reason?.status == 502)
            #expect(conclusion.reason?.code == "participant-rejected")
            #expect(life.peers.count(.try, "online") == 1)
            await life.peers.wait(for: .cancel, "online")
        }
    }

    @Test func aTryThatCameTooLateIs503() async throws {
        try await withCoordinator { life async throws in
            life.peers.script("online", .try, .answers(410, "too-late"))
            let reason = try #require(try await life.publish().reason)
            #expect((reason.status, reason.code, reason.retryAfterSeconds) == (503, "deadline-passed", 1))
        }
    }

    @Test(arguments: [
        ScriptedPeers.Turn.unanswered, .answers(500), .answers(503), .answers(409), .hangs,
        .answers(.answered(BranchAnswer(status: 200, outcome: .confirmed))),
    ])
    func aTryWithoutAUsableAnswerUntilTheTimeoutIs503(turn: ScriptedPeers.Turn) async throws {
        try await withCoordinator { life async throws in
            life.peers.script("online", .try, turn)
            let conclusion = try await life.passing { try await life.publish() }
            let reason = try #require(conclusion.reason)
            #expect((reason.status, reason.code, reason.retryAfterSeconds) == (503, "participant-unavailable", 1))
            #expect(life.clock.now >= FakeClock.start + .seconds(3))
            #expect(turn == .hangs || life.peers.count(.try, "online") > 3)
            #expect(life.peers.count(.confirm, "draft") == 0)
            await life.peers.wait(for: .cancel, "draft")
        }
    }

    // MARK: Unknown answers

    @Test func anUnknownAnswerToATryIsNeverReadAsAFailure() async throws {
        try await withCoordinator { life async throws in
            life.peers.script("draft", .try, .answerLost, .answers(500), .works)
            life.peers.script("online", .try, .unanswered, .answers(503), .answers(404 - 2), .works)
            let conclusion = try await life.passing { try await life.publish() }
            #expect(conclusion.isConfirmed)
            #expect(life.peers.count(.try, "draft") == 3)
            #expect(life.peers.count(.try, "online") == 4)
            #expect(conclusion.record?.branches.map(\.attempts) == [4, 5])
        }
    }

    @Test(arguments: [
        ScriptedPeers.Turn.answerLost, .unanswered, .answers(500), .answers(410, "gone"), .answers(404, "not-found"),
        .answers(409), .answers(.answered(BranchAnswer(status: 200, outcome: .reserved))),
    ])
    func anUnknownAnswerToAConfirmIsAskedAgain(turn: ScriptedPeers.Turn) async throws {
        try await withCoordinator { life async throws in
            life.peers.script("online", .confirm, turn, turn, turn, .works)
            let gid = try await life.passing {
                let gid = try #require(try await life.publish().gid)
                _ = try await life.wait(for: gid) { $0.state == .confirmed }
                return gid
            }
            #expect(life.peers.count(.confirm, "online") == 4)
            #expect(life.peers.count(.confirm, "draft") == 1)
            #expect(life.peers.rows(of: gid) == ["draft": .confirmed, "online": .confirmed])
        }
    }

    @Test func whoeverIsStillWorkingIsAskedAgainAfter50Milliseconds() async throws {
        try await withCoordinator { life async throws in
            life.peers.script("online", .try, .answers(425), .answers(425), .works)
            life.peers.script("draft", .confirm, .answers(425), .works)
            let conclusion = try await life.passing { try await life.publish() }
            #expect(conclusion.isConfirmed)
            #expect(life.clock.now >= FakeClock.start + .milliseconds(150))
            #expect(life.peers.count(.try, "online") == 3 && life.peers.count(.confirm, "draft") == 2)
        }
    }

    // MARK: After the decision

    @Test func aConfirmThatNobodyAcknowledgesInTimeIsAcceptedAndGoesOn() async throws {
        try await withCoordinator { life async throws in
            life.peers.script("online", .confirm, .unanswered)
            let conclusion = try await life.passing { try await life.publish() }
            #expect(conclusion.isAccepted)
            #expect(life.clock.now >= FakeClock.start + .seconds(2))
            let gid = try #require(conclusion.gid)
            #expect(try await life.journaled(gid)?.state == .confirming)
            life.peers.script("online", .confirm, .works)
            _ = try await life.passing { try await life.wait(for: gid) { $0.state == .confirmed } }
            #expect(life.peers.rows(of: gid) == ["draft": .confirmed, "online": .confirmed])
        }
    }

    @Test func aParticipantThatDidTheOppositeIsStuckAndAskedForEver() async throws {
        try await withCoordinator { life async throws in
            life.peers.script("online", .confirm, .answers(409, "already-cancelled"))
            let conclusion = try await life.passing { try await life.publish() }
            #expect(conclusion.isAccepted)
            let gid = try #require(conclusion.gid)
            try await life.passing { await life.peers.wait(for: .confirm, "online", times: 10) }
            let stuck = try await life.wait(for: gid) { $0.isStuck }
            #expect(stuck.state == .confirming, "the decision stays")
            #expect(stuck.timeline.count { $0.event == .stuck } == 1)
            #expect(stuck.branches[1].lastError == "409 already-cancelled: Scripted.")
            let told = try #require(conclusion.record)
            #expect(told.isStuck && told.branches[1].attempts > 1, "told as it stands after the wait")
            #expect(told.branches[1].lastError == "409 already-cancelled: Scripted.")
            #expect(life.peers.count(.cancel, "online") == 0)
            life.peers.script("online", .confirm, .works)
            let end = try await life.passing { try await life.wait(for: gid) { $0.state == .confirmed } }
            #expect(!end.isStuck)
            #expect(end.branches.allSatisfy { $0.lastError == nil }, "what is over is no error")
        }
    }

    @Test func anOperatorsRetryGoesWithoutWaitingForTheBackoff() async throws {
        try await withCoordinator { life async throws in
            life.peers.script("online", .confirm, .unanswered)
            let gid = try #require(try await life.passing { try await life.publish() }.gid)
            _ = try await life.wait(for: gid) { $0.branches[0].state == .confirmed }
            life.peers.script("online", .confirm, .works)
            let record = try #require(try await life.coordinator.retry(gid))
            #expect(record.state == .confirming)
            let end = try await life.wait(for: gid) { $0.state == .confirmed }
            #expect(try await life.coordinator.retry(gid)?.state == .confirmed)
            #expect(end.branches[1].state == .confirmed)
            #expect(try await life.coordinator.retry(life.clock.world.makeIdentifier()) == nil)
        }
    }

    @Test func aDeadParticipantHoldsUpNeitherAnothersBranchNorAnothersTransaction() async throws {
        try await withCoordinator { life async throws in
            life.peers.script("quota", .confirm, .unanswered)
            let conclusion = try await life.passing {
                try await life.run(CoordinatorUnderTest.request("draft", "quota"))
            }
            #expect(conclusion.isAccepted)
            let record = try #require(conclusion.record)
            #expect(record.branches.map(\.state) == [.confirmed, .reserved])
            // From now on no time passes, so no retry and no timeout comes: whatever ends, ends by itself.
            life.peers.script("quota", .try, .hangs)
            let before = life.clock.now
            let waiting = Task { try await life.run(CoordinatorUnderTest.request("draft", "quota")) }
            await life.peers.wait(for: .try, "draft", times: 2)
            for _ in 0..<20 { #expect(try await life.publish().isConfirmed) }
            #expect(life.clock.now == before)
            waiting.cancel()
        }
    }

    // MARK: Asking

    @Test func untilTheDecisionIsOnDiskNothingShowsIt() async throws {
        try await withCoordinator(failpoints: "coordinator.decide.before=error") { life async throws in
            #expect(try await life.passing { try await life.publish() } == .unknown)
            let gid = try #require(life.peers.calls.first?.gid)
            try await life.passing { () async throws in
                for _ in 0..<5 {
                    #expect(try await life.coordinator.outcome(of: gid) == .pending)
                    let record = try await life.coordinator.transaction(gid)
                    #expect(record?.state == .trying)
                    #expect(record?.timeline.map(\.event) == [.begun, .tried, .tried])
                    #expect(record?.reason == nil && record?.decidedAt == nil)
                }
            }
            let listed = try await life.coordinator.transactions(state: .trying, owner: nil, before: nil, limit: 9)
            #expect(listed.map(\.gid) == [gid])
            #expect(!life.peers.calls.contains { $0.operation != .try })
            #expect(try await life.coordinator.horizon().oldestUnfinished == FakeClock.start)
        }
    }

    @Test func onceTheDecisionIsOnDiskAfterAllWhoeverHasTheKeyIsTold() async throws {
        try await withCoordinator(failpoints: "coordinator.decide.before=error@1") { life async throws in
            let key = Journal.Key.ada("k")
            #expect(try await life.passing { try await life.publish(key: key) } == .unknown)
            let gid = try #require(life.peers.calls.first?.gid)
            try await life.passing { () async throws in _ = try await life.wait(for: gid) { $0.state == .confirmed } }
            let conclusion = try await life.publish(key: key)
            #expect(conclusion.isConfirmed)
            #expect(conclusion.gid == gid)
        }
    }

    @Test func whoAsksForAnUnknownTransactionMakesItCancelled() async throws {
        try await withCoordinator { life async throws in
            let gid = life.clock.world.makeIdentifier()
            #expect(try await life.coordinator.outcome(of: gid) == .cancel)
            #expect(try await life.journaled(gid)?.state == .cancelled)
            #expect(try await life.coordinator.horizon().oldestUnfinished == nil)
        }
    }

    @Test func whoAsksIsToldTheDecision() async throws {
        try await withCoordinator { life async throws in
            let committed = try #require(try await life.publish().gid)
            #expect(try await life.coordinator.outcome(of: committed) == .confirm)
            life.peers.script("draft", .try, .answers(409, "no"))
            let cancelled = try #require(try await life.publish().gid)
            #expect(try await life.coordinator.outcome(of: cancelled) == .cancel)
        }
    }

    // MARK: Limits

    @Test func moreCallersThanThereAreToBeAre429AndBeginNothing() async throws {
        var settings = Coordinator.Settings()
        settings.maxInFlight = 2
        try await withCoordinator(settings: settings) { life async throws in
            let committed = try await life.publish(key: .ada("k"))
            life.peers.script("draft", .try, .answers(425))
            let admitted = [Task { try await life.publish() }, Task { try await life.publish() }]
            await life.peers.wait(for: .try, "draft", times: 3)
            let problem = await #expect(throws: Problem.self) { try await life.publish() }
            #expect(problem?.status == 429)
            #expect(problem?.code == "too-many-requests")
            #expect(problem?.retryAfterSeconds == 1)
            #expect(try await life.publish(key: .ada("k")).gid == committed.gid, "who begins nothing takes no place")
            #expect(Set(life.peers.calls.map(\.gid)).count == 3)
            life.peers.script("draft", .try, .works)
            try await life.passing { () async throws in
                for caller in admitted { #expect(try await caller.value.isConfirmed) }
            }
            #expect(try await life.publish().isConfirmed, "their places are free again")
        }
    }

    @Test func whatIsNotARequestBeginsNothing() async throws {
        try await withCoordinator { life async throws in
            typealias Life = CoordinatorUnderTest
            var badAction = Life.request("draft")
            let requests: [(TransactionRequest, code: String, field: String)] = [
                (Life.request("draft", "draft"), "duplicate-participant", "branches[1].participant"),
                (Life.request("draft", "stranger"), "unknown-participant", "branches[1].participant"),
                (Life.request(), "invalid-field", "branches"),
                (Life.request("draft", tryTimeout: .zero), "invalid-field", "timeoutMilliseconds"),
                (Life.request("draft", tryTimeout: .seconds(-1)), "invalid-field", "timeoutMilliseconds"),
                (Life.request("draft", tryTimeout: .milliseconds(3_600_001)), "invalid-field", "timeoutMilliseconds"),
            ]
            for (request, code, field) in requests {
                let problem = await #expect(throws: Problem.self) { try await life.run(request) }
                #expect(problem?.status == 422)
                #expect(problem?.code == code)
                #expect(problem?.extensions["field"] == .string(field))
            }
            for action in ["", "a b", "a\"b", "é", "a/b", String(repeating: "a", count: 65)] {
                badAction.action = action
                let request = badAction
                let problem = await #expect(throws: Problem.self) { try await life.run(request) }
                #expect(problem?.extensions["field"] == .string("action"))
            }
            #expect(life.peers.calls.isEmpty)
            let longest = Life.request("draft", tryTimeout: .seconds(3600))
            #expect(try await life.run(longest).isConfirmed)
        }
    }

    // MARK: Forgetting

    @Test func afterTheRetentionWhatEndedIsForgottenAndAskingIs410() async throws {
        try await withCoordinator { life async throws in
            let ended = try #require(try await life.publish().gid)
            _ = try await life.wait(for: ended) { $0.state == .confirmed }
            life.peers.script("online", .confirm, .unanswered)
            let unfinished = try #require(try await life.passing { try await life.publish() }.gid)
            let pruner = JournalPruner(life.coordinator)
            life.clock.advance(by: .milliseconds(1))
            try await pruner.prune()
            life.clock.advance(by: .seconds(86400))
            try await pruner.prune()
            #expect(try await life.coordinator.transaction(ended) == nil)
            #expect(try await life.coordinator.transaction(unfinished)?.state == .confirming)
            let problem = await #expect(throws: Problem.self) { try await life.coordinator.outcome(of: ended) }
            #expect(problem?.status == 410)
            #expect(try await life.coordinator.outcome(of: unfinished) == .confirm)
            #expect(try await life.coordinator.transaction(ended) == nil, "recorded nowhere")
        }
    }
}
