import Foundation
import HTTPTypes
import Harness
import TCC
import TCCHTTP
import Testing
import Verification

extension EndToEnd {
    /// `DELETE /v1/posts/{id}`: both libraries forget a post, or neither does.
    @Suite(.serialized)
    struct DeletionTests {
        private static func delete(
            _ post: UUIDv7,
            by author: String = "alice",
            key: String = "key-\(UInt64.random(in: .min ... .max))",
            ifMatch: String? = nil,
            _ cluster: Cluster
        ) async throws -> Answer {
            let request = Request(.delete(post), author: author, key: key, ifMatch: ifMatch)
            return try #require(try await cluster.send(request), "a delete was not answered")
        }

        private static func refused(_ answer: Answer, _ status: Int, _ code: String) {
            #expect(answer.status == status && answer.problem?.code == code, "\(answer.status) \(answer.text)")
        }

        /// Neither library knows a post, not even its databases.
        private static func isForgotten(_ post: UUIDv7, _ cluster: Cluster) async throws {
            try await cluster.quiesce()
            #expect(try await cluster.draft(post) == nil)
            #expect(try await cluster.post(post) == nil)
            for path in ["revisions", "revisions/1"] {
                #expect(try await cluster.call(.draft, .get, "/v1/drafts/\(post)/\(path)", as: .alice).status == 404)
            }
            let text = try JSONCoding.encode(RevisionText.unique("Too late"))
            let late = try await cluster.call(.draft, .put, "/v1/drafts/\(post)", as: .alice, body: text)
            #expect(late.status == 404)
            for (method, path) in [("publish", "/publish"), ("withdraw", "/withdraw")] {
                let answer = try await cluster.call(.orchestrator, .post, "/v1/posts/\(post)\(path)", as: .alice)
                #expect(answer.status == 404, "\(method): \(answer.text)")
            }
            try refused(await delete(post, cluster), 404, "not-found")
        }

        @Test func aDraftThatWasNeverPublishedIsForgotten() async throws {
            try await withCluster { cluster in
                let text = RevisionText.unique("From a file")
                let members = ["title": text.title, "content": text.content, "source": "/a.md"]
                let body = try JSONCoding.encode(members)
                let created = try await cluster.call(.draft, .post, "/v1/drafts", as: .alice, body: body)
                let draft = try #require(created.decode(DraftView.self), "\(created.text)")
                cluster.history.saved(draft.id, 1, text)
                try await Self.refused(Self.delete(draft.id, by: "bob", cluster), 404, "not-found")
                try await Self.refused(Self.delete(draft.id, ifMatch: "\"7\"", cluster), 412, "stale-revision")
                let answer = try await Self.delete(draft.id, ifMatch: "\"1\"", cluster)
                #expect(answer.status == 200 && answer.postID == draft.id, "\(answer.text)")
                let transaction = try #require(answer.transaction)
                #expect(transaction.action == "delete" && transaction.state == .confirmed && answer.revision == nil)
                #expect(transaction.branches.map(\.name.description).sorted() == ["draft", "online"])
                try await Self.isForgotten(draft.id, cluster)
                let again = try await cluster.call(.draft, .post, "/v1/drafts", as: .alice, body: body)
                #expect(again.status == 201, "its source is free again: \(again.text)")
                #expect(again.decode(DraftView.self)?.id != draft.id)
                try await cluster.checkInvariants()
            }
        }

        @Test func aWithdrawnPostIsForgottenAndALiveOneIsNot() async throws {
            try await withCluster { cluster in
                let post = try await cluster.publishedPost()
                try await Self.refused(Self.delete(post, cluster), 409, "post-is-live")
                try await cluster.save(.unique("Changed"), to: post)
                let live = try await Self.delete(post, cluster)
                Self.refused(live, 409, "post-is-live")
                #expect(live.gid != nil, "a problem carries the gid of what was begun")
                try await cluster.quiesce()
                #expect(try await cluster.post(post)?.revision == 1)
                #expect(try await cluster.draft(post)?.revision == 2)
                #expect(try await cluster.sendUntilAnswered(Request(.withdraw(post))).status == 200)
                #expect(try await Self.delete(post, cluster).status == 200)
                try await Self.isForgotten(post, cluster)
                try await cluster.checkInvariants()
            }
        }

