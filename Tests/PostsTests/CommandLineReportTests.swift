import Foundation
import Hosting
import OrchestratorCommands
import TCC
import TCCHTTP
import Testing

@Suite("Command line: a publish's report")
struct CommandLineReportTests {
    private static let post = UUIDv7("0192f3c4-5d6e-7f80-9123-456789abcdef")!
    private static let refusal = Refusal(code: "not-utf-8", detail: "The file is not UTF-8.", cause: .file)

    private var published: PublishReport.Entry {
        let record = TransactionRecord(
            gid: Self.post,
            action: "publish",
            owner: nil,
            labels: ["postID": .string("p"), "revision": .integer(3)],
            branches: [],
            createdAt: Timestamp(milliseconds: 0)
        )
        return .init(path: "a.md", result: .published(PublishedPost(record, isAccepted: true)))
    }

    private var skipped: PublishReport.Entry { .init(path: "b.md", result: .skipped(Self.post, revision: 2)) }

    private func refused(_ refusal: Refusal) -> PublishReport.Entry {
        .init(path: "folder/c.md", result: .refused(refusal))
    }

    @Test("The exit code tells done, refused and unreachable apart")
    func exitStatus() {
        let unreachable = Refusal(code: "unreachable", detail: "", cause: .unreachable)
        #expect(PublishReport([]).status == .done)
        #expect(PublishReport([published, skipped]).status == .done)
        #expect(PublishReport([published, refused(Self.refusal)]).status == .refused)
        #expect(PublishReport([refused(unreachable), refused(Self.refusal)]).status == .unreachable)
        #expect(PublishReport([refused(.notTried(because: unreachable))]).status == .unreachable)
        #expect([ExitStatus.done, .refused, .usage, .unreachable].map(\.rawValue) == [0, 1, 2, 3])
    }

    @Test("People get the counts, and a table of what was refused and why")
    func textForPeople() {
        #expect(PublishReport([skipped]).text(isVerbose: false) == "Published 0, skipped 1, refused 0.")
        #expect(
            PublishReport([published, skipped, refused(Self.refusal)]).text(isVerbose: false) == """
                Published 1, skipped 1, refused 1.

                PUBLISHED  READ IT AT
                a.md       http://127.0.0.1:8000/posts/p

                REFUSED      CODE       WHY
                folder/c.md  not-utf-8  The file is not UTF-8.
                """
        )
        let verbose = PublishReport([published, skipped, refused(Self.refusal)]).text(isVerbose: true)
        #expect(verbose.split(separator: "\n").count == 5)
        #expect(verbose.contains("accepted"))
        #expect(verbose.contains("unchanged"))
        #expect(verbose.contains("http://127.0.0.1:8000/posts/\(Self.post)"))
    }

    @Test("Of many posts, the first are linked to, and where the pages are can be said")
    func links() throws {
        var report = PublishReport(Array(repeating: published, count: 25))
        report.pages = try BaseURL("https://[::1]:8443/library/")
        let text = report.text(isVerbose: false)
        #expect(text.components(separatedBy: "https://[::1]:8443/library/posts/p").count == 21)
        #expect(text.contains("and 5 more"))
    }

    @Test("Scripts get one object with three lists")
    func jsonForScripts() {
        let id = JSONValue.string(Self.post.description)
        #expect(
            PublishReport([published, skipped, refused(Self.refusal)]).json
                == .object([
                    "published": .array([
                        .object([
                            "path": .string("a.md"), "id": .string("p"), "revision": .integer(3), "gid": id,
                            "status": .string("accepted"), "url": .string("http://127.0.0.1:8000/posts/p"),
                        ])
                    ]),
                    "skipped": .array([
                        .object([
                            "path": .string("b.md"), "id": id, "revision": .integer(2),
                            "url": .string("http://127.0.0.1:8000/posts/\(Self.post)"),
                        ])
                    ]),
                    "refused": .array([
                        .object([
                            "path": .string("folder/c.md"), "code": .string("not-utf-8"),
                            "detail": .string("The file is not UTF-8."),
                        ])
                    ]),
                ])
        )
    }

    @Test("The bar fills as files come to their end")
    func progressBarFills() {
        var counts = PublishReport.Counts()
        counts.add(published.result)
        counts.add(skipped.result)
        let drawn = ProgressBar(total: 4, style: .plain).drawn(counts)
        #expect(drawn.hasSuffix("[############............] 2/4  published 1, skipped 1, refused 0"))
        #expect(ProgressBar(total: 4, style: .coloured).drawn(counts).contains("\u{1B}[32m############\u{1B}[0m"))
        #expect(
            ProgressBar(total: 4, style: .plain).drawn(counts, columns: 30)
                .hasSuffix("K2/4  published 1, skipped 1,\u{2026}")
        )
        #expect(ProgressBar(total: 4, style: .text).drawn(counts).isEmpty)
        #expect(ProgressBar(total: 4, style: .text).erased.isEmpty)
    }
}
