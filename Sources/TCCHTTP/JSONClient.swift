public import HTTPTypes
public import NIOCore
import TCC

/// Calls of JSON over HTTP/1.1.
///
/// A call has one deadline, for all of it: looking up the name, connecting, waiting for a connection, sending, the head of
/// the answer and every byte of its body. An answer that comes slowly does not put it off.
public struct JSONClient: Sendable {
    /// An answer whose body was read.
    public struct Answer: Sendable {
        /// The status.
        public let status: Int
        /// The body.
        public let body: ByteBuffer
        /// The headers as they came.
        let fields: [(name: String, value: String)]

        /// The headers, by lower-case name; of several of one name the last.
        ///
        /// Made anew each time, since few callers want them.
        public var headers: [String: String] {
            Dictionary(fields.map { ($0.name.lowercased(), $0.value) }) { _, last in last }
        }

        /// The body as JSON, or nil if it is not what is expected.
        ///
        /// - Parameter type: what it should be.
        /// - Returns: the value, or nil if the body is not JSON of this shape.
        public func decode<Value: Decodable>(_ type: Value.Type) -> Value? {
            // `try?`: an unreadable body is a misfit, which each caller has a rule for.
            try? JSONCoding.decode(type, from: body)
        }
    }

    /// Has something done after a while; what it returns takes that back.
    public typealias Alarm =
        @Sendable (_ wait: Duration, _ ring: @escaping @Sendable () -> Void) -> @Sendable () -> Void

    /// The largest answer that is read, in bytes: 16 MiB.
    public static let largestAnswer = 16 << 20

    private let transport: any HTTPTransport
    private let after: Alarm

    /// A client of the real network.
    ///
    /// - Parameter connectionsPerHost: how many calls to one server run at once; further ones wait.
    public init(connectionsPerHost: Int) {
        self.init(connectionsPerHost: connectionsPerHost, lookUp: SystemNames.lookUp)
    }

    /// A client of the real network, with names of one's own.
    ///
    /// - Parameters:
    ///   - connectionsPerHost: how many calls to one server run at once; further ones wait.
    ///   - lookUp: finds the addresses of a host, the best first, on a thread that it may block.
    package init(connectionsPerHost: Int, lookUp: @escaping @Sendable (String) throws -> [String]) {
        let names = NameResolver(lookUp: lookUp)
        self.init(
            transport: AsyncHTTPTransport(connectionsPerHost: connectionsPerHost, names: names),
            after: { Deadlines.shared.after($0, $1) }
        )
    }

    /// A client over any network.
    ///
    /// - Parameters:
    ///   - transport: moves the bytes.
    ///   - after: keeps deadlines.
    public init(transport: any HTTPTransport, after: @escaping Alarm) {
        self.transport = transport
        self.after = after
    }

    /// Runs something with a client of the real network, and closes its connections after it.
    ///
    /// - Parameters:
    ///   - connectionsPerHost: how many calls to one server run at once; further ones wait.
    ///   - body: what to run.
    /// - Returns: what it returns.
    /// - Throws: what it throws.
    package static func with<Result>(
        connectionsPerHost: Int,
        _ body: (JSONClient) async throws -> Result
    ) async throws -> Result {
        let client = JSONClient(connectionsPerHost: connectionsPerHost)
        do {
            let result = try await body(client)
            try await client.shutdown()
            return result
        } catch {
            // `try?`: the first error is the one to tell of.
            try? await client.shutdown()
            throw error
        }
    }

    /// Makes a call.
    ///
    /// - Parameters:
    ///   - method: the method.
    ///   - url: the whole URL.
    ///   - token: the bearer token, if one is needed.
    ///   - headers: further headers.
    ///   - body: the body, if there is one.
    ///   - timeout: when to give up, whatever has come of the answer.
    /// - Returns: the whole answer, whatever its status.
    /// - Throws: ``CallFailure``, or `CancellationError`; the call may have had its effect.
    public func call(
        _ method: HTTPRequest.Method,
        _ url: String,
        token: String?,
        headers: [(String, String)] = [],
        body: ByteBuffer? = nil,
        timeout: Duration
    ) async throws -> Answer {
        var request = TransportRequest(method: method, url: url, headers: [], body: body)
        request.headers.reserveCapacity(headers.count + 2)
        if let token { request.headers.append(("authorization", "Bearer \(token)")) }
        request.headers += headers
        if body != nil { request.headers.append(("content-type", "application/json")) }
        let answer = IncomingAnswer(largest: Self.largestAnswer)
        let cancellation = Cancellation()
        let takeBack = after(timeout) { cancellation.cancel(CallFailure(.noAnswerInTime)) }
        defer { takeBack() }
        do {
            try await withTaskCancellationHandler {
                try await transport.send(request, cancellation) { try answer.receive($0) }
            } onCancel: {
                cancellation.cancel(CancellationError())
            }
            return try answer.whole()
        } catch {
            throw cancellation.reason ?? error
        }
    }

    /// Closes its connections.
    public func shutdown() async throws { try await transport.shutdown() }
}
