import NIOCore
import OrchestratorCommands
import Posts
import TCC
import TCCHTTP
import Testing

@Suite("Command line: what an answer means")
struct CommandLineAnswerTests {
    private static let post = UUIDv7("0192f3c4-5d6e-7f80-9123-456789abcdef")!

    private func answer(_ status: Int, _ code: String?, id: String? = nil, after: Duration? = nil) -> ServiceAnswer {
        var body = ByteBuffer()
        if let code {
            let member = id.map { ",\"id\":\"\($0)\"" } ?? ""
            body = ByteBuffer(string: "{\"status\":\(status),\"code\":\"\(code)\",\"detail\":\"Why.\"\(member)}")
        }
        return ServiceAnswer(status: status, body: body, retryAfter: after)
    }

    private func committed(_ status: Int) throws -> (TransactionRecord, ServiceAnswer) {
        let record = TransactionRecord(
            gid: Self.post,
            action: "publish",
            owner: nil,
            labels: ["postID": .string("p"), "revision": .integer(3)],
            branches: [PostBranch.draft, PostBranch.online],
            createdAt: Timestamp(milliseconds: 1000)
        )
        return (record, ServiceAnswer(status: status, body: try JSONCoding.encode(record)))
    }

    @Test(
        "Only what was surely not done is a refusal, and only an unknown or a passing state is asked again",
        arguments: [
            (200, nil, .done), (202, nil, .done), (409, "publish-in-progress", .inProgress),
            (409, "revision-conflict", .refused), (404, "not-found", .refused), (412, "stale-revision", .refused),
            (422, "invalid-field", .refused), (401, "invalid-token", .refused), (429, "too-many-requests", .later),
            (503, "participant-unavailable", .later), (503, "deadline-passed", .later), (503, nil, .later),
            (502, "participant-rejected", .refused), (502, nil, .unknown), (500, "internal-error", .unknown),
            (504, nil, .unknown),
        ] as [(Int, String?, ServiceAnswer.Conclusion)]
    )
    func concludes(status: Int, code: String?, conclusion: ServiceAnswer.Conclusion) {
        #expect(answer(status, code).conclusion == conclusion)
    }

    @Test("A transaction that is decided commit is a publish, accepted if a library has yet to follow")
    func publishes() throws {
        for (status, accepted) in [(200, false), (202, true)] {
            let (record, answer) = try committed(status)
            #expect(PublicationAnswer(answer) == .published(record, accepted: accepted))
            let post = PublishedPost(record, isAccepted: accepted)
            #expect(post.id == "p")
            #expect(post.revision == 3)
            #expect(post.status == (accepted ? "accepted" : "confirmed"))
        }
    }

    @Test("A post that is held is waited for, one that moved is looked at again")
    func waitsAndLooksAgain() {
        let held = answer(409, "publish-in-progress", after: .seconds(1))
        #expect(PublicationAnswer(held) == .wait(held.problem, after: .seconds(1)))
        for (status, code) in [(409, "revision-conflict"), (412, "stale-revision")] {
            let moved = answer(status, code)
            #expect(PublicationAnswer(moved) == .lookAgain(moved.problem, post: nil))
        }
        let exists = answer(409, "source-exists", id: Self.post.description)
        #expect(PublicationAnswer(exists) == .lookAgain(exists.problem, post: Self.post))
    }

    @Test("A refusal says whether the next file would meet it too")
    func refuses() {
        for (status, code, byOutage) in [
            (422, "invalid-field", false), (404, "not-found", false), (502, "participant-rejected", false),
            (429, "too-many-requests", false), (503, "participant-unavailable", true), (500, "internal-error", true),
        ] {
            let answer = answer(status, code)
            #expect(PublicationAnswer(answer) == .refused(answer.problem, byOutage: byOutage))
        }
        #expect(answer(418, nil).problem.code == "http-418")
        guard case .refused(let problem, byOutage: true) = PublicationAnswer(answer(200, nil)) else {
            Issue.record("an unreadable 200 is no publish")
            return
        }
        #expect(problem.code == "unreadable-answer")
    }

    @Test("What to do with a file follows from what readers see, then from the saved draft")
    func plans() {
        let now = Timestamp(milliseconds: 0)
        let text = PostText(title: "T", content: "caf\u{E9}")
        var live = Post(
            id: Self.post,
            author: "ada",
            title: "T",
            content: "caf\u{E9}",
            revision: 4,
            publishedAt: now,
            updatedAt: now
        )
        #expect(PublicationPlan.from(text, live: live) == .skip(Self.post, revision: 4))
        #expect(PublicationPlan.from(text, live: nil) == nil)
        // To Swift the two are equal strings; to a reader's checksum they are not.
        live.content = "cafe\u{301}"
        #expect(PublicationPlan.from(text, live: live) == nil)

        var head = Draft(
            id: Self.post,
            author: "ada",
            title: "T",
            content: "caf\u{E9}",
            source: nil,
            revision: 5,
            nextRevision: 6,
            status: .published,
            publishedRevision: 4,
            pendingTransaction: nil,
            createdAt: now,
            updatedAt: now
        )
        #expect(PublicationPlan.from(text, head: head) == .publishSaved(Self.post, revision: 5))
        head.title = "U"
        #expect(PublicationPlan.from(text, head: head) == .publishText(Self.post, after: 5))
    }
}
