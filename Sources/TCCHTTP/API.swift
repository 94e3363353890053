import Foundation
public import HTTPTypes
public import Hummingbird
package import Logging
public import NIOCore
import NIOHTTP1
public import TCC

/// What a request brings along while it is handled: Hummingbird's own context, and the connection.
public struct APIContext: RequestContext {
    private struct WithoutChannel: RequestContextSource {
        let logger: Logger
    }

    /// Hummingbird's part.
    public var coreContext: CoreRequestContextStorage
    /// The connection, to be closed when a request must end unanswered; nil where there is none, as in a simulation.
    fileprivate let connection: (any Channel)?

    /// The connection of a request that came by one.
    public var channel: any Channel {
        guard let connection else { preconditionFailure("this request came by no connection") }
        return connection
    }

    /// Made by Hummingbird.
    public init(source: ApplicationRequestContextSource) {
        self.coreContext = .init(source: source)
        self.connection = source.channel
    }

    /// The context of a request that came by no channel: whoever made it sees by a thrown ``Unanswerable`` that it ends
    /// unanswered.
    ///
    /// - Parameter logger: where its logs go.
    package init(logger: Logger) {
        self.coreContext = .init(source: WithoutChannel(logger: logger))
        self.connection = nil
    }
}

extension APIContext {
    fileprivate func problem(for error: any Error, in request: Request) -> Problem {
        if let problem = error as? Problem { return problem.withStatusOfProblem }
        logger.error(
            "A request failed",
            metadata: ["error": "\(error)", "http.method": "\(request.method)", "url.path": "\(request.uri.path)"]
        )
        return Problem(500, "internal-error", "Something went wrong here. Ask again with the same key.")
    }
}

extension Problem {
    /// The same with 500, if its status is none of a problem.
    fileprivate var withStatusOfProblem: Problem {
        var problem = self
        if !(400...599).contains(status) { problem.status = 500 }
        return problem
    }
}

/// A request whose caller is known and whose body has been read.
public struct APIRequest: Sendable {
    /// The request line and headers.
    public let head: HTTPRequest
    /// Who calls; absent where no token is asked for.
    public let caller: Caller?
    /// The whole body.
    public let body: ByteBuffer
    /// Hummingbird's request, for its query.
    public let request: Request
    /// Where parameters of the path, a logger and the connection are.
    public let context: APIContext

    /// A parameter of the path as an identifier.
    ///
    /// - Parameter name: its name in the route.
    /// - Returns: the UUID that stands there.
    /// - Throws: 404 `not-found`: nothing can have that name.
    public func identifier(_ name: String = "id") throws -> UUIDv7 {
        guard let text = context.parameters.get(name), let identifier = UUIDv7(text) else {
            throw Problem(404, "not-found", "There is nothing with this id.")
        }
        return identifier
    }

    /// A parameter of the query, percent-decoded.
    ///
    /// - Parameter name: its name.
    /// - Returns: its first value, or nil if the query does not have it.
    public func query(_ name: String) -> String? {
        request.uri.queryParameters.get(name)
    }

    /// The body as JSON.
    ///
    /// - Parameter type: what it should be.
    /// - Returns: the value that the body describes.
    /// - Throws: 400 or 422.
    public func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try JSONCoding.decode(type, from: body)
    }

    /// What a caller is told of an error that is about a part of its request: the problem that it is, or 500 for any
    /// other, which is logged.
    ///
    /// - Parameter error: the error.
    /// - Returns: a problem with the status of one.
    public func problem(for error: any Error) -> Problem { context.problem(for: error, in: request) }

    /// The subject of the caller's token.
    public var subject: String { caller?.subject ?? "" }
}

/// Thrown when a request must end without an answer: the caller cannot know, and has to ask again.
public struct Unanswerable: Error, Hashable {
    /// Makes the error.
    public init() {}
}

/// An HTTP API: its routes, who may call each, and the manners that all of them share.
///
/// Errors are problem details; an unknown path is 404, a wrong method 405 with `Allow`, a body over its limit 413. The
/// token is looked at before anything else of a request.
public struct API {
    /// Handles one request.
    public typealias Handler = @Sendable (APIRequest) async throws -> Response

    /// The largest body, where nothing else is said: 1 MiB.
    public static let largestBody = 1 << 20

    private let authority: TokenAuthority
    private let bodies: BodyBudget
    private let router: Router<APIContext>
    private var methods: [[Substring]: Set<HTTPRequest.Method>] = [:]

