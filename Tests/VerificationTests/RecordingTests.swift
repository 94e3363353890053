import Foundation
import TCC
import Testing
import Verification

@Suite("A recorded history")
struct RecordingTests {
    private static let gid = "019ab000-0000-7000-8000-000000000001"
    private static let post = "019ab000-0000-7000-8000-0000000000a1"

    /// A line of each type and form, as the format has it.
    private static let lines = [
        #"{"at":0,"command":"chaos run --seed 7","durationMilliseconds":60000,"faults":["kill","reply-loss","disk-full"],"leftOut":{"clock":"libfaketime is not installed"},"minimum":{"confirmed":10,"failpoints":1,"faults":3,"refused":2},"revision":null,"seed":18446744073709551615,"startedAt":"2026-11-22T12:00:05.250Z","type":"run","version":1}"#,
        #"{"at":1.5,"client":0,"id":1,"request":{"author":"ann","intent":"publishNew","key":"k/1","text":{"content":"</script>\n","title":"é"}},"type":"invoke"}"#,
        #"{"at":2,"client":1,"id":2,"request":{"author":"ann","ifMatch":"\"2\"","intent":"republish","key":"k2","post":"\#(post)","text":{"content":"","title":"t"}},"type":"invoke"}"#,
        #"{"at":2,"client":1,"id":3,"request":{"author":"ann","intent":"publishSaved","key":"k3","post":"\#(post)"},"type":"invoke"}"#,
        #"{"at":2,"client":1,"id":4,"request":{"author":"ann","intent":"withdraw","key":"k4","post":"\#(post)"},"type":"invoke"}"#,
        #"{"at":2,"client":1,"id":5,"request":{"author":"ann","base":3,"intent":"chargedPublish","key":"k5","post":"\#(post)","revision":4,"text":{"content":"","title":"t"}},"type":"invoke"}"#,
        #"{"at":2,"client":1,"id":6,"request":{"author":"ann","intent":"chargedWithdraw","key":"k6","post":"\#(post)"},"type":"invoke"}"#,
        #"{"at":2,"client":1,"id":7,"request":{"author":"ann","intent":"other","key":"k7","participants":["quota"]},"type":"invoke"}"#,
        #"{"at":2,"client":1,"id":11,"request":{"author":"ann","intent":"delete","key":"k11","post":"\#(post)"},"type":"invoke"}"#,
        #"{"at":3,"error":null,"gid":"\#(gid)","id":1,"post":"\#(post)","status":200,"type":"ok"}"#,
        #"{"at":3,"error":"publish-in-progress","gid":null,"id":2,"post":null,"status":409,"type":"refused"}"#,
        #"{"at":3,"error":"the connection was lost","gid":null,"id":3,"post":null,"status":null,"type":"unknown"}"#,
        #"{"at":4,"client":1,"id":8,"post":"\#(post)","text":{"content":"","title":"s"},"type":"save"}"#,
        #"{"at":4,"id":8,"revision":2,"type":"saved"}"#,
        #"{"at":4,"client":1,"id":9,"post":"\#(post)","text":{"content":"","title":"s2"},"type":"save"}"#,
        #"{"at":4,"id":9,"type":"maybeSaved"}"#,
        #"{"at":4,"client":1,"id":10,"post":"\#(post)","text":{"content":"","title":"s3"},"type":"save"}"#,
        #"{"at":4,"id":10,"type":"notSaved"}"#,
        #"{"at":5,"library":"online-service","post":"\#(post)","revision":1,"title":"é","type":"saw"}"#,
        #"{"at":5,"library":"draft-service","post":"\#(post)","type":"gone"}"#,
        #"{"at":6,"decision":"confirm","invariant":1,"subject":"\#(gid)","type":"decision"}"#,
        #"{"at":7,"detail":"SIGKILL","kind":"kill","party":"orchestrator","type":"fault","untilMilliseconds":null}"#,
        #"{"at":7.25,"detail":null,"kind":"disk-full","party":"draft-service","type":"fault","untilMilliseconds":900}"#,
        #"{"at":8,"type":"healed"}"#,
        #"{"at":8,"milliseconds":130.5,"party":"orchestrator","type":"ready"}"#,
        #"{"at":8,"milliseconds":41,"transactions":3,"type":"recovered"}"#,
        #"{"at":8,"hits":{"coordinator.begin.after":2},"party":"orchestrator","type":"failpoints"}"#,
        #"{"at":8,"found":"a replayed call was answered 500","invariant":3,"type":"contradiction"}"#,
        #"{"at":9,"branches":[{"isAcknowledged":true,"name":"draft","state":"confirmed"}],"caller":"author:ann","decidedAt":1700000000000,"decisions":1,"gid":"\#(gid)","isFinished":true,"liveKey":"k/1","postID":"\#(post)","revision":1,"state":"confirmed","type":"journal"}"#,
        #"{"at":9,"branch":"draft","gid":"\#(gid)","participant":"draft","state":"confirmed","type":"barrier"}"#,
        #"{"at":9,"author":"ann","content":"c","createdAt":"2026-11-22T12:00:05.250Z","id":"\#(post)","nextRevision":2,"publishedRevision":1,"revision":1,"status":"published","title":"é","type":"draft","updatedAt":"2026-11-22T12:00:05.250Z"}"#,
        #"{"at":9,"author":"ann","content":"c","id":"\#(post)","publishedAt":"2026-11-22T12:00:05.250Z","revision":1,"title":"é","type":"post","updatedAt":"2026-11-22T12:00:05.250Z"}"#,
        #"{"at":9,"count":3,"type":"spent"}"#,
        #"{"at":10,"reason":null,"type":"end","verdict":"valid"}"#,
    ]

