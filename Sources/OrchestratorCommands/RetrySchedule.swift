import TCC

/// When to send a request again, and when to stop: full jitter, as long as patience lasts.
package struct RetrySchedule: Hashable, Sendable {
    private static let policy = RetryPolicy(base: .milliseconds(100), cap: .seconds(2))

    private let patience: Duration
    private let start: Duration
    private var failures = 0

    /// Makes a schedule.
    ///
    /// - Parameters:
    ///   - patience: no wait ends later than this after the start; the last one ends then.
    ///   - start: now, by a clock that never jumps.
    package init(patience: Duration, from start: Duration) {
        self.patience = patience
        self.start = start
    }

    /// An attempt failed.
    ///
    /// - Parameters:
    ///   - now: when, by the same clock.
    ///   - retryAfter: the shortest wait that the service asked for.
    ///   - generator: the source of the jitter.
    /// - Returns: how long to wait before the next one, or nil if there should be none.
    package mutating func attemptFailed(
        at now: Duration,
        retryAfter: Duration?,
        using generator: inout some RandomNumberGenerator
    ) -> Duration? {
        failures += 1
        // What the service asks for is a lower bound; the jitter on top keeps many callers apart.
        let least = retryAfter ?? .zero
        let wait = least + Self.policy.delay(afterFailures: failures, using: &generator)
        let left = patience - (now - start)
        guard left > .zero, least <= left else { return nil }
        return min(wait, left)
    }
}
