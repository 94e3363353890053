import HTTPTypes
import Hummingbird
import NIOCore
import TCC
import TCCHTTP

/// What stands around a page.
struct LayoutModel {
    struct LanguageLink {
        var href: String
        var tag: String
        var name: String
        var isCurrent: Bool
    }

    var language: String
    var title: String
    var stylesheet = Assets.stylesheet.path
    var icon = Assets.icon.path
    var script: String?
    var refreshSeconds: String?
    var isLibrary: Bool
    var isDesk: Bool
    var isWide: Bool
    var author: String?
    var signedInAs: String
    var formToken: String
    var languages: [LanguageLink]
    var body: String

    init(_ visit: Visit, _ options: PageOptions, title: String, body: String) {
        let words = visit.words
        self.language = words.language.tag
        self.title = title == words("site") ? title : "\(title) · \(words("site"))"
        self.script = options.hasScript ? Assets.script.path : nil
        self.refreshSeconds = options.refreshes ? "2" : nil
        self.isLibrary = visit.path.isEmpty
        self.isDesk = visit.path == ["write"]
        self.isWide = options.isWide
        self.author = visit.session?.author
        self.signedInAs = words("signedInAs", visit.session?.author ?? "")
        self.formToken = visit.formToken
        let next = FormBody.encoded(visit.target)
        self.languages = Language.allCases.map { language in
            LanguageLink(
                href: "/language/\(language.rawValue)?next=\(next)",
                tag: language.tag,
                name: language.ownName,
                isCurrent: language == words.language
            )
        }
        self.body = body
    }
}

/// What a page has that others have not.
struct PageOptions {
    var status: HTTPResponse.Status = .ok
    var hasScript = false
    var isWide = false
    /// Whether it is loaded again by itself where there is no script.
    var refreshes = false
}

extension Pages {
    /// A whole page.
    func page(
        _ visit: Visit,
        _ template: String,
        _ model: Any,
        title: String,
        _ options: PageOptions = PageOptions()
    ) -> Response {
        html(pageText(visit, template, model, title: title, options), status: options.status)
    }

    /// A whole page's HTML.
    func pageText(_ visit: Visit, _ template: String, _ model: Any, title: String, _ options: PageOptions) -> String {
        let body = Templates.render(template, model, visit.words)
        let layout = LayoutModel(visit, options, title: title, body: body)
        return Templates.render("layout", layout, visit.words)
    }

    /// A part of a page, for the script.
    func fragment(_ html: String) -> Response { self.html(html, status: .ok) }

    private func html(_ text: String, status: HTTPResponse.Status) -> Response {
        var headers = securityHeaders
        headers[.contentType] = "text/html; charset=utf-8"
        headers[.cacheControl] = "no-store"
        headers[.vary] = "Cookie, Accept-Language"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    /// A page without script of its own in it, that nobody frames, and that loads nothing from elsewhere.
    var securityHeaders: HTTPFields {
        let images = (["'self'"] + settings.imageOrigins).joined(separator: " ")
        return [
            .contentSecurityPolicy: "default-src 'none'; script-src 'self'; style-src 'self'; img-src \(images); "
                + "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
            .xContentTypeOptions: "nosniff",
            // Not less: a browser would send 'Origin: null' with a form.
            HTTPField.Name("Referrer-Policy")!: "same-origin",
            HTTPField.Name("Cross-Origin-Opener-Policy")!: "same-origin",
        ]
    }

    /// Another page to go to.
    func redirect(_ path: String, cookie: String? = nil) -> Response {
        var headers = securityHeaders
        headers[.location] = path
        headers[.cacheControl] = "no-store"
        if let cookie { headers[.setCookie] = cookie }
        return Response(status: .seeOther, headers: headers)
    }

    /// A page with a sentence.
    func message(
        _ visit: Visit,
        _ status: HTTPResponse.Status,
        _ heading: String,
        _ text: String,
        links: [MessageModel.Link]
    ) -> Response {
        let words = visit.words
        let model = MessageModel(heading: words(heading), text: words(text), links: links)
        return page(visit, "message", model, title: model.heading, PageOptions(status: status))
    }

    /// Why there is no page, in words.
    func failurePage(_ failure: PageFailure, _ visit: Visit) -> Response {
        if visit.isFromScript { return failureForScript(failure, visit) }
        let words = visit.words
        let isDesk = visit.path.first == "write"
        let back = MessageModel.Link(
            href: isDesk ? "/write" : "/",
            name: words(isDesk ? "toDesk" : "toLibrary")
        )
        switch failure {
        case .signInNeeded where visit.isChange:
            return signInPage(visit, problem: "signInAgain", status: .unauthorized)
        case .signInNeeded: return redirect("/sign-in?next=" + FormBody.encoded(visit.target))
        case .notAllowed(let allowed):
            var page = message(visit, .methodNotAllowed, "notAllowed", "notAllowedText", links: [back])
            page.headers[.allow] = allowed.joined(separator: ", ")
            return page
        case .crossSite: return message(visit, .forbidden, "crossSite", "crossSiteText", links: [back])
        case .unknown:
            return message(visit, .internalServerError, "unknownResult", "unknownResultText", links: [back])
        case .problem(let problem) where problem.status == 404:
            return message(visit, .notFound, "notFound", isDesk ? "code-not-found" : "notFoundText", links: [back])
        case .problem(let problem) where problem.status == 413:
            return message(visit, .contentTooLarge, "tooLarge", "tooLargeText", links: [back])
        case .problem(let problem):
            let status = HTTPResponse.Status(code: problem.status)
            let heading = problem.status == 503 ? "unavailable" : problem.status < 500 ? "notDone" : "somethingWrong"
            let model = MessageModel(heading: words(heading), text: words.refusal(problem.code), links: [back])
            var page = page(visit, "message", model, title: model.heading, PageOptions(status: status))
            if let seconds = problem.retryAfterSeconds { page.headers[.retryAfter] = String(seconds) }
            return page
        }
    }

    private func failureForScript(_ failure: PageFailure, _ visit: Visit) -> Response {
        switch failure {
        case .signInNeeded: return json(["code": "signed-out"], status: .unauthorized)
        case .crossSite: return json(["code": "cross-site"], status: .forbidden)
        case .notAllowed(let allowed):
            var answer = json(["code": "method-not-allowed"], status: .methodNotAllowed)
            answer.headers[.allow] = allowed.joined(separator: ", ")
            return answer
        case .unknown: return json(["code": "unknown"], status: .internalServerError)
        case .problem(let problem):
            let text = visit.words.refusal(problem.code)
            return json(["code": problem.code, "text": text], status: .init(code: problem.status))
        }
    }

    /// An answer for the script.
    func json(_ members: [String: String], status: HTTPResponse.Status = .ok) -> Response {
        do {
            let headers: HTTPFields = [.cacheControl: "no-store", .xContentTypeOptions: "nosniff"]
            return try Response.json(members, status: status, headers: headers)
        } catch {
            return Response(status: .internalServerError)  // strings encode
        }
    }
}
