import Foundation
import HTTPTypes
import NIOCore
import NIOHTTP1
import TCC

/// Asks the connection for a request's content, which its client holds back until it is told to send it.
struct ContentWanted: Sendable {}

/// Asks a connection to close if it has nothing to answer.
struct CloseIfIdle: Sendable {}

/// Sees what the parser gets, for what the parser's errors do not tell.
final class RequestLineWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private var bytes = ByteBuffer()

    /// Whether what is being read has a line that is a request line, but for its method or its version.
    func hasRequestLine(but wrong: RequestRefusal) -> Bool {
        bytes.readableBytesView.split(separator: UInt8(ascii: "\n"))
            .contains { line in
                let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
                guard words.count == 3, !words[1].isEmpty,
                    let method = HTTPRequest.Method(String(decoding: words[0], as: UTF8.self)),
                    let version = String(decoding: words[2], as: UTF8.self).wholeMatch(of: #/HTTP\/(\d)\.\d\r/#)
                else { return false }
                if wrong == .unknownVersion { return true }
                guard case .RAW = HTTPMethod(rawValue: method.rawValue) else { return false }
                return version.1 == "1"
            }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes = unwrapInboundIn(data)
        context.fireChannelRead(data)
        bytes = ByteBuffer()
    }
}

/// Keeps a connection to RFC 9110 and RFC 9112, between the parser and what handles requests: ``RequestRules`` decides
/// about requests, ``Exchanges`` about answers, ``ExchangeTimes`` about time.
final class HTTPConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private static let lastLook = TimeAmount.milliseconds(2)

    private let watch: RequestLineWatch
    private let place: OpenConnections.Place
    private var exchanges = Exchanges()
    private var times: ExchangeTimes
    /// What a request was that is none of ``exchanges``, because it is refused.
    private var refused = Exchange()
    private var timer: (task: Scheduled<Void>, deadline: NIODeadline)?
    private var hasRead = false
    private var isFlushed = false
    private var isInputClosed = false
    private var isCloseDeferred = false
    private var isOutputOpenForContent = false
    private var isStopping = false

    init(watch: RequestLineWatch, place: OpenConnections.Place, limits: ExchangeTimes.Limits) {
        self.times = ExchangeTimes(limits: limits)
        self.watch = watch
        self.place = place
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        hasRead = true
        switch unwrapInboundIn(data) {
        case .head(var head):
            times.headCame()
            do throws(RequestRefusal) {
                let exchange = try RequestRules.examine(&head)
                guard exchanges.headReceived(exchange) else { return }
                place.isBusy()
                context.fireChannelRead(wrapInboundOut(.head(head)))
            } catch {
                refused.isHead = head.method == .HEAD
                readingFailed(error, context)
            }
        case .body(let content):
            times.contentCame(bytes: content.readableBytes)
            if exchanges.contentReceived() { context.fireChannelRead(data) }
        case .end:
            times.requestCame()
            if exchanges.endReceived() { context.fireChannelRead(data) }
            if isOutputOpenForContent {
                isOutputOpenForContent = false
                context.close(mode: .output, promise: nil)
            }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if exchanges.isReadingContent {
            times.waitsForContent(since: .now())
            watchTime(context)
        } else if exchanges.isReadingHead, !hasRead {
            times.waitsForHead(since: .now())
            watchTime(context)
        }
        hasRead = false
        context.fireChannelReadComplete()
        // What comes after the last answer is thrown away, and must be read for that.
        if isFlushed { context.read() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return context.fireErrorCaught(error) }
        readingFailed(RequestRefusal(error, isRequestLine: watch.hasRequestLine(but:)), context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is CloseIfIdle:
            // Once what the client has sent already has been read: a request that comes meanwhile is answered.
            context.eventLoop.assumeIsolated()
                .scheduleTask(in: Self.lastLook) { [self] in
                    if exchanges.isIdle || isFlushed { context.close(promise: nil) }
                }
            return
        case is ChannelShouldQuiesceEvent:
            isStopping = true
            exchanges.stopped()
            if isFlushed { context.close(promise: nil) }
        case ChannelEvent.inputClosed:
            isInputClosed = true
            if exchanges.isReadingContent { readingFailed(.malformed("it ended early"), context) }
            if isFlushed { context.close(promise: nil) }
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if exchanges.isReadingContent { readingFailed(.malformed("it ended early"), context) }
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.task.cancel()
        timer = nil
    }

    private func readingFailed(_ refusal: RequestRefusal, _ context: ChannelHandlerContext) {
        switch exchanges.readingFailed(refusal) {
        case .wait: break
        case .interrupt: context.fireErrorCaught(HTTPParserError.unknown)
        case .answer(let refusal):
            write(refusal, refused, context)
            end(context, after: context.eventLoop.makePromise())
        }
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head): write(head, context, promise)
        case .body:
            if exchanges.sendsContent() { context.write(data, promise: promise) } else { promise?.succeed() }
        case .end:
            switch exchanges.answerEnded() {
            case .drop: promise?.succeed()
            case .pass:
                if exchanges.isIdle { place.isIdle() }
                context.write(data, promise: promise)
            case .passAndEnd: end(context, after: promise ?? context.eventLoop.makePromise())
            case .passAndAnswer(let refusal):
                context.write(data, promise: promise)
                write(refusal, refused, context)
                end(context, after: context.eventLoop.makePromise())
            }
        }
    }

    private func write(
        _ head: HTTPResponseHead,
        _ context: ChannelHandlerContext,
        _ promise: EventLoopPromise<Void>?
    ) {
        let hasLength = head.headers.contains(name: "content-length")
        switch exchanges.answerBegan(status: Int(head.status.code), hasLength: hasLength) {
        case .drop: promise?.succeed()
        case .passInterim: context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .substitute(let refusal, let exchange):
            write(refusal, exchange, context)
            promise?.succeed()
        case .pass(let connection, let exchange):
            var head = head
            if let connection { head.headers.replaceOrAdd(name: "Connection", value: connection) }
            // Without a length the encoder would send chunks, which HTTP/1.0 does not know (RFC 9112, 6.1), and whose
            // last one would be content after HEAD.
            if !hasLength, exchange.isOld || exchange.isHead { head.version = .http1_0 }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        }
    }

    /// Writes a refusal, but for its end.
    private func write(_ refusal: RequestRefusal, _ exchange: Exchange, _ context: ChannelHandlerContext) {
        let problem = refusal.problem
        // `try?`: a problem is made of strings and numbers, which encode; an empty body still has the status.
        let content = (try? JSONCoding.encode(problem)) ?? ByteBuffer()
        var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: problem.status))
        head.headers = [
            "Content-Type": "application/problem+json", "Content-Length": "\(content.readableBytes)",
            "Connection": "close", "Date": HTTPDate.now(),
        ]
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !exchange.isHead { context.write(wrapOutboundOut(.body(.byteBuffer(content))), promise: nil) }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is ContentWanted else { return context.triggerUserOutboundEvent(event, promise: promise) }
        if exchanges.contentWanted() {
            let head = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        }
        promise?.succeed()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        times.answer(isBlocked: !context.channel.isWritable, at: .now())
        if !context.channel.isWritable { watchTime(context) }
        context.fireChannelWritabilityChanged()
    }

    // MARK: The end

    /// Ends the last answer and with it the connection, once the answer is on its way.
    private func end(_ context: ChannelHandlerContext, after sent: EventLoopPromise<Void>) {
        sent.futureResult.assumeIsolated().whenComplete { [self] _ in sentAll(context) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: sent)
    }

    private func sentAll(_ context: ChannelHandlerContext) {
        isFlushed = true
        place.isIdle()
        if isStopping || isInputClosed { return context.close(promise: nil) }
        // Many clients take an end while they send for a lost connection, and drop the answer before it.
        isOutputOpenForContent = exchanges.isReadingContent
        if !isOutputOpenForContent { context.close(mode: .output, promise: nil) }
        times.answersEnded(at: .now())
        watchTime(context)
        context.read()
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        switch mode {
        case .output where !isFlushed:
            // At once it would be closed wholly, and what is not sent yet be lost, if the client has closed its side.
            let sent = context.eventLoop.makePromise(of: Void.self)
            sent.futureResult.assumeIsolated().whenComplete { _ in context.close(mode: .output, promise: promise) }
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer()))), promise: sent)
        case .output: promise?.succeed()
        case .all where exchanges.isEnding && (!isFlushed || isOutputOpenForContent) && !isCloseDeferred:
            // What handles the requests closes as soon as it has written its last answer; it is closed once that is sent,
            // and the content of its request has come: what is not read resets the connection, and takes the answer with it.
            isCloseDeferred = true
            promise?.succeed()
        default: context.close(mode: mode, promise: promise)
        }
    }

    // MARK: Time

    private func watchTime(_ context: ChannelHandlerContext) {
        guard case .later(let next?) = times.due(at: .now()) else { return }
        if let timer {
            // One that comes early looks when to come again.
            if timer.deadline <= next { return }
            timer.task.cancel()
        }
        let task = context.eventLoop.assumeIsolated()
            .scheduleTask(deadline: next) { [self] in
                timer = nil
                switch times.due(at: .now()) {
                case .later: break
                case .close: return context.close(promise: nil)
                case .requestTooSlow:
                    times.requestGivenUp()
                    readingFailed(.tooSlow, context)
                }
                watchTime(context)
            }
        timer = (task, next)
    }
}
