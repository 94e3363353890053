import NIOCore
import NIOHTTP1

/// Refuses answers that AsyncHTTPClient cannot take: it traps at a status below 100, which is none (RFC 9110, 15).
final class AnswerRules: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart

    private var isOver = false

    /// Has a connection of AsyncHTTPClient keep to the rules.
    ///
    /// - Parameter channel: the connection, its handlers in place.
    /// - Returns: fails if it has no parser of answers.
    static func add(to channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            let parser = try pipeline.context(handlerType: ByteToMessageHandler<HTTPResponseDecoder>.self).handler
            try pipeline.addHandler(AnswerRules(), position: .after(parser))
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isOver { return }
        if case .head(let head) = unwrapInboundIn(data), head.status.code < 100 {
            isOver = true
            context.fireErrorCaught(CallFailure(.malformedAnswer, "the status \(head.status.code) is none"))
            return context.close(promise: nil)
        }
        context.fireChannelRead(data)
    }
}
