package import NIOCore
import NIOPosix

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// One end of a TCP connection, as bytes that come and go.
///
/// Not SwiftNIO's own asynchronous channel: that traps where a connection is dropped which was just accepted.
package final class ByteConnection: Sendable {
    /// The connection ended before everything had come.
    struct Ended: Error {}

    private static let connectTimeout = TimeAmount.seconds(2)

    let channel: any Channel
    private let arrivals: AsyncStream<ByteBuffer>

    private init(_ channel: any Channel, _ arrivals: AsyncStream<ByteBuffer>) {
        self.channel = channel
        self.arrivals = arrivals
    }

    /// Takes a channel over, on its event loop.
    ///
    /// - Parameter channel: one that was just made.
    /// - Returns: the connection.
    /// - Throws: if it is closed already.
    static func take(_ channel: any Channel) throws -> ByteConnection {
        // Without a bound: the peers are programs of ours, which wait for an answer before they send more.
        let (stream, continuation) = AsyncStream<ByteBuffer>.makeStream()
        try channel.pipeline.syncOperations.addHandler(Arrivals(continuation))
        return ByteConnection(channel, stream)
    }

    /// Connects to a port of this machine.
    ///
    /// - Parameter port: the port.
    /// - Returns: the connection.
    /// - Throws: whatever the network met.
    package static func connect(to port: Int) async throws -> ByteConnection {
        let promise = NIOSingletons.posixEventLoopGroup.any().makePromise(of: ByteConnection.self)
        let bootstrap = ClientBootstrap(group: promise.futureResult.eventLoop)
            .connectTimeout(connectTimeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { promise.succeed(try ByteConnection.take(channel)) }
            }
        do {
            _ = try await bootstrap.connect(host: "127.0.0.1", port: port).get()
        } catch {
            // Nobody waits for it; but a promise has to be kept.
            promise.fail(error)
            throw error
        }
        return try await promise.futureResult.get()
    }

    /// Whether it is open, as far as this side knows.
    package var isOpen: Bool { channel.isActive }

    /// Reads bytes as they come, or leaves them to the system's own buffers.
    ///
    /// - Parameter isRead: whether they are read.
    /// - Throws: if it is closed.
    package func read(_ isRead: Bool) async throws {
        try await channel.setOption(.autoRead, value: isRead).get()
    }

    /// The next bytes.
    ///
    /// - Returns: nil once the other side has closed, or if the task is cancelled.
    package func next() async -> ByteBuffer? {
        var iterator = arrivals.makeAsyncIterator()
        return await iterator.next()
    }

    /// Sends bytes.
    ///
    /// - Parameter bytes: the bytes.
    /// - Throws: if it is closed, or comes to be.
    package func write(_ bytes: ByteBuffer) async throws { try await channel.writeAndFlush(bytes) }

    /// Closes it, so that the other side sees an end.
    package func close() { channel.close(promise: nil) }

    /// Closes it, so that the other side sees a reset.
    func reset() async throws {
        if let options = channel as? any SocketOptionProvider {
            try await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        close()
    }

    /// Hands on what comes.
    private final class Arrivals: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let continuation: AsyncStream<ByteBuffer>.Continuation

        init(_ continuation: AsyncStream<ByteBuffer>.Continuation) { self.continuation = continuation }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { continuation.yield(unwrapInboundIn(data)) }

        func channelInactive(context: ChannelHandlerContext) {
            continuation.finish()
            context.fireChannelInactive()
        }

        func handlerRemoved(context: ChannelHandlerContext) { continuation.finish() }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
