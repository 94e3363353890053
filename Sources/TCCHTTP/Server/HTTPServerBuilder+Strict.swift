import HTTPTypes
import Hummingbird
public import HummingbirdCore
public import Logging
public import NIOCore
import NIOHTTP1

extension HTTPServerBuilder {
    /// A server of HTTP/1.1 as RFC 9110 and RFC 9112 want it, whatever it serves.
    ///
    /// It refuses what is no request, ends what must end, sends no content after HEAD, tells a client that waits for it
    /// to send its content once that is read, bounds the time of requests and answers, and the number of connections.
    ///
    /// - Parameters:
    ///   - mostConnections: how many connections there may be at most now; for another one those idle longest are closed,
    ///     and where none is idle, it waits. It is asked for each new one; nil for as many as there are files for.
    ///   - idleTimeout: when a connection without a request is closed.
    /// - Returns: a builder for an application.
    public static func strictHTTP1(
        mostConnections: (@Sendable () -> Int)? = nil,
        idleTimeout: TimeAmount = .minutes(2)
    ) -> HTTPServerBuilder {
        strictHTTP1(mostConnections: mostConnections, idleTimeout: idleTimeout, limits: ExchangeTimes.Limits())
    }

    /// The same, with limits of time that a test does not wait for.
    package static func strictHTTP1(
        mostConnections: (@Sendable () -> Int)?,
        idleTimeout: TimeAmount = .minutes(2),
        limits: ExchangeTimes.Limits
    ) -> HTTPServerBuilder {
        let connections = OpenConnections(most: mostConnections ?? { FileLimit.connections() })
        return HTTPServerBuilder { responder in
            var configuration = HTTP1Channel.Configuration(idleTimeout: idleTimeout)
            // The rules' own limits are below, and tell a target from fields.
            configuration.httpDecoder.maxHeaderFieldSize = 128 << 10
            configuration.httpDecoder.maxHeaderListSize = 128 << 10
            configuration.httpDecoder.maxHeaderFieldCount = 256
            let inner = HTTP1Channel(
                responder: { request, writer, channel in
                    var request = request
                    if request.headers[.expect] != nil {
                        let content = AwaitedContent(content: request.body, channel: channel)
                        request.body = RequestBody(asyncSequence: content)
                    }
                    try await responder(request, writer, channel)
                },
                configuration: configuration
            )
            return StrictHTTP1Channel(inner: inner, connections: connections, limits: limits)
        }
    }
}

/// Hummingbird's channel of HTTP/1.1, with a handler behind its parser.
private struct StrictHTTP1Channel: ServerChildChannel {
    let inner: HTTP1Channel
    let connections: OpenConnections
    let limits: ExchangeTimes.Limits

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        inner.setup(channel: channel, logger: logger)
            .map { value in
                if let server = channel.parent { connections.guardAccepting(of: server, logger) }
                let place = connections.enter(channel)
                let pipeline = channel.pipeline.syncOperations
                let watch = RequestLineWatch()
                do {
                    let parser = try pipeline.context(handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self)
                        .handler
                    try pipeline.addHandler(watch, position: .before(parser))
                    let handler = HTTPConnectionHandler(watch: watch, place: place, limits: limits)
                    try pipeline.addHandler(handler, position: .after(parser))
                } catch {
                    // It has been closed meanwhile.
                    channel.close(promise: nil)
                }
                return value
            }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await inner.handle(value: value, logger: logger)
    }
}

/// A request's content, whose client waits until it is wanted.
private struct AwaitedContent: AsyncSequence, Sendable {
    struct AsyncIterator: AsyncIteratorProtocol {
        var content: RequestBody.AsyncIterator
        var channel: (any Channel)?

        mutating func next() async throws -> ByteBuffer? {
            channel?.triggerUserOutboundEvent(ContentWanted(), promise: nil)
            channel = nil
            return try await content.next()
        }
    }

    let content: RequestBody
    let channel: any Channel

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(content: content.makeAsyncIterator(), channel: channel)
    }
}

extension Channel {
    /// Has a server wait between two attempts to accept a connection where it has no file descriptor left for one.
    ///
    /// - Parameter logger: where it is said, once a minute at most.
    public func pauseAcceptingWithoutFiles(logger: Logger) {
        eventLoop.execute {
            do {
                try self.pipeline.syncOperations.addHandler(AcceptPause(logger), position: .first)
            } catch {
                // It has been closed meanwhile, and accepts nothing any more.
            }
        }
    }
}
