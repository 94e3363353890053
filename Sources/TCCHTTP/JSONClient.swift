import AsyncHTTPClient
public import HTTPTypes
public import NIOCore
import NIOHTTP1
import TCC

/// Calls of JSON over HTTP/1.1: AsyncHTTPClient, set up as this project's calls want it.
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

    private static let largestAnswer = 16 << 20

    private let client: HTTPClient

    /// A client.
    ///
    /// - Parameter connectionsPerHost: how many calls to one server run at once; further ones wait.
    public init(connectionsPerHost: Int) {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connectionsPerHost
        // Each caller retries by a policy of its own; a refused connection is an answer worth having at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        configuration.redirectConfiguration = .disallow
        self.client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Makes a call.
    ///
    /// - Parameters:
    ///   - method: the method.
    ///   - url: the whole URL.
    ///   - token: the bearer token, if one is needed.
    ///   - headers: further headers.
    ///   - body: the body, if there is one.
    ///   - timeout: when to give up.
    /// - Returns: the answer, whatever its status.
    /// - Throws: whatever the network met; the call may have had its effect.
    public func call(
        _ method: HTTPRequest.Method,
        _ url: String,
        token: String?,
        headers: [(String, String)] = [],
        body: ByteBuffer? = nil,
        timeout: Duration
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = NIOHTTP1.HTTPMethod(rawValue: method.rawValue)
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(body)
        }
        let response = try await client.execute(request, timeout: .milliseconds(max(1, timeout.wholeMilliseconds)))
        let content = try await response.body.collect(upTo: Self.largestAnswer)
        var names: [String: String] = [:]
        for (name, value) in response.headers { names[name.lowercased()] = value }
        return Answer(status: Int(response.status.code), body: content, headers: names)
    }

    /// Closes its connections.
    public func shutdown() async throws {
        try await client.shutdown()
    }
}
