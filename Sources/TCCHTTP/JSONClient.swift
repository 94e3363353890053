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
        /// The headers, by lower-case name.
        public let headers: [String: String]

        /// The body as JSON, or nil if it is not what is expected.
        ///
        /// - Parameter type: what it should be.
        /// - Returns: the value, or nil if the body is not JSON of this shape.
        public func decode<Value: Decodable>(_ type: Value.Type) -> Value? {
            // `try?`: an unreadable body is a misfit, which each caller has a rule for.
            try? JSONCoding.decode(type, from: body)
        }
    }

    /// The largest answer that is read, in bytes: 16 MiB.
    public static let largestAnswer = 16 << 20

    private let transport: any HTTPTransport
    private let sleep: @Sendable (Duration) async throws -> Void

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
            sleep: World.system.sleep
        )
    }

    /// A client over any network.
    ///
    /// - Parameters:
    ///   - transport: moves the bytes.
    ///   - sleep: waits; deadlines are kept by it.
    public init(transport: any HTTPTransport, sleep: @escaping @Sendable (Duration) async throws -> Void) {
        self.transport = transport
        self.sleep = sleep
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
        return try await within(timeout) { [transport, request] in
            let answer = IncomingAnswer(largest: Self.largestAnswer)
            try await transport.send(request) { try answer.receive($0) }
            return try answer.whole()
        }
    }

    /// Cancels an exchange when its time is over, wherever it is.
    private func within(
        _ timeout: Duration,
        _ exchange: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        try await withThrowingTaskGroup(of: Answer?.self) { [sleep] group in
            group.addTask { try await exchange() }
            group.addTask {
                try await sleep(timeout)
                return nil
            }
            defer { group.cancelAll() }
            guard let answer = try await group.next() ?? nil else { throw CallFailure(.noAnswerInTime) }
            return answer
        }
    }

    /// Closes its connections.
    public func shutdown() async throws { try await transport.shutdown() }
}
