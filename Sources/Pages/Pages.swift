import HTTPTypes
package import Hummingbird
import Logging
package import Metrics
import NIOCore
import Posts
package import TCC
package import TCCHTTP

/// The pages: a library for readers, and a desk for authors.
///
/// They call the services as anybody could, with the author's own token; a browser calls only them. They have no secret:
/// whether a token is good the services say.
public struct Pages: Sendable {
    let settings: PageSettings
    let policy: LinkPolicy
    let gatherer: Gatherer
    let knownTokens = KnownTokens()
    let work: PageWork
    let world: World
    private let bodies = BodyBudget()
    private let metrics: any MetricsFactory
    private let ownURL: @Sendable () -> String

    /// Pages over three services.
    ///
    /// - Parameters:
    ///   - settings: what they run with.
    ///   - services: where the services are.
    ///   - client: makes the calls.
    ///   - work: does the work; somebody has to run it.
    ///   - ownURL: this process, once its server runs: the public's address if no other is set.
    ///   - world: clocks and chance.
    ///   - metrics: counts the pages.
    package init(
        settings: PageSettings,
        services: PageServices,
        client: JSONClient,
        work: PageWork,
        ownURL: @escaping @Sendable () -> String,
        world: World,
        metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.settings = settings
        self.policy = LinkPolicy(imageOrigins: Set(settings.imageOrigins))
        let places = ServicePlaces<Gatherer.Service>(elapsed: world.elapsed)
        self.gatherer = Gatherer(client: client, services: services, places: places)
        self.work = work
        self.world = world
        self.metrics = metrics
        self.ownURL = ownURL
    }

    /// Where the public finds this server.
    var publicURL: String { settings.publicURL ?? ownURL() }

    /// Serves the pages, and an API for whatever is none of theirs.
    ///
    /// - Parameter api: what serves the API.
    /// - Returns: what serves both.
    package func responder(
        before api: @escaping @Sendable (Request, APIContext) async throws -> Response
    ) -> CallbackResponder<APIContext> {
        let routes = PageRoutes(routes)
        return CallbackResponder { request, context in
            let path = request.uri.path.split(separator: "/").map(FormBody.decodedPath)
            if routes.own(path) { return await respond(to: request, path, routes, context) }
            let response = try await api(request, context)
            guard response.status == .notFound, path.first != "v1", path.first != "tcc",
                request.headers[.accept]?.contains("text/html") ?? false
            else { return response }
            let visit = visit(request, path, secured: false)
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
    ) async -> Response {
        guard RequestGuard.isPlain(request.headers) else {
            return Response(status: .requestHeaderFieldsTooLarge, headers: securityHeaders)
        }
        let gate = RequestGuard(publicURL: publicURL)
        guard let host = request.head.authority, gate.isOwn(host: host) else {
            let visit = visit(request, path, secured: false)
            return message(visit, .misdirectedRequest, "wrongHost", "wrongHostText", links: [])
        }
        let visit = visit(request, path, secured: true)
        do {
            let isHead = request.method == .head
            let method = isHead ? .get : request.method
            guard let route = routes.route(method, path) else {
                let allowed = routes.methods(path)
                throw allowed.isEmpty
                    ? PageFailure.problem(Problem(404, "not-found", "")) : .notAllowed(allowed: allowed)
            }
            if method == .post, !gate.isFromOwnPage(request.headers, host: host) { throw PageFailure.crossSite }
            let start = world.elapsed()
            var taken = 0
            defer { bodies.giveBack(taken) }
            // Before the work begins: whoever sends slowly takes no place of others.
            let form =
                method == .post
                ? try await API.body(of: request, limit: Self.largestForm, within: bodies, taking: &taken)
                : ByteBuffer()
            let response = await make(route, visit, form, context)
            count(route, response, world.elapsed() - start)
            return isHead ? response.createHeadResponse() : response
        } catch {
            return failurePage(failure(of: error, context, path), visit)
        }
    }

    /// Makes a page, or says why there is none: it may take too long, or become too large.
    private func make(_ route: PageRoute, _ visit: Visit, _ form: ByteBuffer, _ context: APIContext) async -> Response {
        do {
            let limit = visit.isChange ? work.limits.changing : work.limits.reading
            return try await work.perform(within: limit) {
                var visit = visit
                visit.form = FormBody(form.readableBytesView)
                let response = await answer(route, &visit, context)
                guard response.body.contentLength ?? 0 <= work.limits.pageBytes else { throw PageWork.Overrun.tooLarge }
                return response
            }
        } catch let overrun as PageWork.Overrun {
            context.logger.warning(
                "A page was not made",
                metadata: ["reason": "\(overrun.rawValue)", "url.path": "\(visit.target)"]
            )
            return overrunPage(overrun, visit, form)
        } catch {
            // Nobody waits any more.
            return failurePage(failure(of: error, context, visit.path), visit)
        }
    }

    /// What a page answers, its failures as pages.
    private func answer(_ route: PageRoute, _ visit: inout Visit, _ context: APIContext) async -> Response {
        do {
            if visit.isChange, let session = visit.session, visit.path != ["sign-in"],
                !RequestGuard.isValid(formToken: visit.form["token"], for: session.token)
            {
                throw PageFailure.crossSite
            }
            if route.isAuthors, let session = visit.session, await standing(of: session.token) == .bad {
                visit.session = nil
            }
            return try await route.handler(visit)
        } catch PageFailure.crossSite where visit.session != nil && visit.hasText && !visit.isFromScript {
            // From a page of this server, but of another session.
            return await unsavedEditor(visit, notice: visit.words("formTooOld"), status: .forbidden)
        } catch {
            return failurePage(failure(of: error, context, visit.path), visit)
        }
    }

    private func failure(of error: any Error, _ context: APIContext, _ path: [String]) -> PageFailure {
        if let failure = error as? PageFailure { return failure }
        if let problem = error as? Problem { return .problem(problem) }
        if !(error is CancellationError) {
            context.logger.error("A page failed", metadata: ["error": "\(error)", "url.path": "\(path)"])
        }
        return .problem(Problem(500, "internal-error", ""))
    }

    private func count(_ route: PageRoute, _ response: Response, _ duration: Duration) {
        Timer(
            label: "tcc.pages.duration",
            dimensions: [
                ("http.route", "/" + route.pattern.joined(separator: "/")),
                ("http.response.status_code", String(response.status.code)),
            ],
            factory: metrics
        )
        .recordMilliseconds(duration.wholeMilliseconds)
    }

    /// Who visits; without the right host nobody is told who is signed in.
    private func visit(_ request: Request, _ path: [String], secured: Bool) -> Visit {
        let cookies = Cookies(from: request.headers[values: .cookie])
        return Visit(
            path: path,
            target: request.method == .post ? Visit.page(ofFormAt: path) : request.uri.string,
            query: FormBody((request.uri.query ?? "").utf8),
            form: FormBody([]),
            session: secured ? session(of: cookies[Visit.sessionCookie]?.value) : nil,
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
