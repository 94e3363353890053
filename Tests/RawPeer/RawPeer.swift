import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// The other end of a connection, down to its bytes: a server whose answers stop, trickle or never come, as a test says.
package final class RawPeer: Sendable {
    /// A request that came whole.
    package struct Request: Hashable, Sendable {
        /// The method.
        package var method: String
        /// The path and query.
        package var path: String
        /// The fields of the head, by lower-case name.
        package var headers: [String: String]
        /// The body.
        package var body: String
        /// How many came before it.
        package var number: Int
    }

    /// What becomes of a request.
    package enum Reaction: Hashable, Sendable {
        /// It is answered with this JSON.
        case answers(String, status: Int = 200)
        /// The head of an answer, and no more.
        case stopsAfterHead
        /// The head, half of the body, and no more.
        case stopsInBody(String)
        /// The whole answer, a byte at a time, so slowly that it takes minutes.
        case trickles(String)
        /// The head, a byte at a time, so slowly that it takes minutes.
        case tricklesHead
        /// Nothing is said, and the connection stays.
        case saysNothing
        /// The connection is closed without an answer.
        case closes
        /// The connection is closed after the head and half of the body.
        case closesInBody(String)
        /// The bytes are sent as they are.
        case sends(String)
        /// The head of an answer that says how large it is, too large to be read.
        case boasts(Int)
    }

    /// What becomes of the requests.
    package struct Script: Sendable {
        fileprivate let react: @Sendable (Request) -> Reaction

        /// Of each request the same.
        package static func always(_ reaction: Reaction) -> Script { Script { _ in reaction } }

        /// Of the first one something else than of those that follow.
        package static func first(_ reaction: Reaction, then: Reaction) -> Script {
            Script { $0.number == 0 ? reaction : then }
        }

        /// Whatever a function says.
        package static func reacting(_ react: @escaping @Sendable (Request) -> Reaction) -> Script {
            Script(react: react)
        }
    }

    private struct Waiter {
        let condition: @Sendable ([Request]) -> Bool
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var requests: [Request] = []
        var waiters: [Waiter] = []
        var connections: [ObjectIdentifier: any Channel] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())
    private let script: Script
    private let server = Mutex<(any Channel)?>(nil)

    private init(_ script: Script) { self.script = script }

    /// Where it listens.
    package var port: Int { server.withLock { $0?.localAddress?.port } ?? 0 }

    /// Its URL, without a trailing slash.
    package var url: String { "http://127.0.0.1:\(port)" }

    /// Every request so far that came whole, in order.
    package var requests: [Request] { state.withLock { $0.requests } }

    /// How many connections are open.
    package var connections: Int { state.withLock { $0.connections.count } }

    /// A peer for as long as the body runs.
    ///
    /// - Parameters:
    ///   - script: what becomes of the requests.
    ///   - port: where it listens; 0 for any port that is free.
    ///   - reads: whether it reads what comes.
    ///   - body: what runs meanwhile.
    /// - Returns: what the body returns.
    /// - Throws: what the body throws, or what the network met.
    package static func with<Result>(
        _ script: Script,
        port: Int = 0,
        reads: Bool = true,
        _ body: (RawPeer) async throws -> Result
    ) async throws -> Result {
        let peer = RawPeer(script)
        try await peer.open(port, reads: reads)
        do {
            let result = try await body(peer)
            try await peer.close()
            return result
        } catch {
            try await peer.close()
            throw error
        }
    }

    /// A peer that takes no connection, so that whoever connects hears nothing at all, as from a host that drops packets.
    ///
    /// - Parameter body: what runs meanwhile.
    /// - Returns: what the body returns.
    /// - Throws: what the body throws, or what the network met.
    package static func droppingPackets<Result>(_ body: (RawPeer) async throws -> Result) async throws -> Result {
        let peer = RawPeer(.always(.saysNothing))
        try await peer.open(0, accepts: false)
        do {
            // One connection fills the queue; what the kernel gets after it, it drops.
            let filler = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: peer.port).get()
            let result = try await body(peer)
            try await filler.close()
            try await peer.close()
            return result
        } catch {
            try await peer.close()
            throw error
        }
    }

    /// Waits until the requests so far satisfy a condition.
    ///
    /// - Parameter condition: the condition.
    package func wait(until condition: @escaping @Sendable ([Request]) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isSatisfied = state.withLock { state in
                if condition(state.requests) { return true }
                state.waiters.append(Waiter(condition: condition, continuation: continuation))
                return false
            }
            if isSatisfied { continuation.resume() }
        }
    }

    private func open(_ port: Int, accepts: Bool = true, reads: Bool = true) async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: Int32(accepts ? 256 : 0))
            .serverChannelOption(.autoRead, value: accepts)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: reads)
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Connection(self))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        server.withLock { $0 = channel }
    }

    private func close() async throws {
        let connections = state.withLock { state in
            state.isClosed = true
            return Array(state.connections.values)
        }
        try await server.withLock { $0 }?.close()
        // A connection that has closed meanwhile is as good.
        for connection in connections { try? await connection.close() }
    }

    fileprivate func opened(_ channel: any Channel) {
        let isClosed = state.withLock { state in
            state.connections[ObjectIdentifier(channel)] = channel
            return state.isClosed
        }
        if isClosed { channel.close(promise: nil) }
    }

    fileprivate func closed(_ channel: any Channel) {
        state.withLock { $0.connections[ObjectIdentifier(channel)] = nil }
    }

    fileprivate func received(_ request: Request) -> Reaction {
        var request = request
        let satisfied = state.withLock { state in
            request.number = state.requests.count
            state.requests.append(request)
            let requests = state.requests
            let satisfied = state.waiters.filter { $0.condition(requests) }
            state.waiters.removeAll { $0.condition(requests) }
            return satisfied
        }
        for waiter in satisfied { waiter.continuation.resume() }
        return script.react(request)
    }
}

