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
    /// The path and query as they were asked for.
    var target: String
    var query: FormBody
    var form: FormBody
    var session: Session?
    var words: Words
    /// Whether the page's script asks, not the browser itself.
    var isFromScript: Bool
    /// Whether this server is called securely.
    var isSecure: Bool

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
        return "\(name)=\(value ?? ""); Path=/; HttpOnly; SameSite=Strict\(age)\(isSecure ? "; Secure" : "")"
    }
}

/// Why a page cannot be shown.
enum PageFailure: Error {
    /// Nobody is signed in.
    case signInNeeded
    /// A form of another site's, or of another session.
    case crossSite
    /// A service refused, or cannot.
    case problem(Problem)
    /// No answer came to a change: it may have been done.
    case unknown
}
