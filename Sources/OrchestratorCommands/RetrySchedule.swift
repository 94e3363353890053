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
    ///   - patience: no wait ends later than this after the start.
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
        let wait = (retryAfter ?? .zero) + Self.policy.delay(afterFailures: failures, using: &generator)
        return now - start + wait <= patience ? wait : nil
    }
}
