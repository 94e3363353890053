import Hosting
import OrchestratorCommands
import TCC
import Testing

@Suite("Command line: what a watch looks like")
struct WatchFrameTests {
    private static let now = Timestamp("2026-11-22T12:00:05.250Z")!

    private static func record(
        _ number: UInt8,
        _ state: TransactionState,
        ageMilliseconds: Int64,
        error: String? = nil,
        isStuck: Bool = false
    ) -> TransactionRecord {
        var record = TransactionRecord(
            gid: WatchedTransactions.gid(number),
            action: "publish",
            owner: nil,
            labels: [:],
            branches: [ParticipantName("draft")!, ParticipantName("online")!],
            createdAt: Timestamp(milliseconds: now.milliseconds - ageMilliseconds)
        )
        record.state = state
        record.isStuck = isStuck
        record.branches[0].state = .confirmed
        record.branches[0].attempts = 2
        record.branches[1].state = state == .confirmed ? .confirmed : .reserved
        record.branches[1].attempts = 14
        record.branches[1].lastError = error
        if state.isFinished { record.finishedAt = record.createdAt + .milliseconds(12) }
        if state == .cancelled { record.reason = Problem(409, "revision-conflict", "") }
        return record
    }

    private func frame(
        _ records: [TransactionRecord],
        columns: Int = 80,
        rows: Int = 24,
        style: TerminalStyle = .text,
        _ change: (inout TransactionWatch) -> Void = { _ in }
    ) -> [String] {
        var watch = TransactionWatch(limit: 20)
        _ = watch.looked(records)
        change(&watch)
        let size = TerminalSize(columns: columns, rows: rows)
        return WatchFrame(watch, url: "http://127.0.0.1:8080", now: Self.now, size: size, style: style).lines
    }

    private static let some = [
        record(1, .confirming, ageMilliseconds: 3200, error: "connection refused"),
        record(2, .cancelled, ageMilliseconds: 45_000), record(3, .confirmed, ageMilliseconds: 7_500_000),
    ]

    @Test("On 80 columns: what is in flight with its calls and errors, then what has ended")
    func usualSize() {
        #expect(
            frame(Self.some).joined(separator: "\n") == """
                12:00:05Z  1 in flight  http://127.0.0.1:8080

                GID        STATE         AGE   TOOK  BRANCHES (CALLS)
                \u{2026}89000001  confirming  3.2 s      -  draft confirmed (2), online reserved (14)
                  online: connection refused
                \u{2026}89000002  cancelled    45 s  12 ms  draft (2), online (14): revision-conflict
                \u{2026}89000003  confirmed     2 h  12 ms  draft (2), online (14)
                """
        )
    }

    @Test("On a wide terminal: whole ids, and actions")
    func wide() {
        let lines = frame(Self.some, columns: 120)
        #expect(lines[2].hasPrefix("GID                                   ACTION   STATE"))
        #expect(lines[3].hasPrefix("0192f3c4-5d6e-7f80-9123-456789000001  publish  confirming"))
    }

    @Test("No frame is wider or higher than its terminal, and none is empty", arguments: 1...60)
    func fits(size: Int) {
        let stuck = Self.record(
            9,
            .confirming,
            ageMilliseconds: 9000,
            error: "\u{65E5}\u{672C}\u{1B}[2J",
            isStuck: true
        )
        let many = (10..<90).map { Self.record($0, .confirming, ageMilliseconds: 100, error: "no answer") }
        for (columns, rows) in [(size, 24), (80, size), (size, size)] {
            for style in TerminalStyle.allCases {
                let lines = frame(Self.some + [stuck] + many, columns: columns, rows: rows, style: style) {
                    $0.lookFailed(at: Self.now, reason: "http-503: the answer was HTTP 503.")
                }
                #expect(lines.count <= rows && !lines.isEmpty)
                for line in lines {
                    let bare = line.replacing(/\u{1B}\[[0-9;]*m/, with: "")
                    #expect(TerminalText.width(of: bare) <= columns)
                    #expect(!bare.unicodeScalars.contains { $0.properties.generalCategory == .control })
                }
            }
        }
    }

    @Test("What does not fit is counted, and a few of the ended ones keep their place")
    func tooMany() {
        let many = (10..<60).map { Self.record($0, .confirming, ageMilliseconds: 100) }
        let lines = frame(Self.some + many, rows: 14)
        #expect(lines.count == 14)
        #expect(lines[11] == "\u{2026} and 44 more in flight")
        #expect(lines[12].contains("cancelled") && lines[13].contains("confirmed"))
        #expect(frame(many, rows: 100).count == 53)
    }

    @Test("What needs a person is said at the top, and in red")
    func stuck() {
        let lines = frame(
            [Self.record(1, .confirming, ageMilliseconds: 0, error: "409", isStuck: true)],
            style: .coloured
        )
        #expect(lines[0].hasPrefix("\u{1B}[1;31m12:00:05Z  1 in flight, 1 STUCK"))
        #expect(lines[3].contains("\u{1B}[1;31mconfirming, STUCK\u{1B}[0m"))
        #expect(lines[4] == "\u{1B}[1;31m  online: 409\u{1B}[0m")
    }

    @Test("An outage is told of above the table, which stays")
    func outage() {
        let lines = frame(Self.some) { $0.lookFailed(at: Self.now - .seconds(8)) }
        #expect(lines[1] == "not reachable since 11:59:57Z, trying again")
        #expect(lines.count == 7)
        let refused = frame(Self.some) { $0.lookFailed(at: Self.now, reason: "token-invalid: no") }
        #expect(refused[1] == "no list since 12:00:05Z: token-invalid: no, trying again")
    }

    @Test("More in flight than a look reads is told of")
    func partial() {
        let lines = frame([]) { _ = $0.looked(Self.some, isPartial: true) }
        #expect(lines[0].contains("1+ in flight"))
    }

    @Test("Where there is nothing, that is said")
    func nothing() {
        #expect(frame([])[2] == "There are no transactions yet.")
    }

    @Test(
        "Durations are short",
        arguments: [
            (-5, "0 ms"), (0, "0 ms"), (999, "999 ms"), (1000, "1.0 s"), (9999, "9.9 s"), (10_000, "10 s"),
            (99_999, "99 s"), (100_000, "1 min"), (5_999_999, "99 min"), (6_000_000, "1 h"), (172_800_000, "2 d"),
        ] as [(Int64, String)]
    )
    func durations(milliseconds: Int64, text: String) {
        #expect(WatchFrame.duration(milliseconds) == text)
        #expect(text.count <= 6)
    }

    @Test("In a pipe a transaction is a line")
    func line() {
        #expect(
            TransactionTables.line(Self.some[0], at: Self.now) == """
                2026-11-22T12:00:05.250Z  0192f3c4-5d6e-7f80-9123-456789000001  publish  confirming  \
                draft confirmed (2), online reserved (14)  online: connection refused
                """
        )
    }
}
