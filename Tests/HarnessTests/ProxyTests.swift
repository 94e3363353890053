import HTTPTypes
import Harness
import Hummingbird
import Logging
import NIOCore
import Supervision
import Synchronization
import TCC
import TCCHTTP
import Testing
import Verification

@Suite("A proxy between two processes", .timeLimit(.minutes(1)))
struct ProxyTests {
    /// A server that counts what arrives.
    private final class Target: Sendable {
        let arrived = Mutex(0)
        let port = Promise<Int>()

        var count: Int { arrived.withLock { $0 } }

        func run() async throws {
            let application = Application(
                responder: CallbackResponder<APIContext> { request, _ in
                    let body = try await request.body.collect(upTo: 1 << 20)
                    self.arrived.withLock { $0 += 1 }
                    var headers: HTTPFields = [.contentType: "text/plain", .location: "/there"]
                    headers[.authorization] = request.headers[.authorization]
                    let text = "\(request.uri.string) \(String(buffer: body))"
                    return Response(
                        status: .accepted,
                        headers: headers,
                        body: ResponseBody(byteBuffer: ByteBuffer(string: text))
                    )
                },
                configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
                onServerRunning: { self.port.fulfil($0.localAddress?.port ?? 0) },
                logger: Logger(label: "target", factory: { _ in SwiftLogNoOpLogHandler() })
            )
            try await application.run()
        }
    }

    private func withProxy(_ body: @Sendable (Proxy, Target, JSONClient) async throws -> Void) async throws {
        let (target, client, forwarder) = (
            Target(), JSONClient(connectionsPerHost: 8), JSONClient(connectionsPerHost: 8)
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await target.run() }
            let proxy = Proxy(
                Link(from: .orchestrator, to: .online),
                port: FreePorts.choose(1)[0],
                target: "http://127.0.0.1:\(try await target.port.value())",
                client: forwarder,
                seed: 1
            )
            group.addTask { try await proxy.run() }
            try await proxy.serving.value()
            let result: Result<Void, any Error>
            do { result = .success(try await body(proxy, target, client)) } catch { result = .failure(error) }
            group.cancelAll()
            while await group.nextResult() != nil {}
            try await client.shutdown()
            try await forwarder.shutdown()
            try result.get()
        }
    }

    /// SwiftNIO traps, and the process with it, if a connection is dropped that was just accepted.
    @Test func itMayBeCancelledWhileConnectionsCome() async throws {
        let client = JSONClient(connectionsPerHost: 64)
        for _ in 0..<40 {
            let proxy = Proxy(
                Link(from: .orchestrator, to: .online),
                port: FreePorts.choose(1)[0],
                target: "http://127.0.0.1:1",
                client: client,
                seed: 1
            )
            await withTaskGroup(of: Void.self) { group in
                let run = Task { try await proxy.run() }
                group.addTask { _ = try? await proxy.serving.value() }
                await group.waitForAll()
                for _ in 0..<16 {
                    // `try?`: it is called in vain.
                    group.addTask { _ = try? await self.call(client, proxy, within: .milliseconds(200)) }
                }
                await Task.yield()
                run.cancel()
                _ = await run.result
            }
        }
        try await client.shutdown()
    }

    private func call(
        _ client: JSONClient,
        _ proxy: Proxy,
        within: Duration = .seconds(5)
    ) async throws -> JSONClient.Answer {
        try await client.call(
            .post,
            "\(proxy.url)/a/b?c=d",
            token: "secret",
            body: ByteBuffer(string: "hello"),
            timeout: within
        )
    }

    @Test("In clear weather a request and its answer arrive whole")
    func clear() async throws {
        try await withProxy { proxy, target, client in
            let answer = try await call(client, proxy)
            #expect(answer.status == 202)
            #expect(String(buffer: answer.body) == "/a/b?c=d hello")
            #expect(answer.headers["location"] == "/there")
            #expect(answer.headers["authorization"] == "Bearer secret")
            #expect(target.count == 1)
            #expect(proxy.isQuiet)
        }
    }

    @Test("A lost request does not arrive, and the caller gets no answer")
    func loss() async throws {
        try await withProxy { proxy, target, client in
            var weather = Weather()
            weather.loss = 1
            proxy.begin(1, weather)
            await #expect(throws: (any Error).self) { try await call(client, proxy, within: .milliseconds(300)) }
            #expect(target.count == 0)
            proxy.end(1)
            let answer = try await call(client, proxy)
            #expect(answer.status == 202)
        }
    }

    @Test("A request whose answer is lost arrives")
    func replyLoss() async throws {
        try await withProxy { proxy, target, client in
            var weather = Weather()
            weather.replyLoss = 1
            proxy.begin(1, weather)
            await #expect(throws: (any Error).self) { try await call(client, proxy) }
            #expect(target.count == 1)
        }
    }

    @Test("A doubled request arrives twice, and is answered once")
    func duplicate() async throws {
        try await withProxy { proxy, target, client in
            var weather = Weather()
            weather.duplication = 1
            proxy.begin(1, weather)
            let answer = try await call(client, proxy)
            #expect(answer.status == 202)
            try await eventually("the copy has arrived") { target.count == 2 && proxy.isQuiet }
        }
    }

    @Test("A cut link is silent until it heals, also for what is under way")
    func partition() async throws {
        try await withProxy { proxy, target, client in
            var weather = Weather()
            weather.isCut = true
            proxy.begin(1, weather)
            await #expect(throws: (any Error).self) { try await call(client, proxy, within: .milliseconds(200)) }
            #expect(target.count == 0)
            proxy.end(1)
            let answer = try await call(client, proxy)
            #expect(answer.status == 202)
            try await eventually("nobody is held any more") { proxy.isQuiet }
        }
    }

    @Test("A delayed request arrives")
    func delay() async throws {
        try await withProxy { proxy, target, client in
            var weather = Weather()
            weather.delay = .milliseconds(30)
            proxy.begin(1, weather)
            let answer = try await call(client, proxy)
            #expect(answer.status == 202)
            #expect(proxy.done["delayed"] == 1)
        }
    }

    @Test(
        "A fault is felt, once, by the first request that it does something to",
        arguments: [FaultKind.partition, .delay, .loss, .duplicate, .replyLoss]
    )
    func felt(_ kind: FaultKind) async throws {
        var weather = Weather()
        switch kind {
        case .partition: weather.isCut = true
        case .delay: weather.delay = .milliseconds(5)
        case .loss: weather.loss = 1
        case .duplicate: weather.duplication = 1
        default: weather.replyLoss = 1
        }
        #expect(weather.kinds == [kind])
        let fault = weather
        try await withProxy { proxy, _, client in
            let felt = Counts()
            proxy.begin(1, fault) { felt.add("this") }
            #expect(felt.all == [:])
            // `try?`: some of these get no answer.
            for _ in 0..<3 { _ = try? await call(client, proxy, within: .milliseconds(150)) }
            #expect(felt.all == ["this": 1])
            proxy.end(1)
            proxy.begin(2, fault) { felt.add("over") }
            proxy.end(2)
            _ = try? await call(client, proxy)
            #expect(felt.all == ["this": 1])
        }
    }

    private final class Counts: Sendable {
        private let counts = Mutex<[String: Int]>([:])

        var all: [String: Int] { counts.withLock { $0 } }

        func add(_ name: String) { counts.withLock { $0[name, default: 0] += 1 } }
    }
}