/// One connection: reads requests, and does with each what the test says.
private final class Connection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let pause = TimeAmount.milliseconds(100)

    private let peer: RawPeer
    private var received = ""

    init(_ peer: RawPeer) { self.peer = peer }

    func channelActive(context: ChannelHandlerContext) { peer.opened(context.channel) }

    func channelInactive(context: ChannelHandlerContext) { peer.closed(context.channel) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += String(buffer: unwrapInboundIn(data))
        while let request = takeRequest() { perform(peer.received(request), context) }
    }

    private func takeRequest() -> RawPeer.Request? {
        guard let end = received.range(of: "\r\n\r\n") else { return nil }
        let lines = received[..<end.lowerBound].split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
        }
        let rest = received[end.upperBound...].utf8
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        guard rest.count >= length else { return nil }
        let words = (lines.first ?? "").split(separator: " ")
        let request = RawPeer.Request(
            method: words.first.map(String.init) ?? "",
            path: words.count > 1 ? String(words[1]) : "",
            headers: headers,
            body: String(decoding: rest.prefix(length), as: UTF8.self),
            number: 0
        )
        received = String(decoding: rest.dropFirst(length), as: UTF8.self)
        return request
    }

    private func perform(_ reaction: RawPeer.Reaction, _ context: ChannelHandlerContext) {
        switch reaction {
        case .answers(let body, let status): send(Self.head(status, body.utf8.count) + body, context)
        case .stopsAfterHead: send(Self.head(200, 23), context)
        case .stopsInBody(let body): send(Self.head(200, body.utf8.count) + Self.half(of: body), context)
        case .trickles(let body): trickle(Self.head(200, 100_000), body, context)
        case .tricklesHead: trickle("", Self.head(200, 2), context)
        case .saysNothing: break
        case .closes: context.close(promise: nil)
        case .closesInBody(let body):
            send(Self.head(200, body.utf8.count) + Self.half(of: body), context)
            context.close(promise: nil)
        case .sends(let text): send(text, context)
        case .boasts(let length): send(Self.head(200, length), context)
        }
    }

    private static func head(_ status: Int, _ length: Int) -> String {
        let type = status < 400 ? "application/json" : "application/problem+json"
        return "HTTP/1.1 \(status) Whatever\r\nContent-Type: \(type)\r\nContent-Length: \(length)\r\n\r\n"
    }

    private static func half(of text: String) -> String { String(text.prefix(text.count / 2)) }

    private func send(_ text: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }

    /// Sends a part at once, and then a byte now and then, again and again.
    private func trickle(_ atOnce: String, _ text: String, _ context: ChannelHandlerContext) {
        if !atOnce.isEmpty { send(atOnce, context) }
        let bytes = Array(text.utf8)
        let channel = context.channel
        let sent = Mutex(0)
        context.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: Self.pause) { task in
            guard channel.isActive else { return task.cancel() }
            let next = sent.withLock { count in
                count += 1
                return count - 1
            }
            let byte = next < bytes.count ? bytes[next] : UInt8(ascii: " ")
            channel.writeAndFlush(ByteBuffer(bytes: [byte]), promise: nil)
        }
    }
}
