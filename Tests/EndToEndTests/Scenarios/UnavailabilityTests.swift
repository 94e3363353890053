import Foundation
import HTTPTypes
import Harness
import Supervision
import TCC
import TCCHTTP
import TCCStorage
import Testing
import Verification

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension EndToEnd {
    /// A participant is down or paused, or the orchestrator is gone, for longer than anybody waits.
    @Suite(.serialized)
    struct UnavailabilityTests {
        @Test(arguments: [(ServerRole.draft, Work.publish)] + Work.byAuthor.map { (ServerRole.online, $0) })
        func whileAParticipantIsDownNothingChangesAndTheSameKeySucceedsLater(
            _ role: ServerRole,
            _ work: Work
        ) async throws {
            try await withCluster { cluster in
                let request = try await work.prepare(in: cluster)
                let before = try await cluster.finalState()
                try await cluster.kill(role)
                let refused = try #require(try await cluster.send(request))
                #expect(refused.status == 503 && refused.problem?.code == "participant-unavailable", "\(refused.text)")
                #expect(refused.headers["retry-after"] != nil)
                #expect(refused.headers["content-type"]?.hasPrefix("application/problem+json") == true)
                let gid = try #require(refused.gid, "a problem carries the gid of what was begun")
                // The cancel is on disk before the answer.
                #expect(try cluster.journal().first { $0.gid == gid }?.state.decision == .cancel)

                try await cluster.start(role)
                try await cluster.quiesce()
                let after = try await cluster.finalState()
                #expect(after.posts.map(\.title) == before.posts.map(\.title))
                #expect(after.drafts.map(\.revision) == before.drafts.map(\.revision))
                #expect(after.drafts.map(\.status) == before.drafts.map(\.status))

                let answer = try await cluster.sendUntilAnswered(request)
                #expect(answer.status == 200, "\(answer.text)")
                #expect(answer.gid != gid, "a cancelled transaction was answered as confirmed")
                try await cluster.checkInvariants()
            }
        }

        @Test func whileTheDraftServiceIsDownARepublishBeginsNothing() async throws {
            try await withCluster { cluster in
                let request = try await Work.republish.prepare(in: cluster)
                try await cluster.kill(.draft)
                let begun = try cluster.journal().count
                let refused = try #require(try await cluster.send(request))
                #expect(refused.status == 503, "\(refused.text)")
                #expect(refused.problem?.code == "participant-unavailable")
                #expect(refused.gid == nil)
                #expect(try cluster.journal().count == begun)
                try await cluster.start(.draft)
                #expect(try await cluster.sendUntilAnswered(request).status == 200)
                try await cluster.checkInvariants()
            }
        }

        @Test(arguments: [ServerRole.draft, .online], Work.byAuthor)
        func aParticipantDownDuringTheConfirmMeans202AndThenConfirmedByItself(
            _ role: ServerRole,
            _ work: Work
        ) async throws {
            try await withCluster { cluster in
                let request = try await work.prepare(in: cluster)
                try await cluster.restart(role, failpoints: "participant.confirm.before=crash")
                async let pending = cluster.send(request)
                try await cluster.waitForCrash(role)
                let answer = try #require(try await pending)
                #expect(answer.status == 202, "\(answer.text)")
                #expect(answer.transaction?.state == .confirming)
                let location = try #require(answer.headers["location"])
                let gid = try #require(answer.gid)

                try await cluster.start(role)
                try await cluster.quiesce()
                let shown: TransactionRecord? = try await cluster.libraries.get(
                    cluster.url(.orchestrator) + location,
                    as: .alice
                )
                #expect(shown?.gid == gid && shown?.state == .confirmed)
                #expect(try await cluster.sendUntilAnswered(request).gid == gid)
                try await cluster.checkInvariants()
            }
        }

        @Test(arguments: [ServerRole.draft, .online], [Work.publish, .withdraw])
        func aParticipantPausedPastTheDeadlineTakesNothingLate(_ role: ServerRole, _ work: Work) async throws {
            try await withCluster { cluster in
                let request = try await work.prepare(in: cluster)
                cluster.process(role).signal(SIGSTOP)
                let answer = try #require(try await cluster.send(request))
                #expect(answer.status == 503, "\(answer.text)")
                let begin = ContinuousClock.now
                try await eventually("the deadline has passed") {
                    ContinuousClock.now - begin > cluster.timeouts.deadline
                }
                // What was sent meanwhile lies in its socket: tries after their deadline, and cancels.
                cluster.process(role).signal(SIGCONT)
                try await cluster.quiesce()
                #expect(try await cluster.finalState().committed(request) == nil)
                #expect(try await cluster.sendUntilAnswered(request).status == 200)
                try await cluster.checkInvariants()
            }
        }

        @Test(arguments: [ServerRole.draft, .online])
        func aParticipantPausedBetweenTryAndConfirmConfirmsWhenItGoesOn(_ role: ServerRole) async throws {
            try await withCluster { cluster in
                let request = try await Work.chargedPublish.prepare(in: cluster)
                try await cluster.restart(.orchestrator, failpoints: "coordinator.decide.before=pause(500)")
                async let pending = cluster.send(request)
                try await eventually("all three have reserved") {
                    try cluster.barriers().filter { $0.state == .reserved }.count == 3
                }
                cluster.process(role).signal(SIGSTOP)
                #expect(try await pending?.status == 202)
                let decided = ContinuousClock.now
                try await eventually("the deadline has passed") {
                    ContinuousClock.now - decided > cluster.timeouts.deadline
                }
                cluster.process(role).signal(SIGCONT)
                try await cluster.quiesce()
                #expect(try await cluster.finalState().committed(request)?.state == .confirmed)
                try await cluster.checkInvariants()
            }
        }

        /// The orchestrator sleeps over its own timeouts, and over the participants' questions.
        @Test(arguments: ["coordinator.try.after", "coordinator.decide.before", "coordinator.decide.after"])
        func anOrchestratorPausedPastTheDeadlineDecidesOnce(_ failpoint: String) async throws {
            try await withCluster { cluster in
                let request = try await Work.chargedPublish.prepare(in: cluster)
                try await cluster.restart(.orchestrator, failpoints: "\(failpoint)=pause(200)")
                async let pending = cluster.send(request)
                try await eventually("all three have reserved") {
                    try cluster.barriers().filter { $0.state == .reserved }.count == 3
                }
                cluster.process(.orchestrator).signal(SIGSTOP)
                let pause = cluster.timeouts.deadline + .milliseconds(500)
                try await throughout(pause, "nobody decides alone") {
                    try cluster.barriers().allSatisfy { $0.state == .reserved }
                }
                cluster.process(.orchestrator).signal(SIGCONT)
                let answer = try #require(try await pending)
                #expect([200, 202, 503].contains(answer.status), "\(answer.text)")
                try await cluster.quiesce()
                #expect(try await cluster.sendUntilAnswered(request).status == 200)
                try await cluster.checkInvariants()
            }
        }

        /// A reservation of a transaction that no journal knows: presumed abort.
        @Test(arguments: [(ServerRole.draft, "draft"), (.online, "online")])
        func aReservationThatNobodyBeganIsCancelledAtItsDeadline(_ role: ServerRole, _ branch: String) async throws {
            try await withCluster { cluster in
                let gid = GlobalTransactionID.ofNow()
                let text = RevisionText.unique("Orphaned")
                let payload = TryPayload(
                    postID: .ofNow(),
                    author: "alice",
                    baseRevision: 0,
                    revision: 1,
                    title: text.title,
                    content: text.content
                )
                let deadline = Timestamp.now + .milliseconds(700)
                let call = BranchCall(
                    gid: gid,
                    branch: try #require(ParticipantName(branch)),
                    action: "publish",
                    deadline: deadline,
                    payload: payload
                )
                let body = try JSONCoding.encode(call)
                let tried = try await cluster.call(role, .post, "/tcc/try", as: .aService, body: body)
                #expect(tried.status == 200, "\(tried.text)")
                #expect(try cluster.barriers().map(\.state) == [.reserved])
                try await eventually("it is cancelled") { try cluster.barriers().map(\.state) == [.cancelled] }
                #expect(Timestamp.now >= deadline, "it was given up before its deadline")
                let recorded = try #require(try cluster.journal().first)
                #expect(recorded.gid == gid && recorded.state == .cancelled, "the answer came before the record")
                for (operation, status) in [("try", 410), ("confirm", 409), ("cancel", 200)] {
                    let late = try await cluster.call(role, .post, "/tcc/\(operation)", as: .aService, body: body)
                    #expect(late.status == status, "\(operation): \(late.status) \(late.text)")
                }
                try await cluster.checkInvariants()
            }
        }

        /// Whether the orchestrator comes back to a cancel or to a confirm.
        @Test(arguments: [("coordinator.decide.before", Decision.cancel), ("coordinator.decide.after", .confirm)])
        func reservationsOutliveAnOrchestratorThatIsGoneAndAreToldOnItsReturn(
            _ failpoint: String,
            _ decision: Decision
        ) async throws {
            try await withCluster { cluster in
                let request = try await Work.chargedPublish.prepare(in: cluster)
                try await cluster.restart(.orchestrator, failpoints: "\(failpoint)=crash")
                async let pending = cluster.send(request)
                try await cluster.waitForCrash(.orchestrator)
                #expect(try await pending == nil)
                let begin = ContinuousClock.now
                func reserved() throws -> Int { try cluster.barriers().filter { $0.state == .reserved }.count }
                #expect(try reserved() == 3)
                try await throughout(cluster.timeouts.deadline + .seconds(1), "the reservations are kept") {
                    try reserved() == 3
                }
                #expect(ContinuousClock.now - begin > cluster.timeouts.deadline)

                // It says nothing by itself: each participant has to ask.
                let word = decision == .confirm ? "confirm" : "cancel"
                try await cluster.start(.orchestrator, failpoints: "coordinator.\(word).before=pause(60000)")
                try await eventually("the participants have asked and were told") { try reserved() == 0 }
                try await cluster.restart(.orchestrator)
                try await cluster.quiesce()
                #expect(try cluster.journal().last?.state == TransactionState(finished: decision))
                try await cluster.checkInvariants()
            }
        }

        @Test func aDeadParticipantHoldsUpNoOthers() async throws {
            let port = FreePorts.choose(1)[0]
            try await withCluster(otherParticipants: ["late": port]) { cluster in
                try await cluster.quota.grant(100, to: "alice")
                let stuck = (0..<30).map { _ in Request(.other(participants: ["late", "quota"])) }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for request in stuck {
                        group.addTask {
                            let answer = try await cluster.send(request)
                            #expect(answer?.status == 503, "\(answer?.text ?? "no answer")")
                            #expect(answer?.problem?.code == "participant-unavailable")
                        }
                    }
                    for _ in 0..<10 {
                        let start = ContinuousClock.now
                        let answer = try await cluster.send(Request(.publishNew(.unique("Beside a dead one"))))
                        #expect(answer?.status == 200, "\(answer?.text ?? "no answer")")
                        #expect(ContinuousClock.now - start < .milliseconds(cluster.timeouts.answerMilliseconds))
                    }
                    try await group.waitForAll()
                }
                // The other branch of the very same transactions is free, while the dead one's wait in the journal.
                try await eventually("the ledger has let all go") {
                    try cluster.barriers().filter { $0.branch == "quota" && $0.state == .cancelled }.count
                        == stuck.count
                }
                #expect(try cluster.journal().filter { $0.state == .cancelling }.count == stuck.count)
                try await Self.bringToLife("late", at: port, in: cluster)
            }
        }

        /// The dead participant comes at last: what waited for it ends.
        private static func bringToLife(_ name: String, at port: Int, in cluster: Cluster) async throws {
            let late = try QuotaServer(
                name: name,
                port: port,
                coordinatorURL: cluster.url(.orchestrator),
                folder: cluster.directory,
                authority: cluster.authority,
                client: cluster.client
            )
            cluster.watch(participant: name, at: port)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await late.run() }
                try await cluster.checkInvariants()
                group.cancelAll()
                while let ended = await group.nextResult() {
                    if case .failure(let error) = ended, !(error is CancellationError) { throw error }
                }
            }
            try late.store.close()
        }
    }
}