    /// An API with nothing in it but `GET /healthz` (the process is alive) and `GET /readyz` (it serves).
    ///
    /// - Parameters:
    ///   - authority: verifies tokens.
    ///   - bodies: what the bodies of all requests that are being handled share; past it a request is refused at once, with 503.
    ///   - readiness: whether the process serves.
    public init(
        authority: TokenAuthority,
        bodies: BodyBudget = BodyBudget(),
        readiness: Readiness = Readiness()
    ) {
        self.authority = authority
        self.bodies = bodies
        self.router = Router(context: APIContext.self, options: [.autoGenerateHeadEndpoints])
        on(.get, "/healthz", allow: nil) { _ in try .json(["status": "alive"]) }
        on(.get, "/readyz", allow: nil) { _ in
            if let problem = readiness.problem { throw problem }
            return try .json(["status": "ready"])
        }
    }

    /// Adds a route.
    ///
    /// - Parameters:
    ///   - method: the method.
    ///   - path: the path; `:name` is a parameter.
    ///   - roles: who may call it; nil asks for no token.
    ///   - bodyLimit: the largest body, in bytes.
    ///   - handler: handles it.
    public mutating func on(
        _ method: HTTPRequest.Method,
        _ path: String,
        allow roles: Set<Role>?,
        bodyLimit: Int = API.largestBody,
        handler: @escaping Handler
    ) {
        let segments = path.split(separator: "/")
        methods[segments, default: []].formUnion(method == .get ? [.get, .head] : [method])
        let (authority, bodies) = (authority, bodies)
        router.on(RouterPath(path), method: method) { request, context in
            let caller = try await Self.caller(of: request, allowed: roles, authority: authority)
            // Of a question that anybody may ask no body is read: whoever sends one slowly would hold the others'.
            let isRead = roles != nil || method != .get
            var taken = 0
            defer { bodies.giveBack(taken) }
            let body =
                isRead
                ? try await Self.body(of: request, limit: bodyLimit, within: bodies, taking: &taken) : ByteBuffer()
            return try await handler(
                APIRequest(head: request.head, caller: caller, body: body, request: request, context: context)
            )
        }
    }

    /// What serves the routes added so far.
    public func responder() -> some HTTPResponder<APIContext> {
        APIResponder(routes: router.buildResponder(), methods: methods)
    }

    private static func caller(
        of request: Request,
        allowed roles: Set<Role>?,
        authority: TokenAuthority
    ) async throws -> Caller? {
        guard let roles else { return nil }
        guard let field = request.headers[.authorization], field.count > 7,
            field.prefix(7).lowercased() == "bearer "
        else {
            throw Problem(401, "token-required", "Send 'Authorization: Bearer TOKEN'.")
        }
        let caller = try await authority.verify(trimmed(field.dropFirst(7)))
        guard roles.contains(caller.role) else {
            let allowed = roles.map(\.rawValue).sorted().joined(separator: " or ")
            throw Problem(403, "wrong-role", "This needs a token with the role \(allowed).")
        }
        return caller
    }

    /// Without the blanks around it; Foundation's way costs more than looking the token up.
    private static func trimmed(_ text: Substring) -> String {
        func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }
        var rest = text.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return String(rest)
    }

    /// What somebody sends by mistake, and not to keep a server busy.
    private static let mostThrownAway = 16 << 20
    private static let longestThrownAway = Duration.seconds(1)

    private static func throwAway(_ body: RequestBody) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // However it ends: it is refused.
                do { for try await _ in body {} } catch {}
            }
            group.addTask { try? await Task.sleep(for: longestThrownAway) }  // `try?`: cancelled, since all has come
            await group.next()
            group.cancelAll()
        }
    }

    /// Reads a body, as much of it as may be; 415 for one that is encoded, 413 for one that is too large.
    package static func body(
        of request: Request,
        limit: Int,
        within budget: BodyBudget,
        taking taken: inout Int
    ) async throws -> ByteBuffer {
        let length = request.headers[.contentLength].flatMap { Int($0) }
        if let length, length > limit {
            // Read all the same, unless its sender waits to be told to: many lose an answer that comes while they send.
            if length <= mostThrownAway, request.headers[.expect] == nil { await throwAway(request.body) }
            throw tooLarge(limit)
        }
        var body = ByteBuffer()
        for try await var part in request.body {
            if taken == 0, part.readableBytes > 0, isEncoded(request) { throw encoded }
            guard taken + part.readableBytes <= limit else { throw tooLarge(limit) }
            guard budget.take(part.readableBytes) else { throw overloaded }
            taken += part.readableBytes
            if body.readableBytes == 0 {
                body = part
            } else {
                // As much as it says, but not much more than has come: saying so costs its sender nothing.
                if let length { body.reserveCapacity(min(length, taken * 8)) }
                body.writeBuffer(&part)
            }
        }
        return body
    }

    /// RFC 9110, 8.4: in another coding than the one that changes nothing.
    private static func isEncoded(_ request: Request) -> Bool {
        // Several fields come as one list.
        request.headers[.contentEncoding]?.split(separator: ",")
            .contains { !["identity", ""].contains(trimmed($0).lowercased()) } ?? false
    }

    private static let encoded = Problem(
        415,
        "unknown-content-coding",
        "The body has a Content-Encoding, and none is known here. Send it as it is."
    )

    private static func tooLarge(_ limit: Int) -> Problem {
        Problem(413, "body-too-large", "The body is larger than \(limit) bytes.")
    }

    private static let overloaded = Problem(
        503,
        "overloaded",
        "More is being sent here at once than may be. This request began nothing; send it again in a moment.",
        retryAfterSeconds: 1
    )
}

