import HTTPTypes
public import Hummingbird
import Logging
import NIOCore
import Posts
public import TCC
public import TCCHTTP

/// The pages: a library for readers, and a desk for authors.
///
/// They call the services as anybody could, with the author's own token; a browser calls only them.
public struct Pages: Sendable {
    let settings: PageSettings
    let policy: LinkPolicy
    let gatherer: Gatherer
    let authority: TokenAuthority
    let world: World
    private let ownURL: @Sendable () -> String

    /// Pages over three services.
    ///
    /// - Parameters:
    ///   - settings: what they run with.
    ///   - authority: verifies the authors' tokens.
    ///   - client: makes the calls.
    ///   - draftURL: the draft service.
    ///   - onlineURL: the online service.
    ///   - ownURL: this process, once its server runs: the orchestrator, and the public's address if no other is set.
    ///   - callTimeout: when a call is given up.
    ///   - transactionTimeout: when waiting for a transaction's answer is given up.
    ///   - world: clocks and chance.
    public init(
        settings: PageSettings,
        authority: TokenAuthority,
        client: JSONClient,
        draftURL: String,
        onlineURL: String,
        ownURL: @escaping @Sendable () -> String,
        callTimeout: Duration,
        transactionTimeout: Duration,
        world: World
    ) {
        self.settings = settings
        self.policy = LinkPolicy(imageOrigins: Set(settings.imageOrigins))
        self.gatherer = Gatherer(
            client: client,
            draftURL: draftURL,
            onlineURL: onlineURL,
            orchestratorURL: ownURL,
            callTimeout: callTimeout,
            transactionTimeout: transactionTimeout
        )
        self.authority = authority
        self.world = world
        self.ownURL = ownURL
    }

    /// Where the public finds this server.
    var publicURL: String { settings.publicURL ?? ownURL() }

    /// Serves the pages, and an API for whatever is none of theirs.
    ///
    /// - Parameter api: what serves the API.
    /// - Returns: what serves both.
    public func responder(
        before api: @escaping @Sendable (Request, APIContext) async throws -> Response
    ) -> CallbackResponder<APIContext> {
        let routes = PageRoutes(routes)
        return CallbackResponder { request, context in
            let path = request.uri.path.split(separator: "/").map(FormBody.decodedPath)
            if routes.own(path) { return try await respond(to: request, path, routes, context) }
            let response = try await api(request, context)
            guard response.status == .notFound, path.first != "v1", path.first != "tcc",
                request.headers[.accept]?.contains("text/html") ?? false
            else { return response }
            let visit = await visit(request, path, secured: false)
            return failurePage(.problem(Problem(404, "not-found", "")), visit)
        }
    }

    private var routes: [PageRoute] { readingRoutes + sessionRoutes + deskRoutes + draftRoutes }

    /// The largest form: a text of 512 KiB, each of whose bytes takes three, and a little more.
    private static let largestForm = 2 << 20

    private func respond(
        to request: Request,
        _ path: [String],
        _ routes: PageRoutes,
        _ context: APIContext
    ) async throws -> Response {
        let gate = RequestGuard(publicURL: publicURL)
        guard let host = request.head.authority, gate.isOwn(host: host) else {
            let visit = await visit(request, path, secured: false)
            return message(visit, .misdirectedRequest, "wrongHost", "wrongHostText", links: [])
        }
        var visit = await visit(request, path, secured: true)
        do {
            let isHead = request.method == .head
            let method = isHead ? .get : request.method
            guard let route = routes.route(method, path) else {
                let allowed = routes.methods(path)
                throw allowed.isEmpty
                    ? PageFailure.problem(Problem(404, "not-found", "")) : .notAllowed(allowed: allowed)
            }
            if method == .post {
                guard gate.isFromOwnPage(request.headers, host: host) else { throw PageFailure.crossSite }
                visit.form = FormBody(try await body(of: request).readableBytesView)
                if let session = visit.session, path != ["sign-in"],
                    !RequestGuard.isValid(formToken: visit.form["token"], for: session.token)
                {
                    throw PageFailure.crossSite
                }
            }
            let response = try await route.handler(visit)
            return isHead ? response.createHeadResponse() : response
        } catch PageFailure.crossSite where visit.session != nil && visit.hasText && !visit.isFromScript {
            // From a page of this server, but of another session.
            return await unsavedEditor(visit, notice: visit.words("formTooOld"), status: .forbidden)
        } catch let failure as PageFailure {
            return failurePage(failure, visit)
        } catch let problem as Problem {
            return failurePage(.problem(problem), visit)
        } catch {
            context.logger.error("A page failed", metadata: ["error": "\(error)", "url.path": "\(request.uri.path)"])
            return failurePage(.problem(Problem(500, "internal-error", "")), visit)
        }
    }

    private func body(of request: Request) async throws -> ByteBuffer {
        let tooLarge = Problem(413, "body-too-large", "")
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > Self.largestForm {
            throw tooLarge
        }
        do { return try await request.body.collect(upTo: Self.largestForm) } catch is NIOTooManyBytesError {
            throw tooLarge
        }
    }

    /// Who visits; without the right host nobody is told who is signed in.
    private func visit(_ request: Request, _ path: [String], secured: Bool) async -> Visit {
        let cookies = Cookies(from: request.headers[values: .cookie])
        var session: Visit.Session?
        // `try?`: a cookie that is no token of an author's is no session.
        if secured, let token = cookies[Visit.sessionCookie]?.value, let caller = try? await authority.verify(token),
            caller.role == .author
        {
            session = Visit.Session(token: token, author: caller.subject)
        }
        return Visit(
            path: path,
            target: request.method == .post ? Visit.page(ofFormAt: path) : request.uri.string,
            query: FormBody((request.uri.query ?? "").utf8),
            form: FormBody([]),
            session: session,
            words: Words(
                Language.negotiated(
                    chosen: cookies[Visit.languageCookie]?.value,
                    accepted: request.headers[.acceptLanguage]
                )
            ),
            isChange: request.method == .post,
            ifNoneMatch: request.headers[.ifNoneMatch],
            isFromScript: request.headers[.accept] == "application/json",
            isSecure: publicURL.hasPrefix("https://")
        )
    }
}
