import Foundation
import HTTPTypes
import Harness
import TCC
import TCCHTTP
import Testing
import Verification

extension EndToEnd {
    /// Several requests for one post, or several copies of one request, at the same time.
    @Suite(.serialized)
    struct ConcurrencyTests {
        private static let slowDecision = "coordinator.decide.before=pause(400)"

        /// Publishing this text as revision 2, or the saved revision 1 as it was read.
        @Test(arguments: [true, false])
        func anEditBetweenTryAndConfirmStaysTheHead(_ bringsText: Bool) async throws {
            try await withCluster { cluster in
                let draft = try await cluster.makeDraft()
                try await cluster.restart(.orchestrator, failpoints: Self.slowDecision)
                let published = bringsText ? 2 : 1
                let request =
                    bringsText
                    ? Request(.republish(draft.id, .unique("The published one")))
                    : Request(.publishSaved(draft.id))
                async let pending = cluster.send(request)
                try await eventually("both libraries have reserved") {
                    try cluster.barriers().filter { $0.state == .reserved }.count == 2
                }
                let held = try #require(try await cluster.draft(draft.id))
                #expect(held.pendingTransaction != nil && held.revision == 1 && held.nextRevision == published + 1)
                let edit = RevisionText.unique("The edit")
                let edited = try await cluster.save(edit, to: draft.id)
                #expect(edited.revision == published + 1)

                let answer = try #require(try await pending)
                #expect(answer.status == 200 && answer.revision == published, "\(answer.text)")
                let head = try #require(try await cluster.draft(draft.id))
                #expect(head.revision == published + 1 && head.title == edit.title && head.content == edit.content)
                #expect(head.status == "published" && head.publishedRevision == published)
                #expect(try await cluster.post(draft.id)?.revision == published)
                try await cluster.checkInvariants()
            }
        }

        @Test func aCancelledPublishLeavesAGapInTheRevisions() async throws {
            try await withCluster { cluster in
                let post = try await cluster.publishedPost()
                try await cluster.kill(.online)
                let cancelled = try await cluster.send(Request(.republish(post, .unique("Cancelled"))))
                #expect(cancelled?.status == 503)
                try await cluster.start(.online)
                try await cluster.quiesce()
                let draft = try #require(try await cluster.draft(post))
                #expect(draft.revision == 1 && draft.nextRevision == 3)
                #expect(try await cluster.save(.unique("After the gap"), to: post).revision == 3)
                let answer = try await cluster.sendUntilAnswered(Request(.republish(post, .unique("And on"))))
                #expect(answer.status == 200 && answer.revision == 4, "\(answer.text)")
                try await cluster.checkInvariants()
            }
        }