    private static func data(_ lines: some Sequence<String>) -> Data {
        Data(lines.map { "\($0)\n" }.joined().utf8)
    }

    private static func encoded(_ line: RecordedLine) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(line), as: UTF8.self)
    }

    @Test("Every type of line is read, and written as it was", arguments: lines)
    func roundTrip(text: String) throws {
        let line = try JSONDecoder().decode(RecordedLine.self, from: Data(text.utf8))
        #expect(try Self.encoded(line) == text)
    }

    @Test("What is made in code is written as the format has it")
    func constructors() throws {
        let gid = try #require(UUIDv7(Self.gid))
        let post = try #require(UUIDv7(Self.post))
        let request = Request(.publishNew(RevisionText(title: "é", content: "</script>\n")), author: "ann", key: "k/1")
        let run = RecordedRun(
            command: "chaos run --seed 7",
            seed: .max,
            faults: [.kill, .replyLoss, .diskFull],
            leftOut: [.clock: "libfaketime is not installed"],
            durationMilliseconds: 60_000,
            startedAt: try #require(Timestamp("2026-11-22T12:00:05.250Z")),
            minimum: .init(confirmed: 10, refused: 2, faults: 3, failpoints: 1)
        )
        let kill = RecordedFault(.kill, party: "orchestrator", detail: "SIGKILL")
        for (line, text) in [
            (RecordedLine(at: 0, .run(run)), Self.lines[0]),
            (RecordedLine(at: 1.5, .invoke(id: 1, client: 0, request)), Self.lines[1]),
            (RecordedLine(at: 3, .answered(1, status: 200, gid: gid, post: post)), Self.lines[9]),
            (RecordedLine(at: 3, .answered(2, status: 409, error: "publish-in-progress")), Self.lines[10]),
            (RecordedLine(at: 3, .answered(3, status: nil, error: "the connection was lost")), Self.lines[11]),
            (RecordedLine(at: 7, .fault(kill)), Self.lines[21]),
        ] {
            #expect(try Self.encoded(line) == text)
        }
    }

    @Test(
        "A caller may conclude what the contract says",
        arguments: [
            (200, .ok), (202, .ok), (404, .refused), (409, .refused), (412, .refused), (429, .refused), (502, .refused),
            (503, .refused), (500, .unknown), (504, .unknown), (nil, .unknown),
        ] as [(Int?, RecordedAnswer.Conclusion)]
    )
    func conclusions(status: Int?, conclusion: RecordedAnswer.Conclusion) {
        #expect(RecordedAnswer(id: 1, status: status).conclusion == conclusion)
    }

    @Test("All lines together are a final state with its history, and the run's facts")
    func fold() throws {
        let recording = try Recording(Self.data(Self.lines))
        #expect(recording.lines.count == Self.lines.count)
        #expect(recording.run?.seed == .max)
        #expect(!recording.isTorn)
        #expect(recording.isDumped)
        #expect(recording.end?.verdict == .valid)
        #expect(recording.answers == [.ok: 1, .refused: 1, .unknown: 1])
        #expect(recording.faults == [.kill: 1, .diskFull: 1])
        #expect(recording.failpoints == ["coordinator.begin.after": 2])
        let (state, history) = (recording.state, recording.state.history)
        #expect(state.journal.count == 1)
        #expect(state.barriers.count == 1)
        #expect(state.drafts.map(\.title) == ["é"])
        #expect(state.posts.map(\.title) == ["é"])
        #expect(state.spent == 3)
        #expect(history.attempts.count == 8)
        #expect(history.attempts.map { $0.answer?.status } == [200, 409, nil, nil, nil, nil, nil, nil])
        #expect(history.saves.values.flatMap(\.values).map(\.title) == ["s"])
        #expect(history.uncertainSaves.map(\.title) == ["s2"])
        #expect(history.sightings.map(\.revision) == [1])
        #expect(history.decisions == [Self.gid: "confirm"])
        #expect(history.contradictions.map(\.invariant) == [3])
    }

    @Test("A last line that was cut off while it was written is left out, and noted", arguments: [1, 20, 100])
    func torn(cut: Int) throws {
        let recording = try Recording(Data(Self.data(Self.lines[..<2]).dropLast(cut)))
        // Without its end only, the last line is still whole.
        #expect(recording.isTorn == (cut > 1))
        #expect(recording.lines.count == (cut > 1 ? 1 : 2))
        #expect(recording.end == nil)
    }

    @Test(
        "A line that cannot be is an error that names the line and says what to do",
        arguments: [
            ("not JSON", "line 2 is not JSON"),
            (#"{"type":"healed"}"#, "line 2 has no 'at'"),
            (#"{"at":1}"#, "line 2 has no 'type'"),
            (#"{"at":1,"type":"rumour"}"#, "line 2 has a 'type' that cannot be"),
            (#"{"at":-1,"type":"healed"}"#, "line 2 has the time -1"),
            (#"{"at":1e300,"type":"healed"}"#, "line 2 has the time 1e+300"),
            (#"{"at":1,"type":"spent","count":"3"}"#, "line 2 has another kind of value as 'count'"),
            (#"{"at":1,"type":"ok","id":1,"status":409}"#, "line 2 has a 'type' that cannot be"),
            (#"{"at":1,"type":"ok","id":1,"status":200}"#, "line 2 answers request 1, which was not sent"),
            (#"{"at":1,"type":"saved","id":1,"revision":2}"#, "line 2 ends save 1, which was not begun"),
            (lines[0], "line 2 says again what runs"),
        ]
    )
    func malformed(line: String, message: String) throws {
        let data = Self.data([Self.lines[0], line, #"{"at":2,"type":"healed"}"#])
        let error = try #require(throws: UnreadableRecording.self) { try Recording(data) }
        #expect(error.description.hasPrefix(message))
        #expect(error.description.contains("as the run wrote it"))
    }

    @Test("A version that this program does not know is refused")
    func version() throws {
        let line = Self.lines[0].replacing(#""version":1"#, with: #""version":2"#)
        let error = try #require(throws: UnreadableRecording.self) { try Recording(Self.data([line])) }
        #expect(error.description.hasPrefix("line 1 has a 'version' that cannot be: is 2"))
    }

    @Test("The end is the end, and a number is given once")
    func orderOfLines() throws {
        let afterEnd = Self.data(Self.lines + [#"{"at":11,"type":"healed"}"#])
        #expect(throws: UnreadableRecording.self) { try Recording(afterEnd) }
        #expect(throws: UnreadableRecording.self) {
            try Recording(Self.data([Self.lines[0], Self.lines[1], Self.lines[1]]))
        }
    }

    @Test("Bytes may come in any pieces")
    func pieces() throws {
        let data = Self.data(Self.lines)
        for size in [1, 7, 1000] {
            var reader = RecordingReader()
            var count = 0
            for start in stride(from: 0, to: data.count, by: size) {
                try reader.read(data[start..<min(start + size, data.count)]) { _, number in
                    count += 1
                    #expect(number == count)
                }
            }
            try reader.finish { _, _ in count += 1 }
            #expect(count == Self.lines.count)
        }
    }

    @Test("What writers write at once is read back whole, and in the order of its times")
    func writer() async throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "history-\(UUID()).jsonl")
        defer { try? FileManager.default.removeItem(at: url) }  // `try?`: it may not be there
        let writer = try RecordingWriter(creating: url)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    for _ in 0..<50 { try writer.write(.failpoints(party: "party \(number)", hits: ["a": 1])) }
                }
            }
            try await group.waitForAll()
        }
        try writer.write(.end(.valid, reason: nil))
        let recording = try Recording(contentsOf: url)
        #expect(recording.lines.count == 401)
        #expect(recording.failpoints == ["a": 400])
        #expect(recording.lines.map(\.at) == recording.lines.map(\.at).sorted())
    }
}
