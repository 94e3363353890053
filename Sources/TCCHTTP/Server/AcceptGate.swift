import Logging
import NIOCore

/// Gives each accepted connection a place, and holds back those for which there is none; while some wait, no more are
/// accepted.
///
/// Here and not when a connection is set up: a busy thread does that long after many more were accepted.
final class AcceptGate: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never
    typealias OutboundOut = Never

    private static let pause = TimeAmount.milliseconds(5)

    private let connections: OpenConnections
    private let logger: Logger
    private var waiting = CircularBuffer<any Channel>()
    private var isReadWanted = false

    init(_ connections: OpenConnections, _ logger: Logger) {
        self.connections = connections
        self.logger = logger
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        waiting.append(unwrapInboundIn(data))
        if waiting.count > 1 { return }
        admit(context)
        if !waiting.isEmpty { tryAgain(context) }
    }

    func read(context: ChannelHandlerContext) {
        if waiting.isEmpty { context.read() } else { isReadWanted = true }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        for channel in waiting { channel.close(promise: nil) }
        waiting.removeAll()
    }

    private func admit(_ context: ChannelHandlerContext) {
        while connections.haveRoom, let channel = waiting.popFirst() {
            connections.enter(channel)
            context.fireChannelRead(wrapInboundOut(channel))
        }
    }

    private func tryAgain(_ context: ChannelHandlerContext) {
        connections.makeRoom(for: waiting.count, logger)
        context.eventLoop.assumeIsolated()
            .scheduleTask(in: Self.pause) { [self] in
                if waiting.isEmpty { return }
                admit(context)
                context.fireChannelReadComplete()
                if !waiting.isEmpty { return tryAgain(context) }
                if isReadWanted { context.read() }
                isReadWanted = false
            }
    }
}
