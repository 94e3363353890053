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
        let (target, client) = (Target(), JSONClient(connectionsPerHost: 8))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await target.run() }
            let proxy = Proxy(
                Link(from: .orchestrator, to: .online),
                port: FreePorts.choose(1)[0],
                targetPort: try await target.port.value(),
                seed: 1
            )
            group.addTask { try await proxy.run() }
            try await proxy.serving.value()
            let result: Result<Void, any Error>
            do { result = .success(try await body(proxy, target, client)) } catch { result = .failure(error) }
            group.cancelAll()
            while await group.nextResult() != nil {}
            try await client.shutdown()
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
                targetPort: 1,
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
        within: Duration = .seconds(30)
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

    @Test("A doubled stream of bytes arrives twice on one connection, and is answered once")
    func doubledStream() async throws {
        try await withProxy { proxy, target, _ in
            var weather = Weather()
            weather.duplication = 1
            proxy.begin(1, weather)
            try await eventually("both ways of doubling were taken") {
                let caller = try await Self.ask(proxy)
                #expect(try await Self.answer(from: caller).hasSuffix("/a hello"))
                caller.close()
                return proxy.done["doubled"] ?? 0 > 0 && proxy.done["doubled stream"] ?? 0 > 0
            }
            let asked = proxy.done.values.reduce(0, +)
            try await eventually("all copies have arrived") { target.count == 2 * asked && proxy.isQuiet }
        }
    }

    @Test("An answer stops where its fate says, and the caller waits also after the fault")
    func stall() async throws {
        try await withProxy { proxy, target, _ in
            var weather = Weather()
            weather.stall = 1
            let felt = Counts()
            proxy.begin(1, weather) { felt.add("this") }
            var callers: [ByteConnection] = []
            let ways = ["never read", "never answered", "stalled after the head", "stalled in the body"]
            try await eventually("all ways to stall were taken") {
                let before = proxy.done.values.reduce(0, +)
                callers.append(try await Self.ask(proxy))
                try await eventually("it is stalled") { proxy.done.values.reduce(0, +) > before }
                return ways.allSatisfy { proxy.done[$0] ?? 0 > 0 }
            }
            #expect(felt.all == ["this": 1])
            #expect(
                target.count == (proxy.done["stalled after the head"] ?? 0) + (proxy.done["stalled in the body"] ?? 0)
            )
            try await eventually("nothing is on its way") { proxy.isQuiet }
            proxy.end(1)
            let healed = try await Self.ask(proxy)
            #expect(try await Self.answer(from: healed).hasSuffix("/a hello"))
            for caller in callers {
                #expect(caller.isOpen)
                caller.close()
            }
        }
    }

    @Test("A reset comes in the middle of the answer")
    func reset() async throws {
        try await withProxy { proxy, _, _ in
            var weather = Weather()
            weather.replyLoss = 1
            proxy.begin(1, weather)
            try await eventually("an answer was broken off by a reset") {
                let caller = try await Self.ask(proxy)
                var got = ByteBuffer()
                while let bytes = await caller.next() { got.writeImmutableBuffer(bytes) }
                #expect(!String(buffer: got).contains("hello"))
                return proxy.done["reset in the answer"] ?? 0 > 0 && proxy.done["answers lost"] ?? 0 > 0
            }
        }
    }

    @Test("What trickles arrives whole, and at once when the weather is better")
    func trickle() async throws {
        try await withProxy { proxy, target, _ in
            var weather = Weather()
            weather.trickle = 1
            proxy.begin(1, weather)
            for _ in 0..<8 {
                let caller = try await Self.ask(proxy)
                try await eventually("it trickles") { proxy.done["trickled"] ?? 0 > 0 }
                proxy.end(1)
                #expect(try await Self.answer(from: caller).hasSuffix("/a hello"))
                proxy.begin(1, weather)
            }
            #expect(target.count == 8)
        }
    }

    /// Sends a request by hand.
    private static func ask(_ proxy: Proxy) async throws -> ByteConnection {
        let caller = try await ByteConnection.connect(to: proxy.port)
        let request = "POST /a HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\n\r\nhello"
        try await caller.write(ByteBuffer(string: request))
        return caller
    }

    /// Reads one answer.
    private static func answer(from caller: ByteConnection) async throws -> String {
        var answers = MessageFraming(areAnswers: true)
        while true {
            if let answer = try answers.next() { return String(buffer: answer.bytes) }
            guard let bytes = await caller.next() else { return "the connection is closed" }
            answers.append(bytes)
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
        arguments: [FaultKind.partition, .delay, .loss, .duplicate, .replyLoss, .trickle]
    )
    func felt(_ kind: FaultKind) async throws {
        var weather = Weather()
        switch kind {
        case .partition: weather.isCut = true
        case .delay: weather.delay = .milliseconds(5)
        case .loss: weather.loss = 1
        case .duplicate: weather.duplication = 1
        case .trickle: weather.trickle = 1
        default: weather.replyLoss = 1
        }
        #expect(weather.kinds == [kind])
        let fault = weather
        try await withProxy { proxy, _, client in
            let felt = Counts()
            proxy.begin(1, fault) { felt.add("this") }
            #expect(felt.all == [:])
            try await eventually("it is felt") {
                _ = try? await call(client, proxy, within: .milliseconds(150))  // `try?`: some of these get no answer
                return felt.all == ["this": 1]
            }
            _ = try? await call(client, proxy, within: .milliseconds(150))
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
