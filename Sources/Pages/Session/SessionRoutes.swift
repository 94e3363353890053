import HTTPTypes
import Hummingbird
import TCC
import TCCHTTP

extension Pages {
    private static let sessionSeconds = 12 * 3600
    private static let yearSeconds = 365 * 86400

    /// Signing in and out, and the language.
    var sessionRoutes: [PageRoute] {
        [
            PageRoute(.get, "/sign-in") { signInPage($0, problem: nil) },
            PageRoute(.post, "/sign-in", signIn),
            PageRoute(.post, "/sign-out") { redirect("/", cookie: $0.cookie(Visit.sessionCookie, nil, lifetime: nil)) },
            // For a script whose author has signed in again in another tab.
            PageRoute(.get, "/session") { json(["author": try $0.author().author, "token": $0.formToken]) },
            PageRoute(.get, "/language/:") { visit in
                let language = Language(rawValue: visit.path[1])
                return redirect(
                    RequestGuard.localPath(visit.query["next"]),
                    cookie: visit.cookie(Visit.languageCookie, language?.rawValue, lifetime: Self.yearSeconds)
                )
            },
        ]
    }

    /// Where one signs in; with the text that somebody sent who was not signed in (any more).
    func signInPage(_ visit: Visit, problem: String?, status: HTTPResponse.Status = .ok) -> Response {
        let isInstead = visit.isChange && visit.path != ["sign-in"]
        let next = isInstead ? visit.target : visit.form["next"] ?? visit.query["next"] ?? "/write"
        let model = SignInModel(
            isByName: settings.allowsDevelopmentSignIn,
            isTokenOpen: visit.form["pasted"] != nil,
            name: visit.form["name"] ?? "",
            next: RequestGuard.localPath(next),
            problem: problem.map { visit.words($0) },
            // A browser that comes from another site does not say who it is; from here it does.
            continueHref: visit.query["next"].map { RequestGuard.localPath($0) },
            text: SignInModel.Text(visit.form)
        )
        return page(visit, "signIn", model, title: visit.words("signInTitle"), PageOptions(status: status))
    }

    private func signIn(_ visit: Visit) async throws -> Response {
        let next = RequestGuard.localPath(visit.form["next"] ?? "/write")
        if let name = visit.form["name"], settings.allowsDevelopmentSignIn {
            guard let name = Words.name(name) else {
                return signInPage(visit, problem: "signInBadName", status: .unprocessableContent)
            }
            let token: String
            do {
                token = try await gatherer.developmentToken(for: name)
            } catch PageFailure.problem(let problem) where problem.status == 404 {
                return signInPage(visit, problem: "signInNotByName", status: .serviceUnavailable)
            } catch PageFailure.problem(let problem) where problem.status == 503 {
                return signInPage(visit, problem: "signInUnchecked", status: .serviceUnavailable)
            }
            know(token)
            let session = Visit.Session(token: token, author: name)
            return await goOn(visit, to: next, session, lifetime: Self.sessionSeconds)
        }
        let token = String((visit.form["pasted"] ?? "").filter { !$0.isWhitespace })
        switch await standing(of: token) {
        case .good:
            guard let session = session(of: token) else { fallthrough }
            return await goOn(visit, to: next, session, lifetime: nil)
        case .bad: return signInPage(visit, problem: "signInBadToken", status: .unauthorized)
        case .unknown: return signInPage(visit, problem: "signInUnchecked", status: .serviceUnavailable)
        }
    }

    /// What was asked for before signing in: a page, or the editor with the text that was sent.
    private func goOn(_ visit: Visit, to next: String, _ session: Visit.Session, lifetime: Int?) async -> Response {
        let cookie = visit.cookie(Visit.sessionCookie, session.token, lifetime: lifetime)
        var resumed = visit
        resumed.session = session
        resumed.target = next
        resumed.path = next.split(separator: "/").map(FormBody.decodedPath)
        guard resumed.hasText else { return redirect(next, cookie: cookie) }
        var response = await unsavedEditor(resumed, notice: visit.words("signedInAgain"), status: .ok)
        response.headers[.setCookie] = cookie
        return response
    }
}
