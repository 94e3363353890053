import Pages
import Posts
import TCC
import Testing

@Suite("A transaction in words, and the feed")
struct StepsModelTests {
    private static let start = Timestamp(milliseconds: 1_795_000_000_000)

    private static func record(_ state: TransactionState, _ action: String = "publish") throws -> TransactionRecord {
        let names = [try #require(ParticipantName("draft")), try #require(ParticipantName("online"))]
        var generator = SplitMix(state: 1)
        var record = TransactionRecord(
            gid: UUIDv7(at: start, using: &generator),
            action: action,
            owner: "ann",
            labels: ["revision": .integer(4)],
            branches: names,
            createdAt: start
        )
        record.state = state
        func add(_ kind: TimelineEvent.Kind, _ branch: ParticipantName? = nil, _ detail: String? = nil) {
            let at = Timestamp(milliseconds: start.milliseconds + Int64(record.timeline.count))
            record.timeline.append(TimelineEvent(at: at, event: kind, branch: branch, detail: detail))
        }
        add(.tried, names[0], "reserved")
        add(.tried, names[1], state.decision == .cancel ? "refused: post-is-live" : "reserved")
        return record
    }

    @Test func aPublishIsTold() throws {
        let model = StepsModel(try Self.record(.confirmed), Words(.english))
        #expect(model.result == "Published: both libraries have revision 4" && model.tone == "good" && model.isFinished)
        #expect(
            model.events.map(\.text) == [
                "Begun, and written down", "The draft library has reserved", "The live library has reserved",
            ]
        )
        #expect(model.events.map(\.after) == ["0 ms", "1 ms", "2 ms"])
        #expect(model.branches.map(\.name) == ["The draft library", "The live library"])
    }

    @Test func aRefusalHasItsReason() throws {
        var record = try Self.record(.cancelled, "delete")
        record.reason = Problem(409, "post-is-live", "")
        let model = StepsModel(record, Words(.chinese))
        #expect(model.result == "没有任何改动" && model.reason == "读者正看到这篇文章。请先撤回，再删除。" && model.tone == "bad")
        #expect(model.events.last?.text == "线上库已拒绝")
    }

    /// What was called off can be asked for again, unless the same would be refused again.
    @Test(arguments: [
        ("publish-in-progress", true), ("participant-unavailable", true), ("deadline-passed", true),
        ("post-is-live", false), ("revision-conflict", false), ("not-found", false),
    ])
    func aRefusalCanBeTriedAgain(_ code: String, _ mayHelp: Bool) throws {
        var record = try Self.record(.cancelled)
        record.reason = Problem(409, code, "")
        let retry = Retry(of: record, post: record.gid, token: "t")
        #expect((retry != nil) == mayHelp)
        guard let retry else { return }
        #expect(retry.action == "/write/\(record.gid)/publish" && retry.revision == "4" && retry.formToken == "t")
        #expect(retry.key == record.gid.description)
    }

    @Test(arguments: [TransactionState.trying, .confirming, .confirmed])
    func whatIsNotCalledOffIsNotTriedAgain(_ state: TransactionState) throws {
        #expect(Retry(of: try Self.record(state), post: try Self.record(state).gid, token: "t") == nil)
    }

    /// The details are those that the coordinator writes.
    @Test(arguments: [
        ("no usable answer: connection refused", "The live library did not answer in time"),
        ("deadline passed", "The live library did not answer in time"),
        ("rejected: 422 invalid-field", "The live library does not accept the request"),
        ("refused: not-published", "The live library has refused"),
        ("reserved", "The live library has reserved"),
    ])
    func whatALibraryAnsweredIsToldAsItWas(_ detail: String, _ text: String) throws {
        var record = try Self.record(.cancelled)
        record.timeline[record.timeline.count - 1].detail = detail
        #expect(StepsModel(record, Words(.english)).events.last?.text == text)
    }

    @Test func whatIsDecidedIsToldAsSuch() throws {
        let model = StepsModel(try Self.record(.confirming), Words(.english))
        #expect(!model.isFinished && model.hint != nil && model.tone == "busy")
    }

    /// Every character is one that XML 1.0 has: with another one no reader opens the feed.
    @Test func theFeedIsWellFormedWhateverTheTitle() throws {
        let odd = [0, 1, 8, 0xB, 0xC, 0xE, 0x1F, 0xFFFE, 0xFFFF].compactMap { Unicode.Scalar($0 as UInt32) }
        let fine = "\u{FFFD}\u{FFFC}\u{FEFF}\u{FFBE}\u{FF0C}\u{7F}\u{E000}\u{1FFFE}\u{10FFFF}]]>"
        let post = Post(
            id: UUIDv7(leastAt: Self.start),
            author: fine,
            title: String(String.UnicodeScalarView(odd)),
            content: nil,
            revision: 1,
            publishedAt: Self.start,
            updatedAt: Self.start
        )
        let xml = AtomFeed.write([post], publicURL: "https://posts.example", Words(.english))
        let isWellFormed = xml.unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
            default: false
            }
        }
        #expect(isWellFormed)
        #expect(xml.contains("<title>" + String(repeating: "\u{FFFD}", count: odd.count) + "</title>"))
        #expect(xml.contains("<name>" + fine.replacing(">", with: "&gt;") + "</name>"))
    }

    @Test func theFeedIsEscapedAndAbsolute() throws {
        let post = Post(
            id: UUIDv7(leastAt: Self.start),
            author: "a & b",
            title: "<\u{1}x>",
            content: nil,
            revision: 1,
            publishedAt: Self.start,
            updatedAt: Self.start
        )
        let xml = AtomFeed.write([post], publicURL: "https://posts.example", Words(.english))
        #expect(xml.contains(" xml:lang=\"en\">") && xml.contains("<title>The Library</title>"))
        #expect(AtomFeed.write([], publicURL: "http://x", Words(.chinese)).contains(" xml:lang=\"zh-Hans\">"))
        #expect(xml.contains("<title>&lt;\u{FFFD}x&gt;</title>") && xml.contains("<name>a &amp; b</name>"))
        #expect(xml.contains("href=\"https://posts.example/posts/\(post.id)\""))
        #expect(xml.contains("<updated>2026-11-18T11:06:40.000Z</updated>"))
        #expect(
            AtomFeed.write([], publicURL: "http://x", Words(.english))
                .contains("<updated>1970-01-01T00:00:00.000Z</updated>")
        )
    }
}
