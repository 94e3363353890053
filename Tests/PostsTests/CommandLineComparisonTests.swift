import Foundation
import OrchestratorCommands
import Posts
import TCC
import Testing

@Suite("Command line: a post side by side")
struct CommandLineComparisonTests {
    private static let id = UUIDv7("0192f3c4-5d6e-7f80-9123-456789abcdef")!
    private static let now = Timestamp(milliseconds: 0)

    private let live = Post(
        id: id,
        author: "ada",
        title: "T",
        content: "text",
        revision: 2,
        publishedAt: now,
        updatedAt: now
    )

    private func draft(
        _ status: DraftStatus,
        head: Int = 2,
        published: Int? = nil,
        content: String = "text",
        pending: UUIDv7? = nil
    ) -> Draft {
        Draft(
            id: Self.id,
            author: "ada",
            title: "T",
            content: content,
            source: nil,
            revision: head,
            nextRevision: head + 1,
            status: status,
            publishedRevision: published,
            pendingTransaction: pending,
            createdAt: Self.now,
            updatedAt: Self.now
        )
    }

    @Test("The libraries agree if the published revision is the visible one, or there is neither")
    func agree() {
        for (draft, live) in [
            (draft(.published, published: 2), live), (draft(.published, head: 5, published: 2, content: "new"), live),
            (draft(.unpublished), nil), (draft(.private), nil),
        ] as [(Draft, Post?)] {
            #expect(PostComparison(draft: draft, live: live).agreement == .agree)
        }
    }

    @Test("They differ in revision, text or visibility")
    func differ() {
        for (draft, live) in [
            (draft(.published, published: 1), live), (draft(.published, published: 2, content: "other"), live),
            (draft(.published, published: 2), nil), (draft(.private), live), (draft(.unpublished), live), (nil, live),
        ] as [(Draft?, Post?)] {
            let comparison = PostComparison(draft: draft, live: live)
            #expect(comparison.isAgreed == false)
            #expect(comparison.text().contains("do not agree"))
        }
    }

    @Test("While a transaction holds the post, there is no saying")
    func underWay() {
        let comparison = PostComparison(draft: draft(.published, published: 1, pending: Self.id), live: live)
        #expect(comparison.agreement == .underWay(Self.id))
        #expect(comparison.isAgreed == nil)
    }

    @Test("People see two columns")
    func columns() {
        #expect(
            PostComparison(draft: draft(.private), live: nil).text() == """
                          DRAFT SERVICE             ONLINE SERVICE
                status    private                   not visible
                revision  2                         -
                author    ada                       -
                title     T                         -
                updated   1970-01-01T00:00:00.000Z  -
                content   4 bytes                   -

                The libraries agree.
                """
        )
    }

    @Test("Scripts see null for what is absent")
    func json() throws {
        let data = try JSONEncoder().encode(PostComparison(draft: nil, live: live))
        let value = try JSONDecoder().decode([String: JSONValue].self, from: data)
        #expect(Set(value.keys) == ["draft", "online", "agree", "difference"])
        #expect(value["draft"] == .null)
        #expect(value["agree"] == .bool(false))
    }

    @Test("The demo ends well only if the libraries agree on every post, and everything has ended as it was to")
    func demoVerdict() {
        let agreed = PostComparison(draft: draft(.published, published: 2), live: live)
        func isGood(
            _ posts: [PostComparison],
            unfinished: Int = 0,
            crashes: Int = 2,
            cancelled: Int = 1
        ) -> Bool {
            DemoVerdict(posts: posts, unfinished: unfinished, crashes: crashes, confirmed: 3, cancelled: cancelled)
                .isGood
        }
        #expect(isGood([agreed, agreed]))
        #expect(!isGood([]))
        #expect(!isGood([agreed, PostComparison(draft: draft(.published, published: 2), live: nil)]))
        #expect(!isGood([PostComparison(draft: draft(.published, published: 2, content: "other"), live: live)]))
        #expect(!isGood([PostComparison(draft: draft(.published, published: 2, pending: Self.id), live: live)]))
        #expect(!isGood([agreed], unfinished: 1))
        #expect(!isGood([agreed], cancelled: 0))
        #expect(!isGood([agreed], crashes: 1))
    }
}
