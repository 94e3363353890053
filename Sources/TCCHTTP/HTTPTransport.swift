public import HTTPTypes
public import NIOCore

/// Moves the bytes of HTTP requests and answers, and does nothing else: what ``JSONClient`` makes its calls with.
///
/// Everything that is decided about a call is decided above it, in ``JSONClient``: when it is given up, how large an
/// answer may be, what a failure means. Below it is a network, real or simulated.
///
/// A transport
/// - sends the request once, framed as HTTP/1.1 asks (`Host`, `Content-Length`), and never again by itself;
/// - hands on the head of the final answer (no 1xx), then each part of its body as it comes, one after the other and none
///   after `send` has returned or thrown; it does not gather, limit or read them;
/// - has no timeout of its own that is shorter than its callers': it waits as long as it is let;
/// - ends at once when it is given up, wherever the exchange is (looking up the name, connecting, sending, waiting
///   for the head or the body), and closes that connection: `send` must not wait for the other side any more;
/// - does not let one host hold up the requests to another one.
public protocol HTTPTransport: Sendable {
    /// Sends a request, and hands on its answer.
    ///
    /// - Parameters:
    ///   - request: the request.
    ///   - cancellation: whether the exchange is given up.
    ///   - receive: takes a part of the answer. When it throws, the exchange ends at once with that error.
    /// - Throws: a ``CallFailure`` if the whole answer did not come; anything if it was given up first; whatever `receive`
    ///   throws.
    func send(
        _ request: TransportRequest,
        _ cancellation: Cancellation,
        _ receive: @escaping @Sendable (TransportPart) throws -> Void
    ) async throws

    /// Closes its connections; requests that are under way fail.
    ///
    /// - Throws: if it is closed already.
    func shutdown() async throws
}

/// A request as a transport sends it.
public struct TransportRequest: Sendable {
    /// The method.
    public var method: HTTPRequest.Method
    /// The whole URL.
    public var url: String
    /// The headers, without those that frame the message.
    public var headers: [(String, String)]
    /// The body, if there is one.
    public var body: ByteBuffer?

    /// Makes a request.
    ///
    /// - Parameters:
    ///   - method: the method.
    ///   - url: the whole URL.
    ///   - headers: the headers, without those that frame the message.
    ///   - body: the body, if there is one.
    public init(method: HTTPRequest.Method, url: String, headers: [(String, String)] = [], body: ByteBuffer? = nil) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}

/// A part of an answer, in the order in which they come: the head, then the parts of the body.
public enum TransportPart: Sendable {
    /// The status and the headers.
    case head(status: Int, headers: [(name: String, value: String)])
    /// Some bytes of the body.
    case body(ByteBuffer)
}
