import Dispatch
import HTTPTypes
import NIOCore
import RawPeer
import Synchronization
import TCC
import TCCHTTP
import Testing

@Suite("Calls of JSON over HTTP, down to the bytes", .timeLimit(.minutes(1)))
struct JSONClientTests {
    private func withClient<Result>(_ body: (JSONClient) async throws -> Result) async throws -> Result {
        try await JSONClient.with(connectionsPerHost: 8, body)
    }

    /// Why a call to a peer that reacts so fails.
    private func failure(
        of reaction: RawPeer.Reaction,
        within timeout: Duration = .milliseconds(200)
    ) async throws -> CallFailure? {
        try await RawPeer.with(.always(reaction)) { peer in
            try await withClient { client in
                do {
                    _ = try await client.call(.get, peer.url + "/a", token: nil, timeout: timeout)
                    return nil
                } catch let failure as CallFailure {
                    return failure
                }
            }
        }
    }

    @Test(arguments: [
        RawPeer.Reaction.saysNothing, .stopsAfterHead, .stopsInBody(#"{"a":1}"#), .trickles("{"), .tricklesHead,
    ])
    func anAnswerThatDoesNotComeWholeInTimeIsGivenUp(reaction: RawPeer.Reaction) async throws {
        let failure = try await failure(of: reaction)
        #expect(failure?.code == .noAnswerInTime)
    }

    @Test(arguments: [RawPeer.Reaction.closes, .closesInBody(#"{"a":1}"#)])
    func aConnectionThatEndsBeforeTheAnswerIsLost(reaction: RawPeer.Reaction) async throws {
        let failure = try await failure(of: reaction, within: .seconds(50))
        #expect(failure?.code == .connectionLost)
    }

    @Test func whatIsNotHTTPIsMalformed() async throws {
        let failure = try await failure(of: .sends("220 ready\r\n\r\n"), within: .seconds(50))
        #expect(failure?.code == .malformedAnswer)
    }

    @Test(arguments: ["000", "001", "099"])
    func aStatusThatIsNoneIsMalformed(status: String) async throws {
        let answer = "HTTP/1.1 \(status) X\r\nContent-Length: 2\r\n\r\n{}"
        let failure = try await failure(of: .sends(answer), within: .seconds(50))
        #expect(failure?.code == .malformedAnswer)
    }

    /// Whatever a status is, it is an answer, and the next call is answered as well.
    @Test(arguments: [101, 199, 204, 205, 299, 304, 399, 499, 599, 600, 999])
    func anyStatusIsAnAnswerOrNone(status: Int) async throws {
        let answer = "HTTP/1.1 \(status) X\r\nContent-Length: 0\r\n\r\n"
        try await RawPeer.with(.first(.sends(answer), then: .answers("{}"))) { peer in
            try await withClient { client in
                do {
                    let answer = try await client.call(.get, peer.url, token: nil, timeout: .milliseconds(500))
                    #expect(answer.status == status)
                } catch is CallFailure {}
                #expect(try await client.call(.get, peer.url, token: nil, timeout: .seconds(50)).status == 200)
            }
        }
    }

    @Test func anAnswerThatIsTooLargeIsNotWaitedFor() async throws {
        let failure = try await failure(of: .boasts(JSONClient.largestAnswer + 1), within: .seconds(50))
        #expect(failure?.code == .answerTooLarge)
    }

    @Test func aHostThatDropsPacketsIsGivenUp() async throws {
        try await RawPeer.droppingPackets { peer in
            try await withClient { client in
                let failure = await #expect(throws: CallFailure.self) {
                    try await client.call(.get, peer.url, token: nil, timeout: .milliseconds(200))
                }
                #expect(failure?.code == .noAnswerInTime)
            }
        }
    }

    @Test func whereNothingListensTheCallIsRefused() async throws {
        let port = try await RawPeer.with(.always(.closes)) { $0.port }
        try await withClient { client in
            let failure = await #expect(throws: CallFailure.self) {
                try await client.call(.get, "http://127.0.0.1:\(port)", token: nil, timeout: .seconds(50))
            }
            #expect(failure?.code == .connectionRefused)
        }
    }

    @Test func theNextCallAfterOneThatWasGivenUpIsAnswered() async throws {
        try await RawPeer.with(.first(.stopsAfterHead, then: .answers(#"{"a":1}"#))) { peer in
            try await withClient { client in
                await #expect(throws: CallFailure(.noAnswerInTime)) {
                    try await client.call(.get, peer.url, token: nil, timeout: .milliseconds(200))
                }
                let answer = try await client.call(.get, peer.url, token: nil, timeout: .seconds(50))
                #expect(answer.status == 200 && String(buffer: answer.body) == #"{"a":1}"#)
            }
        }
    }

    @Test func aRequestHasWhatTheCallerGaveIt() async throws {
        try await RawPeer.with(.always(.answers("{}", status: 201))) { peer in
            try await withClient { client in
                let answer = try await client.call(
                    .put,
                    peer.url + "/a?b=c",
                    token: "t",
                    headers: [("if-match", "\"1\"")],
                    body: ByteBuffer(string: "[]"),
                    timeout: .seconds(50)
                )
                #expect(answer.status == 201 && answer.headers["content-type"] == "application/json")
            }
            let request = try #require(peer.requests.first)
            #expect((request.method, request.path, request.body) == ("PUT", "/a?b=c", "[]"))
            #expect(request.headers["authorization"] == "Bearer t" && request.headers["if-match"] == "\"1\"")
            #expect(request.headers["host"] == "127.0.0.1:\(peer.port)" && request.headers["content-length"] == "2")
            #expect(request.headers["content-type"] == "application/json")
        }
    }

    @Test func aPeerThatReadsNothingIsGivenUp() async throws {
        try await RawPeer.with(.always(.saysNothing), reads: false) { peer in
            try await withClient { client in
                let body = ByteBuffer(repeating: 0x20, count: 32 << 20)
                await #expect(throws: CallFailure(.noAnswerInTime)) {
                    try await client.call(.post, peer.url, token: nil, body: body, timeout: .milliseconds(200))
                }
            }
        }
    }

    @Test func ofSeveralAddressesTheOneThatAnswersIsUsed() async throws {
        try await RawPeer.with(.always(.answers("{}"))) { peer in
            let client = JSONClient(connectionsPerHost: 8) { _ in ["::1", "127.0.0.2", "127.0.0.1"] }
            for _ in 0..<2 {
                let url = "http://posts.test:\(peer.port)/a"
                #expect(try await client.call(.get, url, token: nil, timeout: .seconds(50)).status == 200)
            }
            try await client.shutdown()
            #expect(peer.requests.map { $0.headers["host"] } == Array(repeating: "posts.test:\(peer.port)", count: 2))
            #expect(peer.requests.map(\.path) == ["/a", "/a"])
        }
    }

    @Test func callsToOneNameShareItsLookupAndEachGivesUpAlone() async throws {
        try await RawPeer.with(.always(.answers("{}"))) { peer in
            let lookups = Mutex(0)
            let isFound = DispatchSemaphore(value: 0)
            let client = JSONClient(connectionsPerHost: 8) { _ in
                lookups.withLock { $0 += 1 }
                isFound.wait()
                return ["127.0.0.1"]
            }
            let url = "http://posts.test:\(peer.port)/a"
            async let patient = client.call(.get, url, token: nil, timeout: .seconds(50)).status
            let cancelled = Task { try await client.call(.get, url, token: nil, timeout: .seconds(50)) }
            await #expect(throws: CallFailure(.noAnswerInTime)) {
                try await client.call(.get, url, token: nil, timeout: .milliseconds(50))
            }
            cancelled.cancel()
            await #expect(throws: CancellationError.self) { try await cancelled.value }
            isFound.signal()
            #expect(try await patient == 200)
            try await client.shutdown()
            #expect(lookups.withLock { $0 } == 1)
        }
    }

    @Test func aCallThatIsCancelledEndsAtOnce() async throws {
        try await RawPeer.with(.always(.stopsAfterHead)) { peer in
            try await withClient { client in
                let call = Task { try await client.call(.get, peer.url, token: nil, timeout: .seconds(600)) }
                await peer.wait { $0.count == 1 }
                call.cancel()
                await #expect(throws: CancellationError.self) { try await call.value }
            }
        }
    }

    /// Only moves what a test gives it.
    private struct ScriptedTransport: HTTPTransport {
        let parts: [TransportPart]
        let ends: Bool

        func send(
            _ request: TransportRequest,
            _ cancellation: Cancellation,
            _ receive: @escaping @Sendable (TransportPart) throws -> Void
        ) async throws {
            for part in parts { try receive(part) }
            if ends { return }
            await withCheckedContinuation { continuation in cancellation.onCancel { continuation.resume() } }
            throw CancellationError()
        }

        func shutdown() async throws {}
    }

    @Test func theDeadlineIsKeptByTheClockThatItIsGiven() async throws {
        let clock = FakeClock()
        let transport = ScriptedTransport(parts: [.head(status: 200, headers: [])], ends: false)
        let client = JSONClient(transport: transport, after: clock.alarm)
        let call = Task { try await client.call(.get, "sim://draft/", token: nil, timeout: .seconds(3600)) }
        let running = Task {
            while !Task.isCancelled {
                clock.advance(by: .seconds(60))
                await Task.yield()
            }
        }
        await #expect(throws: CallFailure(.noAnswerInTime)) { try await call.value }
        running.cancel()
    }

    @Test func anAnswerIsPutTogetherFromItsParts() async throws {
        let parts: [TransportPart] = [
            .head(status: 404, headers: [("X-A", "1"), ("x-b", "2")]), .body(ByteBuffer(string: "[1,")),
            .body(ByteBuffer(string: "2")), .body(ByteBuffer(string: "]")),
        ]
        let client = JSONClient(transport: ScriptedTransport(parts: parts, ends: true), after: FakeClock().alarm)
        let answer = try await client.call(.get, "sim://draft/", token: nil, timeout: .seconds(1))
        #expect(answer.status == 404 && answer.headers == ["x-a": "1", "x-b": "2"])
        #expect(answer.decode([Int].self) == [1, 2])
    }

    @Test func aBodyThatGrowsTooLargeIsGivenUp() async throws {
        let half = ByteBuffer(repeating: 0x20, count: JSONClient.largestAnswer / 2 + 1)
        let parts: [TransportPart] = [.head(status: 200, headers: []), .body(half), .body(half)]
        let client = JSONClient(transport: ScriptedTransport(parts: parts, ends: false), after: FakeClock().alarm)
        let failure = await #expect(throws: CallFailure.self) {
            try await client.call(.get, "sim://draft/", token: nil, timeout: .seconds(1))
        }
        #expect(failure?.code == .answerTooLarge)
    }
}
