/// What a request asks of its answer and of its connection.
package struct Exchange: Hashable, Sendable {
    /// Its answer has no content (RFC 9110, 9.3.2).
    package var isHead = false
    /// It is of HTTP/1.0.
    package var isOld = false
    /// No other request follows it on its connection (RFC 9112, 9.3 and 9.6).
    package var isLast = false
    /// Its client sends the content when it is told to (RFC 9110, 10.1.1).
    package var waitsForContinue = false

    /// One that asks for nothing.
    package init() {}
}

/// The requests and answers of one connection: what is still to be answered, what must not be sent, and when it ends.
///
/// The answers come from a handler that takes one request after the other, so they are in the requests' order.
package struct Exchanges {
    /// What becomes of a failure to read on.
    package enum FailureAction: Hashable {
        /// It changes nothing, or its answer waits for its turn.
        case wait
        /// It is answered now, and the connection ends.
        case answer(RequestRefusal)
        /// The handler that reads the request's content must learn of it.
        case interrupt
    }

    /// What becomes of the head of an answer.
    package enum HeadAction: Hashable {
        /// It is not sent.
        case drop
        /// It is sent as it is: an interim one.
        case passInterim
        /// It is sent, with this as its `Connection`, if anything.
        case pass(connection: String?, Exchange)
        /// A refusal is sent in its place.
        case substitute(RequestRefusal, Exchange)
    }

    /// What becomes of the end of an answer.
    package enum EndAction: Hashable {
        /// It is not sent.
        case drop
        /// It is sent.
        case pass
        /// It is sent, and the connection ends.
        case passAndEnd
        /// It is sent, a refusal after it, and the connection ends.
        case passAndAnswer(RequestRefusal)
    }

    /// Those whose answer has not ended, the oldest first.
    private var owed: [Exchange] = []
    private var isContentComing = false
    /// What comes in is thrown away.
    private var isDeaf = false
    /// Whether the last answer has been sent, or is being sent.
    package private(set) var isEnding = false
    private var endsWithThis = false
    private var isContentSent = true
    private var isStopping = false
    private var failure: RequestRefusal?

    /// A connection without a request.
    package init() {}

    /// Whether the connection has nothing to do.
    var isIdle: Bool { owed.isEmpty && !isEnding && !isContentComing }

    /// Whether content of a request is still to come.
    var isReadingContent: Bool { isContentComing && !isDeaf }

    /// Whether the head of a request may come.
    var isReadingHead: Bool { !isContentComing && !isDeaf && !isEnding }

    /// The head of a request came.
    ///
    /// - Returns: whether it is handled.
    package mutating func headReceived(_ exchange: Exchange) -> Bool {
        if isEnding || owed.last?.isLast == true { isDeaf = true }
        guard !isDeaf else { return false }
        owed.append(exchange)
        isContentComing = true
        return true
    }

    /// A part of its content came.
    ///
    /// - Returns: whether it is handled.
    package mutating func contentReceived() -> Bool {
        guard !isDeaf else { return false }
        if let last = owed.indices.last { owed[last].waitsForContinue = false }
        return true
    }

    /// Its end came.
    ///
    /// - Returns: whether it is handled.
    package mutating func endReceived() -> Bool {
        guard !isDeaf else { return false }
        isContentComing = false
        return true
    }

    /// What came is no request, or it did not come.
    package mutating func readingFailed(_ refusal: RequestRefusal) -> FailureAction {
        guard !isDeaf, !isEnding, owed.last?.isLast != true || isContentComing else { return .wait }
        isDeaf = true
        failure = refusal
        if isContentComing { return .interrupt }
        guard owed.isEmpty else { return .wait }
        isEnding = true
        return .answer(refusal)
    }

    /// The process is about to stop.
    package mutating func stopped() { isStopping = true }

    /// The content is wanted.
    ///
    /// - Returns: whether the client waits to be told.
    package mutating func contentWanted() -> Bool {
        guard isReadingContent, owed.count == 1, owed[0].waitsForContinue else { return false }
        owed[0].waitsForContinue = false
        return true
    }

    /// The head of an answer is about to be sent.
    ///
    /// - Parameters:
    ///   - status: its status.
    ///   - hasLength: whether it says how long its content is.
    /// - Returns: what becomes of it.
    package mutating func answerBegan(status: Int, hasLength: Bool) -> HeadAction {
        guard !isEnding, let first = owed.first else { return .drop }
        if status < 200 { return .passInterim }
        isContentSent = !first.isHead
        let isOnly = owed.count == 1
        if isOnly, isContentComing, let failure, status == 400 || status >= 500 {
            endsWithThis = true
            isContentSent = false
            return .substitute(failure, first)
        }
        // Where content is still to come, the next request is somewhere behind it.
        endsWithThis = first.isLast || (isOnly && (isContentComing || isStopping))
        // Without a length the end of the connection is the end of the content.
        if !hasLength, first.isOld || first.isHead { endsWithThis = true }
        if endsWithThis { return .pass(connection: "close", first) }
        return .pass(connection: first.isOld ? "keep-alive" : nil, first)
    }

    /// A part of an answer's content is about to be sent.
    ///
    /// - Returns: whether it is.
    package func sendsContent() -> Bool { isContentSent && !isEnding && !owed.isEmpty }

    /// The end of an answer is about to be sent.
    package mutating func answerEnded() -> EndAction {
        guard !isEnding, !owed.isEmpty else { return .drop }
        owed.removeFirst()
        if endsWithThis {
            isEnding = true
            return .passAndEnd
        }
        guard owed.isEmpty, let failure else { return .pass }
        isEnding = true
        return .passAndAnswer(failure)
    }
}
