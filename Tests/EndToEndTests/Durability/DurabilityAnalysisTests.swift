import Foundation
import Testing

/// The check of traces, without processes: on lines as strace writes them.
@Suite("Reading what was synced from a trace")
struct DurabilityAnalysisTests {
    private static let gid = "01a2050a-793d-7194-aa98-31bf23bfa091"

    // MARK: Lines

    @Test func aCallIsReadWithItsFileBytesAndResult() throws {
        let line = #"15515 20:55:02.2 pwrite64(15</d/journal.sqlite-wal>, "\0\0\5A\"\\\n\377\0015", 24, 70072) = 24"#
        let call = try #require(SystemCall.read(Array(line.utf8)).first)
        #expect(call.name == "pwrite64")
        #expect(call.file == "/d/journal.sqlite-wal")
        #expect(call.bytes == [0, 0, 5, 0x41, 0x22, 0x5C, 0x0A, 0xFF, 1, 0x35])
        #expect(call.result == 24)
        #expect(call.isLogWrite)
    }

    @Test func aCallInTwoLinesIsEnteredOnOneAndReturnsOnTheOther() throws {
        let trace = """
            7 fdatasync(15</d/j-wal> <unfinished ...>
            8 20:55:02.2 read(28<socket:[9]>,  <unfinished ...>
            7 <... fdatasync resumed>)            = 0
            9 write(3<pipe:[1]>, "x) = 7"..., 1) = 1
            8 20:55:02.3 <... read resumed>"GET", 2048) = 3
            """
        let calls = SystemCall.read(Array(trace.utf8))
        #expect(calls.map(\.entered) == [0, 1, 3])
        #expect(calls.map(\.returned) == [2, 4, 3])
        #expect(calls.map(\.result) == [0, 3, 1])
        #expect(calls[0].isLogSync)
        #expect(calls[1].isReceive && calls[1].bytes == Array("GET".utf8))
    }

    @Test func theStringsOfAVectorAreOne() throws {
        let line = #"7 writev(27<socket:[2]>, [{iov_base="HTTP", iov_len=4}, {iov_base="/1", iov_len=2}], 2) = 6"#
        let call = try #require(SystemCall.read(Array(line.utf8)).first)
        #expect(call.bytes == Array("HTTP/1".utf8))
        #expect(call.result == 6)
        #expect(call.isSend)
    }

    @Test(
        arguments: [
            "7 fdatasync(15</d/j-wal>) = -1 EIO (Input/output error)", "7 fdatasync(15</d/j-wal> <unfinished ...>",
            "7 fdatasync(15</d/j-wal>) = ?",
        ]
    )
    func aSyncThatFailedOrNeverReturnedIsNone(_ line: String) {
        #expect(!SystemCall.read(Array(line.utf8)).contains { $0.isLogSync })
    }

    @Test(arguments: ["", "7 +++ exited with 0 +++", "7 --- SIGTERM {si_signo=SIGTERM} ---", "7 brk(NULL) = 1", "x: ?"])
    func otherLinesAreNoCalls(_ line: String) {
        #expect(SystemCall.read(Array(line.utf8)).isEmpty)
    }

    // MARK: The orchestrator

    private enum Step {
        static let header = #"1 pwrite64(5</d/j-wal>, "\0\0\0\4\0\0\0\0abcdabcdabcdabcd", 24, 32) = 24"#
        static let lastHeader = #"1 pwrite64(5</d/j-wal>, "\0\0\0\4\0\0\0\7abcdabcdabcdabcd", 24, 32) = 24"#
        static let sync = "1 fdatasync(5</d/j-wal>) = 0"

        static func page(_ row: String) -> String {
            #"1 pwrite64(5</d/j-wal>, "\n\000\#(gid)\#(row)\7\#(gid)x", 4096, 56) = 4096"#
        }

        static func commit(_ row: String) -> [String] { [header, page("nothing"), lastHeader, page(row)] }

