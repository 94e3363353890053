package import NIOCore

/// How long a connection may take over a request, over an answer, and over its end.
///
/// A client that sends or reads a byte now and then would otherwise keep its connection for ever ("slowloris").
package struct ExchangeTimes {
    /// What a time that is over means.
    package enum Due: Hashable {
        /// Not yet: look again then; never, if nothing is waited for.
        case later(NIODeadline?)
        /// The request did not come in time.
        case requestTooSlow
        /// The connection is closed.
        case close
    }

    /// How long each may take.
    package struct Limits: Hashable, Sendable {
        /// For a head, from its first byte; for content, and one second more for each ``leastRate`` bytes of it.
        package var request = TimeAmount.seconds(10)
        /// How many bytes of content come in a second at least.
        package var leastRate = 8 << 10
        /// For an answer that does not fit between here and the client.
        package var answer = TimeAmount.minutes(2)
        /// For the client to close after the last answer: what it has sent meanwhile would otherwise reset the connection,
        /// and take the answer with it (RFC 9112, 9.6).
        package var end = TimeAmount.seconds(2)

        /// The usual ones.
        package init() {}
    }

    private let limits: Limits
    private var headBegan: NIODeadline?
    private var contentBegan: NIODeadline?
    private var contentBytes = 0
    private var blocked: NIODeadline?
    private var ended: NIODeadline?

    /// A connection that has just been opened.
    package init(limits: Limits = Limits()) { self.limits = limits }

    /// Some of a head has come.
    package mutating func waitsForHead(since now: NIODeadline) { headBegan = headBegan ?? now }

    /// Some of the content has not come yet.
    package mutating func waitsForContent(since now: NIODeadline) { contentBegan = contentBegan ?? now }

    /// A head came.
    package mutating func headCame() {
        headBegan = nil
        contentBytes = 0
    }

    /// A part of the content came.
    package mutating func contentCame(bytes: Int) { contentBytes += bytes }

    /// All of a request came.
    package mutating func requestCame() { contentBegan = nil }

    /// The request is waited for no longer.
    package mutating func requestGivenUp() { (headBegan, contentBegan) = (nil, nil) }

    /// The client takes no more of an answer for now, or takes it again.
    package mutating func answer(isBlocked: Bool, at now: NIODeadline) { blocked = isBlocked ? now : nil }

    /// The last answer has been sent.
    package mutating func answersEnded(at now: NIODeadline) {
        requestGivenUp()
        ended = now
    }

    /// What is due.
    package func due(at now: NIODeadline) -> Due {
        var next: NIODeadline?
        func isOver(_ deadline: NIODeadline) -> Bool {
            next = min(next ?? deadline, deadline)
            return deadline <= now
        }
        if let ended, isOver(ended + limits.end) { return .close }
        if let blocked, isOver(blocked + limits.answer) { return .close }
        if let headBegan, isOver(headBegan + limits.request) { return .requestTooSlow }
        let more = TimeAmount.milliseconds(Int64(contentBytes) * 1000 / Int64(limits.leastRate))
        if let contentBegan, isOver(contentBegan + limits.request + more) { return .requestTooSlow }
        return .later(next)
    }
}
