import HTTPTypes
import Hummingbird
import TCC
import TCCHTTP

/// One request for a page: who visits, in which language, and what was sent.
struct Visit: Sendable {
    /// Who is signed in.
    struct Session: Sendable {
        /// The author's own token, which is the cookie's value.
        var token: String
        var author: String
    }

    static let sessionCookie = "tcc-session"
    static let languageCookie = "lang"

    /// The path's parts, decoded.
    var path: [String]
    /// The path and query as they were asked for; of a change, the page that its form was on.
    var target: String
    var query: FormBody
    var form: FormBody
    var session: Session?
    var words: Words
    /// Whether something is to be changed, not shown.
    var isChange: Bool
    /// The tags of what the browser has kept.
    var ifNoneMatch: String?
    /// Whether the page's script asks, not the browser itself.
    var isFromScript: Bool
    /// Whether this server is called securely.
    var isSecure: Bool

    /// Whether an author's text was sent, which must not be lost.
    var hasText: Bool { path.first == "write" && form.has("content") && form.has("title") }

    /// The session's, for forms.
    var formToken: String { session.map { RequestGuard.formToken(for: $0.token) } ?? "" }

    /// The session that a page needs.
    ///
    /// - Throws: ``PageFailure/signInNeeded``.
    func author() throws -> Session {
        guard let session else { throw PageFailure.signInNeeded }
        return session
    }

    /// A part of the path as an identifier.
    ///
    /// - Throws: 404.
    func identifier(_ index: Int) throws -> UUIDv7 {
        guard path.indices.contains(index), let identifier = UUIDv7(path[index]) else {
            throw PageFailure.problem(Problem(404, "not-found", "There is nothing with this id."))
        }
        return identifier
    }

    /// A cookie for the browser to keep.
    ///
    /// - Parameters:
    ///   - name: its name.
    ///   - value: its value; nil removes it.
    ///   - lifetime: in seconds; nil for as long as the browser runs.
    /// - Returns: the header's value.
    func cookie(_ name: String, _ value: String?, lifetime: Int?) -> String {
        let age = value == nil ? "; Max-Age=0" : lifetime.map { "; Max-Age=\($0)" } ?? ""
        // Who follows a link from elsewhere reads in the language of their choice, but is nobody until they go on here.
        let site = name == Self.languageCookie ? "Lax" : "Strict"
        return "\(name)=\(value ?? ""); Path=/; HttpOnly; SameSite=\(site)\(age)\(isSecure ? "; Secure" : "")"
    }

    /// The page that a form was on: what takes the form need not be a page itself.
    ///
    /// - Parameter path: where the form was sent.
    /// - Returns: a path that can be read.
    static func page(ofFormAt path: [String]) -> String {
        switch path.first {
        case "write" where path.count > 1 && (path[1] == "new" || UUIDv7(path[1]) != nil): "/write/\(path[1])"
        case "write": "/write"
        case "sign-in": "/sign-in"
        default: "/"
        }
    }
}

/// Why a page cannot be shown.
enum PageFailure: Error {
    /// Nobody is signed in.
    case signInNeeded
    /// A form of another site's, or of another session.
    case crossSite
    /// What is there takes only these methods.
    case notAllowed(allowed: [String])
    /// A service refused, or cannot.
    case problem(Problem)
    /// No answer came to a change: it may have been done.
    case unknown
}