        @Test func aWithdrawRacingAPublishEndsWithOneOfThem() async throws {
            try await withCluster { cluster in
                let post = try await cluster.publishedPost()
                var outcomes: Set<String> = []
                for _ in 0..<12 {
                    let publish = Request(.republish(post, .unique("Raced")))
                    let withdraw = Request(.withdraw(post))
                    async let published = cluster.send(publish)
                    async let withdrawn = cluster.send(withdraw)
                    let answers = (try #require(try await published), try #require(try await withdrawn))
                    for answer in [answers.0, answers.1] where answer.status != 200 {
                        let codes = ["publish-in-progress", "revision-conflict", "not-published"]
                        #expect(answer.status == 409 && codes.contains(answer.problem?.code ?? ""), "\(answer.text)")
                        if answer.problem?.code == "publish-in-progress" {
                            #expect(answer.headers["retry-after"] != nil)
                        }
                        #expect(answer.gid != nil, "a problem carries the gid of what was begun")
                    }
                    outcomes.insert("\(answers.0.status) \(answers.1.status)")
                    try await cluster.quiesce()
                }
                #expect(outcomes.contains { $0.contains("200") }, "neither of two ever won: \(outcomes)")
                try await cluster.checkInvariants()
            }
        }

        @Test func whileAPostIsHeldOthersAreRefused() async throws {
            try await withCluster { cluster in
                let post = try await cluster.publishedPost()
                try await cluster.restart(.orchestrator, failpoints: "coordinator.decide.before=pause(500)@1")
                async let first = cluster.send(Request(.republish(post, .unique("The holder"))))
                try await eventually("the post is held in both libraries") {
                    try cluster.barriers().filter { $0.state == .reserved }.count == 2
                }
                for request in [Request(.withdraw(post)), Request(.publishSaved(post))] {
                    let refused = try await cluster.sendUntilAnswered(request)
                    #expect(refused.status == 409 && refused.problem?.code == "publish-in-progress", "\(refused.text)")
                    #expect(refused.headers["retry-after"] != nil)
                }
                #expect(try await first?.status == 200)
                try await cluster.checkInvariants()
            }
        }

        @Test(arguments: [Work.publish, .republish, .withdraw, .chargedPublish])
        func concurrentCopiesUnderOneKeyAreOneTransaction(_ work: Work) async throws {
            try await withCluster { cluster in
                let request = try await work.prepare(in: cluster)
                let before = try cluster.journal().count
                let answers = try await withThrowingTaskGroup(of: Answer?.self) { group in
                    for _ in 0..<10 { group.addTask { try await cluster.send(request) } }
                    return try await group.reduce(into: [Answer?]()) { $0.append($1) }
                }
                let later = try await cluster.sendUntilAnswered(request)
                #expect(answers.allSatisfy { $0?.status == 200 }, "\(answers.map { $0?.text ?? "none" })")
                #expect(Set(answers.map { $0?.gid } + [later.gid]).count == 1)
                #expect(try cluster.journal().count == before + 1)
                try await cluster.checkInvariants()
            }
        }

        @Test func aKeyIsBoundToItsRequestAndItsCaller() async throws {
            try await withCluster { cluster in
                let first = Request(.publishNew(.unique("The first")))
                let answer = try await cluster.sendUntilAnswered(first)
                let post = try #require(answer.postID)
                let others = [
                    Request(.publishNew(.unique("Another body")), key: first.key),
                    Request(.republish(post, .unique("Another path")), key: first.key),
                    Request(.withdraw(post), key: first.key),
                    Request(first.intent, key: first.key, ifMatch: "\"1\""),
                ]
                for other in others {
                    // Not noted in the history: there, a key is the name of one request.
                    let reused = try await cluster.call(
                        .orchestrator,
                        .post,
                        other.path,
                        as: .alice,
                        headers: [("Idempotency-Key", first.key)] + (other.ifMatch.map { [("If-Match", $0)] } ?? []),
                        body: try other.body()
                    )
                    #expect(reused.status == 422, "\(reused.text)")
                    #expect(reused.problem?.code == "idempotency-key-reused")
                }
                let bobs = try await cluster.sendUntilAnswered(
                    Request(.publishNew(.unique("Bob's")), author: "bob", key: first.key)
                )
                #expect(bobs.status == 200 && bobs.gid != answer.gid, "another caller's key is another key")
                #expect(try await cluster.sendUntilAnswered(first).gid == answer.gid)
                try await cluster.checkInvariants()
            }
        }

        /// The key is free from the durable cancel on, even while the cancels are outstanding.
        @Test func aKeyIsFreeAgainFromTheCancelOn() async throws {
            try await withCluster { cluster in
                try await cluster.kill(.online)
                let request = Request(.publishNew(.unique("Once cancelled")))
                let first = try #require(try await cluster.send(request))
                let second = try #require(try await cluster.send(request))
                #expect(first.status == 503 && second.status == 503)
                #expect(first.gid != nil && first.gid != second.gid, "each is a transaction of its own")
                #expect(try cluster.journal().filter { $0.state == .cancelling }.count == 2)
                try await cluster.start(.online)
                #expect(try await cluster.sendUntilAnswered(request).status == 200)
                try await cluster.checkInvariants()
            }
        }

        /// The same revision again is a new transaction and changes nothing; after a withdraw it is visible again.
        @Test func theLiveRevisionNeverFallsAcrossAWithdraw() async throws {
            try await withCluster { cluster in
                let post = try await cluster.publishedPost()
                let second = try await cluster.sendUntilAnswered(Request(.republish(post, .unique("Second"))))
                #expect(second.revision == 2)
                let unchanged = try await cluster.sendUntilAnswered(Request(.publishSaved(post)))
                #expect(unchanged.status == 200 && unchanged.revision == 2 && unchanged.gid != second.gid)
                #expect(try await cluster.sendUntilAnswered(Request(.withdraw(post))).status == 200)
                #expect(try await cluster.post(post) == nil)
                #expect(try await cluster.draft(post)?.status == "private")
                let again = try await cluster.sendUntilAnswered(Request(.withdraw(post)))
                #expect(again.status == 409 && again.problem?.code == "not-published", "\(again.text)")
                let back = try await cluster.sendUntilAnswered(Request(.publishSaved(post)))
                #expect(back.status == 200 && back.revision == 2, "\(back.text)")
                #expect(try await cluster.post(post)?.revision == 2)
                try await cluster.checkInvariants()
            }
        }
    }
}
