import Foundation
import OrchestratorCommands
import Posts
import TCC
import TCCHTTP
import Testing

@Suite("Command line: JSON for scripts")
struct CommandJSONTests {
    private static let id = UUIDv7("0192f3c4-5d6e-7f80-9123-456789abcdef")!

    private static var transaction: TransactionRecord {
        var record = TransactionRecord(
            gid: id,
            action: "publish",
            owner: "ann",
            labels: ["postID": .string(id.description), "revision": .integer(1)],
            branches: [ParticipantName("draft")!],
            createdAt: Timestamp(milliseconds: 0)
        )
        record.branches[0].lastError = "GET /a"
        return record
    }

    private static let transactionText = """
        {"action":"publish","branches":[{"attempts":0,"lastError":"GET /a","name":"draft","state":"trying"}],\
        "createdAt":"1970-01-01T00:00:00.000Z","decidedAt":null,"finishedAt":null,\
        "gid":"0192f3c4-5d6e-7f80-9123-456789abcdef","postID":"0192f3c4-5d6e-7f80-9123-456789abcdef","reason":null,\
        "revision":1,"state":"trying","stuck":false,\
        "timeline":[{"at":"1970-01-01T00:00:00.000Z","branch":null,"detail":null,"event":"begun"}]}
        """

    @Test("A transaction: one line, nulls present, slashes as they are")
    func oneTransaction() throws {
        #expect(try JSONLine.text(Self.transaction) == Self.transactionText)
    }

    @Test("A list: items and the next cursor")
    func list() throws {
        let whole = Page(rows: [Self.transaction], limit: 1) { $0.gid.description }
        #expect(try JSONLine.text(whole) == "{\"items\":[\(Self.transactionText)],\"nextCursor\":null}")
        let cut = Page(rows: [Self.transaction, Self.transaction], limit: 1) { $0.gid.description }
        #expect(try JSONLine.text(cut).contains("\"nextCursor\":\"MDE5"))
    }

    @Test("What a service sends more than is known here stays")
    func unknownMembers() throws {
        let text = Self.transactionText.dropLast() + ",\"zone\":{\"a\":[1,null]}}"
        let record = try JSONDecoder().decode(TransactionRecord.self, from: Data(text.utf8))
        #expect(try JSONLine.text(record) == text)
    }

    @Test("A publish's report: three lists")
    func report() throws {
        let report = PublishReport([
            .init(path: "a/b.md", result: .published(PublishedPost(Self.transaction, isAccepted: false))),
            .init(path: "c.md", result: .skipped(Self.id, revision: 2)),
            .init(path: "d.md", result: .refused(Refusal(code: "not-utf-8", detail: "No.", cause: .file))),
        ])
        #expect(
            try JSONLine.text(report.json) == """
                {"published":[{"gid":"\(Self.id)","id":"\(Self.id)","path":"a/b.md","revision":1,"status":"confirmed",\
                "url":"http://127.0.0.1:8000/posts/\(Self.id)"}],\
                "refused":[{"code":"not-utf-8","detail":"No.","path":"d.md"}],\
                "skipped":[{"id":"\(Self.id)","path":"c.md","revision":2,\
                "url":"http://127.0.0.1:8000/posts/\(Self.id)"}]}
                """
        )
    }

    @Test("A post side by side: null for what is absent")
    func comparison() throws {
        #expect(
            try JSONLine.text(PostComparison(draft: nil, live: nil))
                == "{\"agree\":true,\"difference\":null,\"draft\":null,\"online\":null}"
        )
    }

    @Test("No terminal obeys JSON either, and it means the same")
    func controlCharacters() throws {
        let text = try JSONLine.text(["title": "a\u{9B}2J\u{7F}\u{1B}[31m\n"])
        #expect(!text.unicodeScalars.contains { $0.properties.generalCategory == .control })
        #expect(
            try JSONDecoder().decode([String: String].self, from: Data(text.utf8))["title"]
                == "a\u{9B}2J\u{7F}\u{1B}[31m\n"
        )
    }
}
