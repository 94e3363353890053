import TCC

/// Decides what becomes of a supervised process that has ended.
///
/// One that never served and dies at once will do so again: its port is taken, its flags are wrong. Any other is started
/// again, after a wait that grows with each failure (``RetryPolicy``) until it has lived for a while.
package struct Restarts: Hashable, Sendable {
    /// What to do.
    package enum Decision: Hashable, Sendable {
        /// Start it again after this wait.
        case restart(after: Duration)
        /// Starting it again would not help.
        case giveUp
    }

    private static let policy = RetryPolicy(base: .milliseconds(200), cap: .seconds(10))
    /// A life of this length is none that failed at its start.
    static let steadyLife = Duration.seconds(5)

    private var hasServed = false
    private var failures = 0

    /// Nothing has happened yet.
    package init() {}

    /// A life has ended.
    ///
    /// - Parameters:
    ///   - lived: how long it was.
    ///   - served: whether the process said that it serves.
    ///   - generator: the source of the jitter.
    /// - Returns: what to do.
    package mutating func ended(
        after lived: Duration,
        served: Bool,
        using generator: inout some RandomNumberGenerator
    ) -> Decision {
        hasServed = hasServed || served || lived >= Self.steadyLife
        guard hasServed else { return .giveUp }
        failures = lived >= Self.steadyLife ? 1 : failures + 1
        return .restart(after: Self.policy.delay(afterFailures: failures, using: &generator))
    }
}