        static func call(_ operation: String, on socket: Int = 1) -> [String] {
            [
                #"2 write(6<socket:[\#(socket)]>, "POST /tcc/\#(operation) HTTP/1.1\r\nx: y\r\n\r\n", 9) = 9"#,
                #"2 write(6<socket:[\#(socket)]>, "{\"gid\":\"\#(gid)\",\"branch\":\"draft\",\"action\":\"publish\"}", 9) = 9"#,
                #"2 read(6<socket:[\#(socket)]>, "HTTP/1.1 200 OK\r\n\r\n{}", 9) = 9"#,
            ]
        }

        static let question = #"2 read(7<socket:[7]>, "POST /v1/posts HTTP/1.1\r\n\r\n{}", 99) = 9"#

        static func answer(_ status: Int, _ state: String) -> String {
            let body = #"HTTP/1.1 \#(status) X\r\n\r\n{\"gid\":\"\#(gid)\",\"state\":\"\#(state)\"}"#
            return #"2 write(7<socket:[7]>, "\#(body)", 99) = 99"#
        }
    }

    private static let goodOrchestrator: [[String]] = [
        [Step.question], Step.commit("publishtryingann"), [Step.sync], Step.call("try"),
        Step.commit("publishconfirmingann"), [Step.sync], Step.call("confirm"), [Step.answer(200, "confirmed")],
    ]

    private func orchestrator(_ steps: [[String]]) -> DurabilityAnalysis {
        .orchestrator(Array(steps.joined().joined(separator: "\n").utf8))
    }

    @Test func whatIsSyncedBeforeItIsSentIsWell() {
        let analysis = orchestrator(Self.goodOrchestrator)
        #expect(analysis.violations == [])
        #expect(analysis.counts == ["try": 1, "confirm": 1, "answer 200": 1])
        #expect(analysis.records.commits == 2)
        #expect(analysis.records.syncs == 2)
    }

    @Test func withoutTheSyncOfTheBeginTheTryIsTooEarly() {
        var steps = Self.goodOrchestrator
        steps.remove(at: 2)
        // The decision's sync brings the begin record to disk as well, too late for the try.
        #expect(orchestrator(steps).violations.map { $0.contains("try of \(Self.gid): on disk only") } == [true])
    }

    @Test func withoutTheSyncOfTheDecisionConfirmAndAnswerAreTooEarly() {
        var steps = Self.goodOrchestrator
        steps.remove(at: 5)
        #expect(orchestrator(steps).violations.map { $0.contains("never on disk") } == [true, true])
    }

    @Test func aSyncThatReturnsAfterTheSendIsTooLate() {
        var steps = Self.goodOrchestrator
        steps[5] = ["1 fdatasync(5</d/j-wal> <unfinished ...>"]
        steps[6] += ["1 <... fdatasync resumed>) = 0"]
        #expect(orchestrator(steps).violations.map { $0.contains("confirm of") } == [true])
        steps[6].removeLast()
        steps[7] += ["1 <... fdatasync resumed>) = 0"]
        #expect(orchestrator(steps).violations.count == 2)
    }

    @Test func aSyncThatBeganBeforeTheCommitWasWrittenDoesNotCount() {
        var steps = Self.goodOrchestrator
        steps[4].insert("3 fdatasync(5</d/j-wal> <unfinished ...>", at: 0)
        steps[5] = ["3 <... fdatasync resumed>) = 0"]
        #expect(orchestrator(steps).violations.count == 2)
    }

    @Test func aSyncBetweenAPageAndTheLastFrameOfItsCommitDoesNotCount() {
        var steps = Self.goodOrchestrator
        steps[4] = [Step.header, Step.page("publishconfirming"), Step.sync, Step.lastHeader, Step.page("nothing")]
        steps[5] = []
        #expect(orchestrator(steps).violations.count == 2)
    }

    @Test func aFailedSyncDoesNotCount() {
        var steps = Self.goodOrchestrator
        steps[5] = ["1 fdatasync(5</d/j-wal>) = -1 EIO (Input/output error)"]
        #expect(orchestrator(steps).violations.count == 2)
    }

    @Test func anotherFilesSyncDoesNotCount() {
        var steps = Self.goodOrchestrator
        steps[5] = ["1 fdatasync(5</d/j>) = 0"]
        #expect(orchestrator(steps).violations.count == 2)
    }

