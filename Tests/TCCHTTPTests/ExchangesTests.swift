import NIOCore
import TCCHTTP
import Testing

@Suite("What a connection's requests and answers allow")
struct ExchangesTests {
    private func exchange(isHead: Bool = false, isLast: Bool = false) -> Exchange {
        var exchange = Exchange()
        (exchange.isHead, exchange.isLast) = (isHead, isLast)
        return exchange
    }

    private func opened(_ exchanges: Exchange...) -> Exchanges {
        var connection = Exchanges()
        for exchange in exchanges { _ = (connection.headReceived(exchange), connection.endReceived()) }
        return connection
    }

    @Test("what does not come is answered after what came, and nothing is sent behind it")
    func failureWaits() {
        var connection = opened(exchange(), exchange())
        #expect(connection.readingFailed(.unknownMethod) == .wait)
        #expect(connection.headReceived(exchange()) == false)
        #expect(connection.answerBegan(status: 200, hasLength: true) == .pass(connection: nil, exchange()))
        #expect(connection.answerEnded() == .pass)
        _ = connection.answerBegan(status: 200, hasLength: true)
        #expect(connection.answerEnded() == .passAndAnswer(.unknownMethod))
        #expect(connection.answerBegan(status: 400, hasLength: true) == .drop)
        #expect(!connection.sendsContent())
        #expect(connection.answerEnded() == .drop)
        #expect(connection.readingFailed(.tooSlow) == .wait)
    }

    @Test("a handler whose request breaks off answers what broke it, unless it has answered otherwise")
    func interrupted() {
        for (status, isKept) in [(400, false), (500, false), (401, true), (200, true)] {
            var connection = Exchanges()
            #expect(connection.headReceived(exchange()) == true)
            #expect(connection.readingFailed(.tooSlow) == .interrupt)
            let action = connection.answerBegan(status: status, hasLength: true)
            #expect(
                action == (isKept ? .pass(connection: "close", exchange()) : .substitute(.tooSlow, exchange())),
                "\(status)"
            )
            #expect(connection.sendsContent() == isKept)
            #expect(connection.answerEnded() == .passAndEnd)
        }
    }

    @Test("an answer before all of the content is the last one")
    func earlyAnswer() {
        var connection = Exchanges()
        _ = connection.headReceived(exchange())
        #expect(connection.answerBegan(status: 413, hasLength: true) == .pass(connection: "close", exchange()))
        #expect(connection.answerEnded() == .passAndEnd)
        #expect(connection.isEnding)
        #expect(connection.headReceived(exchange()) == false)
    }

    @Test("after the last request nothing counts, garbage included")
    func lastRequest() {
        var connection = opened(exchange(isLast: true))
        #expect(connection.headReceived(exchange()) == false)
        #expect(connection.contentReceived() == false)
        #expect(connection.readingFailed(.unknownMethod) == .wait)
        #expect(
            connection.answerBegan(status: 200, hasLength: true)
                == .pass(connection: "close", exchange(isLast: true))
        )
        #expect(connection.answerEnded() == .passAndEnd)
    }

    @Test("a client that waits is told once to send, and not when it has begun")
    func continues() {
        var waiting = Exchange()
        waiting.waitsForContinue = true
        var connection = Exchanges()
        _ = connection.headReceived(waiting)
        #expect(connection.contentWanted() == true)
        #expect(connection.contentWanted() == false)
        connection = Exchanges()
        _ = (connection.headReceived(waiting), connection.contentReceived())
        #expect(connection.contentWanted() == false)
        connection = opened(waiting)
        #expect(connection.contentWanted() == false)
    }

    @Test("no content after HEAD, and a process that stops ends after the answer")
    func headAndStop() {
        var connection = opened(exchange(isHead: true))
        connection.stopped()
        #expect(
            connection.answerBegan(status: 404, hasLength: true)
                == .pass(connection: "close", exchange(isHead: true))
        )
        #expect(!connection.sendsContent())
        #expect(connection.answerEnded() == .passAndEnd)
    }

    @Test("a request, an answer and the end have their time, and content that comes steadily has more")
    func times() {
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
        let limits = ExchangeTimes.Limits()
        var times = ExchangeTimes(limits: limits)
        #expect(times.due(at: start) == .later(nil))
        times.waitsForHead(since: start)
        times.waitsForHead(since: start + .seconds(9))
        #expect(times.due(at: start + .seconds(9)) == .later(start + limits.request))
        #expect(times.due(at: start + limits.request) == .requestTooSlow)
        times.headCame()
        #expect(times.due(at: start + .hours(1)) == .later(nil))
        times.waitsForContent(since: start)
        times.contentCame(bytes: limits.leastRate * 5)
        times.waitsForContent(since: start + .seconds(14))
        #expect(times.due(at: start + .seconds(14)) == .later(start + .seconds(15)))
        #expect(times.due(at: start + .seconds(15)) == .requestTooSlow)
        times.requestCame()
        times.answer(isBlocked: true, at: start)
        #expect(times.due(at: start + limits.answer) == .close)
        times.answer(isBlocked: false, at: start)
        times.answersEnded(at: start)
        #expect(times.due(at: start + limits.end) == .close)
    }
}
