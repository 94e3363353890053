import TCC

extension Pages {
    /// What a service thinks of a visitor's token.
    enum Standing: Hashable, Sendable {
        case good
        case bad
        /// The service does not answer.
        case unknown
    }

    /// Who a cookie says is signed in; a forged one shows a name to whoever has forged it, and nothing else.
    ///
    /// - Parameter cookie: the cookie's value.
    /// - Returns: nil for what is no author's token, or has expired.
    func session(of cookie: String?) -> Visit.Session? {
        guard let cookie, let claims = TokenClaims(cookie), world.wallClock() < claims.expiry else { return nil }
        return Visit.Session(token: cookie, author: claims.author)
    }

    /// Has a service look at a token, if none has of late.
    ///
    /// - Parameter token: the token.
    /// - Returns: what the draft service thinks of it.
    func standing(of token: String) async -> Standing {
        if knownTokens.contains(token, at: world.wallClock()) { return .good }
        guard let claims = TokenClaims(token), world.wallClock() < claims.expiry else { return .bad }
        do {
            try await gatherer.checkToken(token)
        } catch PageFailure.signInNeeded {
            return .bad
        } catch PageFailure.problem(let problem) where problem.status == 403 {
            return .bad
        } catch {
            return .unknown
        }
        know(token)
        return .good
    }

    /// Notes that a token is good.
    func know(_ token: String) {
        guard let claims = TokenClaims(token) else { return }
        knownTokens.insert(token, expiry: claims.expiry, at: world.wallClock())
    }
}