private struct APIResponder<Routes: HTTPResponder<APIContext>>: HTTPResponder {
    let routes: Routes
    let methods: [[Substring]: Set<HTTPRequest.Method>]

    func respond(to request: Request, context: APIContext) async throws -> Response {
        let response = try await answer(to: request, context: context)
        // Whatever the status (RFC 9110, 9.3.2).
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func answer(to request: Request, context: APIContext) async throws -> Response {
        do {
            let response = try await routes.respond(to: request, context: context)
            // The router answers an unknown path, and a wrong method as well, by itself; this is how it marks both.
            return context.endpointPath == "NotFound" ? notFound(request) : response
        } catch is Unanswerable {
            try await context.connection?.close()
            throw Unanswerable()
        } catch let error as HTTPParserError {
            // The content ended early, or is none: the server answers that, and ends the connection.
            throw error
        } catch {
            return .problem(context.problem(for: error, in: request))
        }
    }

    private func notFound(_ request: Request) -> Response {
        // Not about a path, but about the server (RFC 9110, 9.3.7).
        if request.method == .options, request.head.path == "*" {
            let names = Set(methods.values.joined()).union([.options]).map(\.rawValue).sorted()
            return Response(status: .noContent, headers: [.allow: names.joined(separator: ", ")])
        }
        let segments = request.uri.path.split(separator: "/")
        let allowed = methods.filter { template, _ in
            template.count == segments.count && zip(template, segments).allSatisfy { $0.hasPrefix(":") || $0 == $1 }
        }
        let names = Set(allowed.values.joined()).map(\.rawValue).sorted()
        if names.isEmpty || names.contains(request.method.rawValue) {
            let problem = Problem(404, "not-found", "There is nothing at \(request.uri.path).")
            return .problem(problem.with(Problem.unknownPathMember, .string(request.uri.path)))
        }
        var response = Response.problem(
            Problem(405, "method-not-allowed", "Here goes \(names.joined(separator: ", ")).")
        )
        response.headers[.allow] = names.joined(separator: ", ")
        return response
    }
}

extension Response {
    /// A JSON answer.
    ///
    /// - Parameters:
    ///   - value: the body.
    ///   - status: the status.
    ///   - headers: further headers.
    /// - Returns: an answer with the value as `application/json` in UTF-8.
    /// - Throws: an `EncodingError`, for numbers that JSON has no form for.
    public static func json(
        _ value: some Encodable,
        status: HTTPResponse.Status = .ok,
        headers: HTTPFields = [:]
    ) throws -> Response {
        var headers = headers
        headers[.contentType] = "application/json; charset=utf-8"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: try JSONCoding.encode(value)))
    }

    /// A problem as an answer.
    ///
    /// - Parameter problem: the problem.
    /// - Returns: an answer with the problem's status and `application/problem+json`.
    public static func problem(_ problem: Problem) -> Response {
        let problem = problem.withStatusOfProblem
        var headers: HTTPFields = [.contentType: "application/problem+json"]
        if let seconds = problem.retryAfterSeconds { headers[.retryAfter] = String(seconds) }
        if problem.status == 401 { headers[.wwwAuthenticate] = "Bearer" }
        // RFC 9110, 12.5.3: what a body may be encoded in.
        if problem.status == 415 { headers[.acceptEncoding] = "identity" }
        let status = HTTPResponse.Status(code: problem.status)
        // A problem is made of strings and finite numbers, which encode; an empty body still has the status.
        let body = (try? JSONCoding.encode(problem)) ?? ByteBuffer()
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }
}
