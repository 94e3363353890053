import NIOCore
import NIOPosix
import Synchronization
package import TCC
import Verification

/// Carries HTTP requests and their answers over one link, byte by byte, as its weather lets it.
///
/// It knows where messages end, and nothing else of HTTP: what it carries arrives as it was sent.
package final class Proxy: Sendable {
    private struct State {
        var random: SplitMix64
        var faults: [Int: Fault] = [:]
        var weather = Weather()
        /// Requests that were not answered or given up, and copies that are yet to come.
        var underWay = 0
        /// How often each thing was done.
        var done: [String: Int] = [:]
        /// Connections of callers; nil once it has stopped.
        var callers: [ObjectIdentifier: any Channel]? = [:]
    }

    /// What somebody does to this link.
    private struct Fault {
        var weather: Weather
        /// Told once, when the first request feels it.
        var whenFelt: (@Sendable () -> Void)?
    }

    /// Thrown where the caller gets no answer, and sees its connection close.
    private struct NoAnswer: Error {}
    /// Thrown where the caller waits until it gives up.
    private struct Stalled: Error {}

    /// The longest that a caller is left in silence by a link that is cut; each gives up before.
    private static let longestSilence = Duration.seconds(8)
    private static let longestAnswering = TimeAmount.seconds(12)
    private static let backlog: Int32 = 256

    /// Which link.
    package let link: Link
    /// Where it listens.
    package let port: Int
    /// Where it can be reached.
    package var url: String { "http://127.0.0.1:\(port)" }
    /// Fulfilled once it listens.
    package let serving = Promise<Void>()
    private let targetPort: Int
    private let state: Mutex<State>

    /// A proxy in clear weather, which does not listen yet.
    ///
    /// - Parameters:
    ///   - link: which link.
    ///   - port: where to listen.
    ///   - targetPort: where on this machine it forwards to.
    ///   - seed: where its chance comes from.
    package init(_ link: Link, port: Int, targetPort: Int, seed: UInt64) {
        self.link = link
        self.port = port
        self.targetPort = targetPort
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
    /// What it has stalled stays so.
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

    /// Whether nothing is on its way, as what is stalled for ever is not.
    package var isQuiet: Bool { state.withLock { $0.underWay == 0 } }

    /// How many requests were lost, doubled and so on.
    package var done: [String: Int] { state.withLock { $0.done } }

    private var weather: Weather { state.withLock { $0.weather } }

    private func count(_ what: String) { state.withLock { $0.done[what, default: 0] += 1 } }

    private func count(_ what: String, of kind: FaultKind) {
        count(what)
        felt([kind])
    }

    // MARK: Connections

    /// Serves until the task is cancelled.
    ///
    /// - Throws: if its port is taken.
    package func run() async throws {
        let (connections, continuation) = AsyncStream<ByteConnection>.makeStream()
        let server = try await ServerBootstrap(group: NIOSingletons.posixEventLoopGroup)
            .serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = try ByteConnection.take(channel)
                    try self.enter(channel)
                    continuation.yield(connection)
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        serving.fulfil(())
        await withDiscardingTaskGroup { group in
            for await connection in connections { group.addTask { await self.serve(connection) } }
            group.cancelAll()
        }
        let left = state.withLock { state in
            defer { state.callers = nil }
            return state.callers.map { Array($0.values) } ?? []
        }
        for channel in left { channel.close(promise: nil) }
        try await server.close()
    }

    /// Remembers a caller's connection as long as it is open.
    private func enter(_ channel: any Channel) throws {
        let id = ObjectIdentifier(channel)
        try state.withLock { state in
            guard state.callers != nil else { throw NoAnswer() }
            state.callers?[id] = channel
        }
        channel.closeFuture.whenComplete { _ in self.state.withLock { $0.callers?[id] = nil } }
    }

    private func serve(_ caller: ByteConnection) async {
        defer { caller.close() }
        // Copies come whether the caller is still there or not.
        await withDiscardingTaskGroup { copies in
            do {
                if state.withLock({ $0.weather.isNeverRead(using: &$0.random) }) {
                    count("never read", of: .stall)
                    throw Stalled()
                }
                try await caller.read(true)
                try await carryAll(from: caller, &copies)
            } catch is Stalled {
                // Until the caller gives up.
                while await caller.next() != nil {}
            } catch {
                // However it came, this caller gets no answer.
                caller.close()
            }
        }
    }

    private func carryAll(from caller: ByteConnection, _ copies: inout DiscardingTaskGroup) async throws {
        var requests = MessageFraming(areAnswers: false)
        var server: Server?
        defer { server?.connection.close() }
        while let request = try await self.request(from: caller, &requests) {
            state.withLock { $0.underWay += 1 }
            defer { state.withLock { $0.underWay -= 1 } }
            let (fate, weather) = state.withLock { ($0.weather.fate(using: &$0.random), $0.weather) }
            felt(weather.felt(before: fate))
            if let after = fate.copyAfter {
                state.withLock { $0.underWay += 1 }
                copies.addTask { await self.deliverCopy(of: request, after: fate.delay + after) }
            }
            try await carry(request, fate, from: caller, over: &server)
        }
    }

    private func request(
        from caller: ByteConnection,
        _ requests: inout MessageFraming
    ) async throws -> MessageFraming.Message? {
        while true {
            if let request = try requests.next() { return request }
            guard let bytes = await caller.next() else { return nil }
            requests.append(bytes)
        }
    }

    // MARK: Requests

    /// A connection to the link's other end.
    private struct Server {
        var connection: ByteConnection
        var answers = MessageFraming(areAnswers: true)

        /// The next answer.
        mutating func answer(toHead isHead: Bool) async throws -> MessageFraming.Message {
            while true {
                if let answer = try answers.next(hasBody: !isHead) { return answer }
                guard let bytes = await connection.next() else {
                    if let answer = try answers.finish() { return answer }
                    throw NoAnswer()
                }
                answers.append(bytes)
            }
        }
    }

    private func carry(
        _ request: MessageFraming.Message,
        _ fate: Weather.Fate,
        from caller: ByteConnection,
        over server: inout Server?
    ) async throws {
        if fate.delay > .zero {
            count("delayed")
            try await Task.sleep(for: fate.delay)
        }
        switch fate.delivery {
        case .lost:
            count("lost")
            throw NoAnswer()
        case .silent: try await keepSilent(caller)
        case .stalled(.beforeAnswer):
            count("never answered", of: .stall)
            throw Stalled()
        case .whole, .replyLost, .reset, .stalled: break
        }
        let answer = try await forward(request, fate, over: &server)
        // The link was cut while the request was there.
        if weather.isCut {
            felt([.partition])
            try await keepSilent(caller)
        }
        try await send(answer, fate, to: caller)
    }

    private func send(_ answer: MessageFraming.Message, _ fate: Weather.Fate, to caller: ByteConnection) async throws {
        var part = answer.bytes
        switch fate.delivery {
        case .stalled(let stall):
            // Where there is no body, it is the head that breaks off.
            let body = answer.bytes.readableBytes - answer.headLength
            let head = answer.headLength - (body > 0 ? 0 : 2)
            let length = stall == .inBody && body > 1 ? answer.headLength + body / 2 : head
            try await caller.write(part.readSlice(length: length) ?? part)
            count(stall == .inBody ? "stalled in the body" : "stalled after the head", of: .stall)
            throw Stalled()
        case .reset:
            try await caller.write(part.readSlice(length: part.readableBytes / 2) ?? part)
            count("reset in the answer", of: .replyLoss)
            try await caller.reset()
            throw NoAnswer()
        case .replyLost, .lost, .silent:
            count("answers lost", of: .replyLoss)
            throw NoAnswer()
        case .whole:
            guard fate.trickle == .answer else { return try await caller.write(part) }
            try await trickle(part, to: caller, every: fate.drip)
        }
    }

    private func keepSilent(_ caller: ByteConnection) async throws -> Never {
        count("lost in silence")
        let start = ContinuousClock.now
        while caller.isOpen, weather != Weather(), ContinuousClock.now - start < Self.longestSilence {
            try await Task.sleep(for: .milliseconds(20))
        }
        throw NoAnswer()
    }

    private func forward(
        _ request: MessageFraming.Message,
        _ fate: Weather.Fate,
        over server: inout Server?
    ) async throws -> MessageFraming.Message {
        if !(server?.connection.isOpen ?? false) {
            server?.connection.close()
            server = Server(connection: try await connect())
        }
        guard var open = server else { throw NoAnswer() }
        defer { server = open }
        let connection = open.connection
        let limit = connection.channel.eventLoop.scheduleTask(in: Self.longestAnswering) { connection.close() }
        defer { limit.cancel() }
        if fate.trickle == .request {
            try await trickle(request.bytes, to: connection, every: fate.drip)
        } else {
            try await connection.write(request.bytes)
        }
        if fate.isStreamDoubled {
            count("doubled stream", of: .duplicate)
            try await connection.write(request.bytes)
        }
        let isHead = request.bytes.readableBytesView.starts(with: "HEAD ".utf8)
        let answer = try await open.answer(toHead: isHead)
        // The second one is the server's answer to nobody.
        if fate.isStreamDoubled { _ = try await open.answer(toHead: isHead) }
        return answer
    }

    private func connect() async throws -> ByteConnection {
        let connection = try await ByteConnection.connect(to: targetPort)
        try await connection.read(true)
        return connection
    }

    /// Sends one byte at a time until the weather is better, or until nobody is there for the rest.
    private func trickle(_ bytes: ByteBuffer, to connection: ByteConnection, every drip: Duration) async throws {
        count("trickled", of: .trickle)
        var rest = bytes
        while rest.readableBytes > 1, weather.trickle > 0, let byte = rest.readSlice(length: 1) {
            try await connection.write(byte)
            try await Task.sleep(for: drip)
        }
        try await connection.write(rest)
    }

    private func deliverCopy(of request: MessageFraming.Message, after: Duration) async {
        count("doubled", of: .duplicate)
        defer { state.withLock { $0.underWay -= 1 } }
        var server: Server?
        defer { server?.connection.close() }
        do {
            try await Task.sleep(for: after)
            _ = try await forward(request, Weather.Fate(), over: &server)
        } catch {
            // Nobody waits for the answer to a copy.
        }
    }
}
