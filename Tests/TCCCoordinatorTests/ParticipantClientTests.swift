import Foundation
import Hummingbird
import Logging
import NIOCore
import Synchronization
import TCC
import TCCCoordinator
import TCCHTTP
import Testing

@Suite("Calls to a participant over HTTP", .timeLimit(.minutes(1)))
struct ParticipantClientTests {
    private static let gid = UUIDv7(leastAt: Timestamp(milliseconds: 7))

    private func request(_ operation: TCC.Operation) -> BranchRequest {
        let deadline = operation == .try ? #","deadline":"2026-11-22T12:00:05.000Z","payload":{}"# : ""
        let text = #"{"gid":"\#(Self.gid)","branch":"online","action":"publish"\#(deadline)}"#
        return BranchRequest(operation, ByteBuffer(string: text))
    }

    /// What comes of a request to a participant that answers so, and what it was asked.
    private func call(
        _ calls: [BranchRequest],
        answering status: Int,
        _ body: String,
        _ type: String = "application/json"
    ) async throws -> (result: RequestResult, path: String, body: String) {
        let seen = Mutex<(path: String, body: String)>(("", ""))
        let router = Router()
        router.post("/**") { request, _ in
            let content = try await request.body.collect(upTo: 1 << 20)
            seen.withLock { $0 = (request.uri.path, String(buffer: content)) }
            return Response(
                status: .init(code: status),
                headers: [.contentType: type],
                body: .init(byteBuffer: ByteBuffer(string: body))
            )
        }
        let (ports, port) = AsyncStream<Int>.makeStream()
        let application = Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in port.yield(channel.localAddress?.port ?? 0) },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let result = try await withThrowingTaskGroup(of: RequestResult?.self) { group in
            group.addTask {
                try await application.run()
                return nil
            }
            var found = ports.makeAsyncIterator()
            let number = try #require(await found.next())
            group.addTask {
                let client = JSONClient(connectionsPerHost: 8)
                let participant = Participant(name: ParticipantName("online")!, url: "http://127.0.0.1:\(number)")
                let secret = Data(repeating: 0x73, count: 32)
                let authority = await TokenAuthority(secret: secret, subject: "orchestrator")
                let result = await ParticipantClient(client: client, authority: authority, callTimeout: .seconds(5))
                    .call(participant, calls)
                try await client.shutdown()
                return result
            }
            defer { group.cancelAll() }
            return try #require(try await group.next() ?? nil)
        }
        return seen.withLock { (result, $0.path, $0.body) }
    }

    @Test func oneCallGoesToItsOwnEndpoint() async throws {
        let call = try await call([request(.confirm)], answering: 200, #"{"outcome":"confirmed"}"#)
        #expect(call.path == "/tcc/confirm")
        #expect(call.result == .each([.answered(BranchAnswer(status: 200, outcome: .confirmed))]))
    }

    @Test func severalAreABatchWithTheirAnswersInOrder() async throws {
        let answer = """
            {"results":[{"status":200,"outcome":"reserved"},
              {"status":409,"problem":{"code":"not-reserved","title":"T","detail":"D","status":409},"retryAfterSeconds":3},
              {"status":409,"problem":{"title":"No code"}},{"status":500},{"status":200,"outcome":"what?"}]}
            """
        let call = try await call(
            [.try, .confirm, .cancel, .try, .try].map(request),
            answering: 200,
            answer
        )
        #expect(call.path == "/tcc/batch")
        let sent = try #require(
            try JSONSerialization.jsonObject(with: Data(call.body.utf8)) as? [String: [[String: Any]]]
        )
        #expect(sent["calls"]?.map { $0["op"] as? String } == ["try", "confirm", "cancel", "try", "try"])
        #expect(sent["calls"]?.allSatisfy { $0["gid"] as? String == Self.gid.description } == true)
        guard case .each(let results) = call.result else {
            Issue.record("refused together")
            return
        }
        #expect(results.count == 5)
        #expect(results[0] == .answered(BranchAnswer(status: 200, outcome: .reserved)))
        guard case .answered(let refusal) = results[1], case .answered(let foreign) = results[2] else {
            Issue.record("not answered")
            return
        }
        #expect(refusal.problem?.code == "not-reserved" && refusal.problem?.retryAfterSeconds == 3)
        #expect(foreign.problem?.code == "refused" && foreign.problem?.detail == "No code")
        #expect(results[3] == .answered(BranchAnswer(status: 500)))
        #expect(results[4] == .answered(BranchAnswer(status: 200)), "a misfit, for that call alone")
    }

    @Test(arguments: [
        #"{"results":[{"status":200,"outcome":"reserved"}]}"#, #"{"results":[]}"#, "nonsense",
        #"{"results":[{"status":200,"outcome":"reserved"},{"outcome":"reserved"}]}"#,
    ])
    func aWrongNumberOfResultsIsUnknownForAll(body: String) async throws {
        let call = try await call([request(.try), request(.try)], answering: 200, body)
        #expect(call.result == .each([.answered(BranchAnswer(status: 200)), .answered(BranchAnswer(status: 200))]))
    }

    @Test(arguments: [(400, false), (401, false), (404, true), (405, true), (413, false), (422, false), (429, false)])
    func aBatchThatIsRefusedGoesOneByOne(status: Int, isForGood: Bool) async throws {
        let call = try await call([request(.try), request(.try)], answering: status, "{}")
        #expect(call.result == .refusedTogether(isForGood: isForGood))
    }

    @Test func whatAServerErrorMeansItMeansForEach() async throws {
        let call = try await call([request(.try), request(.try)], answering: 503, "{}")
        #expect(call.result == .each([.answered(BranchAnswer(status: 503)), .answered(BranchAnswer(status: 503))]))
    }

    @Test func aProblemThatIsTooLargeIsNone() async throws {
        let detail = String(repeating: "x", count: 20_000)
        let problem = #"{"code":"c","title":"T","detail":"\#(detail)","status":409}"#
        let answer = #"{"results":[{"status":409,"problem":\#(problem)},{"status":200,"outcome":"reserved"}]}"#
        let call = try await call([request(.try), request(.try)], answering: 200, answer)
        #expect(
            call.result
                == .each([
                    .answered(BranchAnswer(status: 409)), .answered(BranchAnswer(status: 200, outcome: .reserved)),
                ])
        )
    }
}