        @Test(arguments: [ServerRole.draft, .online], ["confirm.before", "confirm.after"])
        func aCrashAtTheConfirmHalvesNoDelete(_ role: ServerRole, _ place: String) async throws {
            try await withCluster { cluster in
                let post = try await cluster.publishedPost()
                #expect(try await cluster.sendUntilAnswered(Request(.withdraw(post))).status == 200)
                try await cluster.quiesce()
                try await cluster.restart(role, failpoints: "participant.\(place)=crash")
                async let pending = Self.delete(post, key: "once", cluster)
                try await cluster.waitForCrash(role)
                let first = try await pending
                #expect(first.status == 202 && first.transaction?.state == .confirming, "\(first.text)")
                try await cluster.start(role)
                try await Self.isForgotten(post, cluster)
                let again = try await Self.delete(post, key: "once", cluster)
                #expect(again.status == 200 && again.gid == first.gid, "\(again.text)")
                try await cluster.checkInvariants()
            }
        }

        @Test func theSameKeyAgainIsTheSameDelete() async throws {
            try await withCluster { cluster in
                let draft = try await cluster.makeDraft()
                let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                    for _ in 0..<8 { group.addTask { try await Self.delete(draft.id, key: "same", cluster) } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(answers.allSatisfy { $0.status == 200 } && Set(answers.map(\.gid)).count == 1)
                let later = try await Self.delete(draft.id, key: "same", cluster)
                #expect(later.status == 200 && later.gid == answers.first?.gid)
                try await Self.refused(Self.delete(draft.id, key: "other", cluster), 404, "not-found")
                // Not noted in the history: there, a key is the name of one request.
                let headers = [("Idempotency-Key", "same"), ("If-Match", "\"1\"")]
                let path = "/v1/posts/\(draft.id)"
                let other = try await cluster.call(.orchestrator, .delete, path, as: .alice, headers: headers)
                Self.refused(other, 422, "idempotency-key-reused")
                try await cluster.checkInvariants()
            }
        }

        @Test func whileADeleteHoldsAPostNothingElseChangesIt() async throws {
            try await withCluster { cluster in
                let draft = try await cluster.makeDraft()
                try await cluster.restart(.orchestrator, failpoints: "coordinator.decide.before=pause(500)@1")
                async let pending = Self.delete(draft.id, cluster)
                try await eventually("both libraries have reserved") {
                    try cluster.barriers().filter { $0.state == .reserved }.count == 2
                }
                let text = try JSONCoding.encode(RevisionText.unique("An edit"))
                let edit = try await cluster.call(.draft, .put, "/v1/drafts/\(draft.id)", as: .alice, body: text)
                Self.refused(edit, 409, "publish-in-progress")
                let publish = Request(.publishSaved(draft.id))
                try await Self.refused(cluster.sendUntilAnswered(publish), 409, "publish-in-progress")
                try await Self.refused(Self.delete(draft.id, cluster), 409, "publish-in-progress")
                #expect(try await pending.status == 200)
                try await Self.isForgotten(draft.id, cluster)
                try await cluster.checkInvariants()
            }
        }

        @Test func aDeleteRacingAPublishEndsWithOneOfThem() async throws {
            try await withCluster { cluster in
                for _ in 0..<8 {
                    let draft = try await cluster.makeDraft()
                    async let deleting = Self.delete(draft.id, cluster)
                    async let publishing = cluster.send(Request(.publishSaved(draft.id)))
                    let (deleted, published) = (try await deleting, try #require(try await publishing))
                    try await cluster.quiesce()
                    #expect([deleted.status, published.status].filter { $0 == 200 }.count <= 1)
                    #expect((try await cluster.draft(draft.id) == nil) == (deleted.status == 200), "\(deleted.text)")
                    #expect((try await cluster.post(draft.id) != nil) == (published.status == 200), "\(published.text)")
                }
                try await cluster.checkInvariants()
            }
        }
    }
}
