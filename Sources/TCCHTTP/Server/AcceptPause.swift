import Logging
import NIOCore

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Waits between two attempts to accept a connection where none can be: this process, or the system, has no file
/// descriptor left for it.
///
/// SwiftNIO's own handler delays the next call to read, but the one that failed stays registered: it is made again at
/// once, for ever, and takes a whole processor.
final class AcceptPause: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any
    typealias InboundOut = Any

    private static let pause = TimeAmount.milliseconds(50)

    private let logger: Logger
    private var notice = RareNotice()
    private var isPaused = false

    init(_ logger: Logger) { self.logger = logger }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError else { return context.fireErrorCaught(error) }
        // One that gave up before it was accepted: the next one may be accepted at once.
        if error.errnoCode == ECONNABORTED || isPaused { return }
        if notice.isDue(at: .now()) {
            logger.warning("No connection can be accepted for now; trying again", metadata: ["error": "\(error)"])
        }
        isPaused = true
        context.channel.setOption(.autoRead, value: false).assumeIsolated()
            .whenComplete { _ in
                context.eventLoop.assumeIsolated()
                    .scheduleTask(in: Self.pause) { [self] in
                        isPaused = false
                        // Fails only if the server has been closed meanwhile, and then nothing is to be accepted.
                        context.channel.setOption(.autoRead, value: true).whenFailure { _ in }
                    }
            }
    }
}