    @Test func theOppositeDecisionDoesNotCount() {
        var steps = Self.goodOrchestrator
        steps[4] = Step.commit("publishcancellingann")
        #expect(orchestrator(steps).violations.count == 2)
        steps[6] = Step.call("cancel")
        steps[7] = [Step.answer(409, "cancelled")]
        #expect(orchestrator(steps).violations == [])
    }

    @Test func aPendingTransactionMayBeShownUndecided() {
        var steps = Self.goodOrchestrator
        steps[4...] = [[Step.answer(202, "trying")]]
        #expect(orchestrator(steps).violations == [])
    }

    // MARK: Participants

    private func request(_ operation: String) -> String {
        let body = #"{\"gid\":\"\#(Self.gid)\",\"branch\":\"draft\",\"action\":\"publish\"}"#
        return #"2 read(6<socket:[1]>, "POST /tcc/\#(operation) HTTP/1.1\r\n\r\n\#(body)", 9) = 9"#
    }

    private func answer(_ outcome: String, status: Int = 200) -> String {
        #"2 write(6<socket:[1]>, "HTTP/1.1 \#(status) X\r\n\r\n{\"outcome\":\"\#(outcome)\"}", 9) = 9"#
    }

    private func participant(_ steps: [String]) -> DurabilityAnalysis {
        .participant(Array(steps.joined(separator: "\n").utf8))
    }

    @Test(arguments: [("try", "reserved"), ("confirm", "confirmed"), ("cancel", "cancelled")])
    func anOutcomeIsSyncedBeforeItIsAnswered(_ operation: String, _ outcome: String) {
        let written = Step.commit("draftpublish\(outcome)")
        let good = [request(operation)] + written + [Step.sync, answer(outcome)]
        #expect(participant(good).violations == [])
        #expect(participant(good).counts == ["\(operation) is \(outcome)": 1])
        let unsynced = [request(operation)] + written + [answer(outcome)]
        #expect(participant(unsynced).violations.count == 1)
        let late = [request(operation)] + written + [answer(outcome), Step.sync]
        #expect(participant(late).violations.count == 1)
        let early = [request(operation), Step.sync] + written + [answer(outcome)]
        #expect(participant(early).violations.count == 1)
        // What comes again was written before.
        #expect(participant(good + [request(operation), answer(outcome)]).violations == [])
    }

    @Test(arguments: ["confirmed", "cancelled"])
    func aReservationMayBeOnDiskAsWhatBecameOfItInTheSameCommit(_ outcome: String) {
        let steps = [request("try")] + Step.commit("draftpublish\(outcome)") + [Step.sync, answer("reserved")]
        #expect(participant(steps).violations == [])
        #expect(participant(steps.filter { $0 != Step.sync }).violations.count == 1)
    }

    @Test func aRefusalClaimsNothing() {
        let analysis = participant([request("try"), answer("reserved", status: 409)])
        #expect(analysis.violations == [] && analysis.claims == [])
    }

    @Test func whatCannotBeReadIsNotPassedOver() {
        let line = #"2 read(6<socket:[1]>, "POST /tcc/try HTTP/1.1\r\n\r\n{\"gid"..., 9) = 9"#
        #expect(participant([line, answer("reserved")]).violations.count == 1)
    }

    @Test func aBatchClaimsWhateverItsResultsSay() {
        let call = #"\"gid\":\"\#(Self.gid)\",\"branch\":\"draft\",\"action\":\"publish\"}"#
        let body = #"{\"calls\":[{\"op\":\"try\",\#(call),{\"op\":\"confirm\",\#(call),{\"op\":\"cancel\",\#(call)]}"#
        let batch = #"2 read(6<socket:[1]>, "POST /tcc/batch HTTP/1.1\r\n\r\n\#(body)", 9) = 9"#
        let results = #"[{\"outcome\":\"reserved\"},{\"outcome\":\"confirmed\"},{\"status\":409}]"#
        let answer = #"2 write(6<socket:[1]>, "HTTP/1.1 200 OK\r\n\r\n{\"results\":\#(results)}", 9) = 9"#
        let good = [batch] + Step.commit("draftpublishconfirmed") + [Step.sync, answer]
        #expect(participant(good).violations == [])
        #expect(participant(good).claims.count == 2)
        #expect(participant(good.filter { $0 != Step.sync }).violations.count == 2)
    }
}
