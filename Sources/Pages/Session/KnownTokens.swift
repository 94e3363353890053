import Synchronization
package import TCC

/// Tokens that a service has taken, for a while, so that not every page asks.
package final class KnownTokens: Sendable {
    private let most: Int
    private let lifetimeMilliseconds: Int64
    private let known = Mutex<[String: Timestamp]>([:])

    /// Knows none.
    ///
    /// - Parameters:
    ///   - most: how many are known at most; one more, and all are forgotten.
    ///   - lifetime: how long one is known at most.
    package init(most: Int = 4096, lifetime: Duration = .seconds(300)) {
        self.most = most
        self.lifetimeMilliseconds = lifetime.wholeMilliseconds
    }

    /// Whether a token is known.
    ///
    /// - Parameters:
    ///   - token: the token.
    ///   - now: by the wall clock.
    /// - Returns: false if it was never taken, or too long ago.
    package func contains(_ token: String, at now: Timestamp) -> Bool {
        known.withLock { known in
            guard let end = known[token] else { return false }
            if now < end { return true }
            known[token] = nil
            return false
        }
    }

    /// A service has taken a token.
    ///
    /// - Parameters:
    ///   - token: the token.
    ///   - expiry: when it expires.
    ///   - now: by the wall clock.
    package func insert(_ token: String, expiry: Timestamp, at now: Timestamp) {
        let end = min(expiry, Timestamp(milliseconds: now.milliseconds + lifetimeMilliseconds))
        known.withLock { known in
            if known.count >= most, known[token] == nil { known.removeAll() }
            known[token] = end
        }
    }
}
