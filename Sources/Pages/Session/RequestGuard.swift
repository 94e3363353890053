import Crypto
package import HTTPTypes
import TCCHTTP

/// Which requests a page answers at all: those that were meant for this server, and changes only from its own pages.
package struct RequestGuard: Hashable, Sendable {
    /// Host and port that the public knows this server by, such as `posts.example` or `127.0.0.1:8080`.
    private let publicAuthority: String
    /// The same with its scheme.
    private let publicOrigin: String?

    /// A guard.
    ///
    /// - Parameter publicURL: where the public finds this server.
    package init(publicURL: String) {
        self.publicAuthority = Self.authority(of: publicURL) ?? ""
        self.publicOrigin = LinkPolicy.origin(of: publicURL)
    }

    /// Whether what a request's head says may be compared with anything: to Swift that is a square in a run of accents.
    ///
    /// - Parameter head: the request's headers.
    /// - Returns: false where one is long, and not plain ASCII.
    package static func isPlain(_ head: HTTPFields) -> Bool {
        head.allSatisfy { $0.value.utf8.count <= 1024 || $0.value.utf8.allSatisfy { $0 < 0x80 } }
    }

    /// Whether a request's `Host` is a name of this server.
    ///
    /// A page elsewhere can have its own name lead to loopback, and would then count as this origin (DNS rebinding); it
    /// cannot have the browser send another name than its own. An address is no name that leads anywhere else.
    ///
    /// - Parameter host: the header's value.
    /// - Returns: true for the public name, for those of loopback, and for any address.
    package func isOwn(host: String?) -> Bool {
        guard let host = host?.lowercased(), (1...Self.longest).contains(host.utf8.count) else { return false }
        if host == publicAuthority { return true }
        return Loopback.isHost(host) || Loopback.isAddressAsHost(host)
    }

    /// Whether a change comes from one of this server's own pages, as the browser says.
    ///
    /// - Parameters:
    ///   - head: the request's headers.
    ///   - host: the request's host, one of this server's.
    /// - Returns: false for another site, and where the browser says nothing.
    package func isFromOwnPage(_ head: HTTPFields, host: String) -> Bool {
        guard head[Self.fetchSite]?.utf8.count ?? 0 <= Self.longest, head[.origin]?.utf8.count ?? 0 <= Self.longest
        else {
            return false
        }
        if let site = head[Self.fetchSite], site != "same-origin" { return false }
        guard let origin = head[.origin]?.lowercased() else { return head[Self.fetchSite] == "same-origin" }
        // The scheme as well: whoever is between can make pages of this host for `http`, not for `https`.
        let host = host.lowercased()
        return origin == (host == publicAuthority ? publicOrigin : "http://" + host)
    }

    private static let fetchSite = HTTPField.Name("Sec-Fetch-Site")!
    /// Bytes of a host or an origin: a name has at most 253, and to compare longer ones may take long.
    private static let longest = 300

    private static func authority(of url: String) -> String? {
        for scheme in ["https://", "http://"] where url.lowercased().hasPrefix(scheme) {
            return url.dropFirst(scheme.count).prefix { $0 != "/" }.lowercased()
        }
        return nil
    }

    /// What a form carries to show that it was made for this session: nobody can make it who has not the session's
    /// cookie, and the cookie cannot be learnt from it.
    ///
    /// - Parameter session: the cookie's value.
    /// - Returns: 64 hexadecimal digits.
    package static func formToken(for session: String) -> String {
        let code = HMAC<SHA256>
            .authenticationCode(
                for: Array("swift-tcc pages, form".utf8),
                using: SymmetricKey(data: Array(session.utf8))
            )
        return
            code.map { byte in
                let digits = String(byte, radix: 16)
                return digits.count == 1 ? "0" + digits : digits
            }
            .joined()
    }

    /// Whether a form was made for a session, found out in a time that does not tell how much of it is right.
    ///
    /// - Parameters:
    ///   - token: what the form carries.
    ///   - session: the cookie's value.
    /// - Returns: true if it is the one of this session.
    package static func isValid(formToken token: String?, for session: String) -> Bool {
        let (given, right) = (Array((token ?? "").utf8), Array(formToken(for: session).utf8))
        guard given.count == right.count else { return false }
        return zip(given, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// A place on this server to go on to, from a request.
    ///
    /// - Parameter next: what the request says.
    /// - Returns: a path of this server; `/` for anything that could lead elsewhere.
    package static func localPath(_ next: String?) -> String {
        guard let next, next.first == "/", next.utf8.count <= 500,
            next.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }),
            next.dropFirst().first != "/"
        else { return "/" }
        return next
    }
}
