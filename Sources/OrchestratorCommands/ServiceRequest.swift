import Foundation
package import HTTPTypes
package import NIOCore
package import TCCHTTP

/// One request to one of the services; repeated, it is the same one, key and all.
package struct ServiceRequest: Sendable {
    /// The method.
    package var method: HTTPRequest.Method
    /// Whom it is for.
    package var service: ServiceName
    /// The path and query, percent-encoded.
    package var path: String
    /// Who asks; nil sends no token.
    package var caller: Caller?
    /// Further headers, such as the idempotency key.
    package var headers: [(String, String)] = []
    /// The body.
    package var body: ByteBuffer?

    /// A question.
    ///
    /// - Parameters:
    ///   - service: whom it is for.
    ///   - path: the path.
    ///   - query: the query, not encoded; absent values are left out.
    ///   - caller: who asks.
    /// - Returns: the request.
    package static func get(
        _ service: ServiceName,
        _ path: String,
        query: KeyValuePairs<String, String?> = [:],
        as caller: Caller? = nil
    ) -> ServiceRequest {
        let pairs = query.compactMap { name, value in value.map { "\(name)=\(encoded($0))" } }
        let path = pairs.isEmpty ? path : "\(path)?\(pairs.joined(separator: "&"))"
        return ServiceRequest(method: .get, service: service, path: path, caller: caller)
    }

    /// A request to the orchestrator to do something.
    ///
    /// - Parameters:
    ///   - path: the path.
    ///   - caller: who asks.
    ///   - key: the idempotency key.
    ///   - ifRevision: the draft's head must be this one.
    ///   - body: the body.
    /// - Returns: the request.
    package static func post(
        _ path: String,
        as caller: Caller,
        key: String? = nil,
        ifRevision: Int? = nil,
        body: ByteBuffer? = nil
    ) -> ServiceRequest {
        var headers: [(String, String)] = []
        if let key { headers.append(("idempotency-key", key)) }
        if let ifRevision { headers.append(("if-match", EntityTag.of(ifRevision))) }
        return ServiceRequest(
            method: .post,
            service: .orchestrator,
            path: path,
            caller: caller,
            headers: headers,
            body: body
        )
    }

    /// Only unreserved characters stay (RFC 3986, section 2.3): a plus sign in a file's name is no space.
    private static func encoded(_ value: String) -> String {
        let unreserved = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
        return value.addingPercentEncoding(withAllowedCharacters: CharacterSet(charactersIn: unreserved)) ?? value
    }
}
