import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization
package import TCC
package import TCCHTTP
import Verification

/// Carries HTTP requests over one link, as its weather lets it.
package final class Proxy: Sendable {
    private struct State {
        var random: SplitMix64
        var faults: [Int: Fault] = [:]
        var weather = Weather()
        /// Requests that were not answered or given up, and copies that are yet to come.
        var underWay = 0
        /// How often each thing was done.
        var done: [String: Int] = [:]
    }

    /// What somebody does to this link.
    private struct Fault {
        var weather: Weather
        /// Told once, when the first request feels it.
        var whenFelt: (@Sendable () -> Void)?
    }

    /// A second copy of a request.
    private struct Copy: Sendable {
        var request: HTTPRequest
        var body: ByteBuffer
        var after: Duration
    }

    /// Thrown where the caller gets no answer.
    private struct NoAnswer: Error {}

    /// The longest that a caller is left in silence; each gives up before.
    private static let longestSilence = Duration.seconds(8)
    private static let longestStop = Duration.seconds(1)
    private static let forwardTimeout = Duration.seconds(12)
    private static let largestBody = 16 << 20
    /// What describes a connection, not a request or its answer.
    private static let unforwarded: Set<String> = [
        "host", "content-length", "content-type", "connection", "transfer-encoding", "keep-alive",
    ]

    /// Which link.
    package let link: Link
    /// Where it listens.
    package let port: Int
    /// Where it can be reached.
    package var url: String { "http://127.0.0.1:\(port)" }
    /// Fulfilled once it listens.
    package let serving = Promise<Void>()
    private let target: String
    private let client: JSONClient
    private let copies: (stream: AsyncStream<Copy>, continuation: AsyncStream<Copy>.Continuation)
    private let state: Mutex<State>

    /// A proxy in clear weather, which does not listen yet.
    ///
    /// - Parameters:
    ///   - link: which link.
    ///   - port: where to listen.
    ///   - target: the URL of whom it forwards to.
    ///   - client: makes its calls.
    ///   - seed: where its chance comes from.
    package init(_ link: Link, port: Int, target: String, client: JSONClient, seed: UInt64) {
        self.link = link
        self.port = port
        self.target = target
        self.client = client
        self.copies = AsyncStream<Copy>.makeStream()
        self.state = Mutex(State(random: SplitMix64(seed: seed)))
    }

    // MARK: Weather

    /// A fault begins here.
    ///
    /// - Parameters:
    ///   - fault: its number.
    ///   - weather: what it does.
    ///   - whenFelt: called once, when it has done something to a request.
    package func begin(_ fault: Int, _ weather: Weather, whenFelt: @escaping @Sendable () -> Void = {}) {
        state.withLock { state in
            state.faults[fault] = Fault(weather: weather, whenFelt: whenFelt)
            state.weather = state.faults.values.reduce(Weather()) { $0.joined(with: $1.weather) }
        }
    }

    /// A fault is taken back.
    ///
    /// - Parameter fault: its number.
    package func end(_ fault: Int) {
        state.withLock { state in
            state.faults[fault] = nil
            state.weather = state.faults.values.reduce(Weather()) { $0.joined(with: $1.weather) }
        }
    }

    /// Tells the faults of some kinds that a request has felt them.
    private func felt(_ kinds: Set<FaultKind>) {
        let told = state.withLock { state in
            var told: [@Sendable () -> Void] = []
            for (number, fault) in state.faults where !fault.weather.kinds.isDisjoint(with: kinds) {
                guard let whenFelt = fault.whenFelt else { continue }
                told.append(whenFelt)
                state.faults[number]?.whenFelt = nil
            }
            return told
        }
        for whenFelt in told { whenFelt() }
    }

    /// Whether nothing is on its way.
    package var isQuiet: Bool { state.withLock { $0.underWay == 0 } }

    /// How many requests were lost, doubled and so on.
    package var done: [String: Int] { state.withLock { $0.done } }

    private var weather: Weather { state.withLock { $0.weather } }

    private func count(_ what: String) { state.withLock { $0.done[what, default: 0] += 1 } }

    // MARK: Serving

    /// Serves until the task is cancelled.
    ///
    /// - Throws: if its port is taken.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.serve() }
            group.addTask {
                await withDiscardingTaskGroup { copies in
                    for await copy in self.copies.stream { copies.addTask { await self.deliver(copy) } }
                }
            }
            try await group.next()
            group.cancelAll()
        }
    }

    /// Cancelled, it stops to accept before anything of it is cancelled: SwiftNIO traps where a connection that was just
    /// accepted is dropped with its server's task.
    private func serve() async throws {
        let logger = Logger(label: "proxy", factory: { _ in SwiftLogNoOpLogHandler() })
        let application = Application(
            responder: CallbackResponder { request, context in
                try await cancelWhenGracefulShutdown { try await self.respond(to: request, context) }
            },
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { _ in self.serving.fulfil(()) },
            logger: logger
        )
        var configuration = ServiceGroupConfiguration(services: [application], logger: logger)
        configuration.maximumGracefulShutdownDuration = Self.longestStop
        let group = ServiceGroup(configuration: configuration)
        // A task of its own, which a cancellation reaches only as a request to stop; it is waited for in any case.
        let serving = Task { try await group.run() }
        try await withTaskCancellationHandler {
            try await serving.value
        } onCancel: {
            Task { await group.triggerGracefulShutdown() }
        }
    }

    private func respond(to request: Hummingbird.Request, _ context: APIContext) async throws -> Response {
        state.withLock { $0.underWay += 1 }
        defer { state.withLock { $0.underWay -= 1 } }
        do {
            let body = try await request.body.collect(upTo: Self.largestBody)
            let answer = try await carry(request.head, body, while: { context.channel.isActive })
            var headers = HTTPFields()
            for (name, value) in answer.headers where name != "content-length" && name != "transfer-encoding" {
                if let name = HTTPField.Name(name) { headers[name] = value }
            }
            let status = HTTPResponse.Status(code: answer.status)
            return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: answer.body))
        } catch {
            // However it came, this caller gets no answer.
            try? await context.channel.close()  // `try?`: it may have gone first
            throw NoAnswer()
        }
    }

    private func carry(
        _ request: HTTPRequest,
        _ body: ByteBuffer,
        while isWaiting: @Sendable () -> Bool
    ) async throws -> JSONClient.Answer {
        let (fate, weather) = state.withLock { ($0.weather.fate(using: &$0.random), $0.weather) }
        felt(weather.felt(before: fate))
        if fate.delay > .zero {
            count("delayed")
            try await Task.sleep(for: fate.delay)
        }
        switch fate.delivery {
        case .lost:
            count("lost")
            throw NoAnswer()
        case .silent: try await keepSilent(while: isWaiting)
        case .whole, .replyLost: break
        }
        if let after = fate.copyAfter {
            count("doubled")
            felt([.duplicate])
            state.withLock { $0.underWay += 1 }
            copies.continuation.yield(Copy(request: request, body: body, after: after))
        }
        let answer = try await forward(request, body)
        // The link was cut while the request was there.
        if self.weather.isCut {
            felt([.partition])
            try await keepSilent(while: isWaiting)
        }
        if fate.delivery == .replyLost {
            count("answers lost")
            felt([.replyLoss])
            throw NoAnswer()
        }
        return answer
    }

    private func keepSilent(while isWaiting: () -> Bool) async throws -> Never {
        count("lost in silence")
        let start = ContinuousClock.now
        while isWaiting(), weather != Weather(), ContinuousClock.now - start < Self.longestSilence {
            try await Task.sleep(for: .milliseconds(20))
        }
        throw NoAnswer()
    }

    private func forward(_ request: HTTPRequest, _ body: ByteBuffer) async throws -> JSONClient.Answer {
        try await client.call(
            request.method,
            target + (request.path ?? "/"),
            token: nil,
            headers: request.headerFields.filter { !Self.unforwarded.contains($0.name.canonicalName) }
                .map { ($0.name.rawName, $0.value) },
            body: body.readableBytes > 0 ? body : nil,
            timeout: Self.forwardTimeout
        )
    }

    private func deliver(_ copy: Copy) async {
        defer { state.withLock { $0.underWay -= 1 } }
        do {
            try await Task.sleep(for: copy.after)
            _ = try await forward(copy.request, copy.body)
        } catch {
            // Nobody waits for the answer to a copy.
        }
    }
}
