import HTTPTypes
import Hummingbird
import TCC
package import TCCHTTP

/// Tokens for authors of any name, for trials on one's own machine: whoever can call it may be any author.
///
/// It is there only where the orchestrator listens on loopback and was started with `--development-sign-in`, and answers no
/// browser: a page of another site must not get a token by way of the browser that shows it.
package struct DevelopmentTokens: Sendable {
    private static let lifetime = Duration.seconds(12 * 3600)
    private static let longestBody = 4096
    private static let fetchSite = HTTPField.Name("Sec-Fetch-Site")!

    private struct Wish: Decodable {
        var author: String
    }

    private let authority: TokenAuthority

    /// Tokens of an authority.
    ///
    /// - Parameter authority: issues them.
    package init(authority: TokenAuthority) { self.authority = authority }

    /// Adds the route.
    ///
    /// - Parameter api: where to.
    package func add(to api: inout API) {
        api.on(.post, "/v1/development/tokens", allow: nil, bodyLimit: Self.longestBody) { [authority] request in
            let fields = request.head.headerFields
            guard Loopback.isHost(request.head.authority ?? ""), fields[.origin] == nil, fields[Self.fetchSite] == nil
            else { throw Problem(403, "not-for-browsers", "Only a process of this machine is given such a token.") }
            let author = try request.decode(Wish.self).author
            guard (1...64).contains(author.unicodeScalars.count), !author.unicodeScalars.contains("\0") else {
                throw Problem.invalid("author", "must have 1 to 64 characters")
            }
            let token = try await authority.issue(
                for: Caller(subject: author, role: .author),
                lifetime: Self.lifetime
            )
            return try .json(["token": token], headers: [.cacheControl: "no-store"])
        }
    }
}
