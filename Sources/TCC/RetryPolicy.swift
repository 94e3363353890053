/// How long to wait before asking again: exponential backoff with full jitter.
///
/// The wait is uniform between zero and a bound that doubles with each attempt, so that many who failed together do not
/// come back together (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
public struct RetryPolicy: Hashable, Sendable {
    /// The bound of the first wait.
    public var base: Duration
    /// The bound that no wait exceeds.
    public var cap: Duration
    /// The wait after a participant said that it is still working (425), without jitter.
    public var busy: Duration

    /// Makes a policy.
    ///
    /// - Parameters:
    ///   - base: the bound of the first wait.
    ///   - cap: the bound that no wait exceeds.
    ///   - busy: the wait after 425.
    public init(
        base: Duration = .milliseconds(50),
        cap: Duration = .seconds(1),
        busy: Duration = .milliseconds(50)
    ) {
        self.base = base
        self.cap = cap
        self.busy = busy
    }

    /// The bound of a wait.
    ///
    /// - Parameter failures: how often it failed already, at least 1.
    /// - Returns: the base, doubled for each failure after the first, but never more than the cap.
    public func bound(afterFailures failures: Int) -> Duration {
        let doublings = failures <= 1 ? 0 : min(failures - 1, 30)
        return min(cap, base * (1 << doublings))
    }

    /// A wait.
    ///
    /// - Parameters:
    ///   - failures: how often it failed already, at least 1.
    ///   - generator: the source of the jitter.
    /// - Returns: a wait between zero and the bound, both included.
    public func delay(afterFailures failures: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        let microseconds = bound(afterFailures: failures).wholeMilliseconds * 1000
        return .microseconds(Int64.random(in: 0...max(0, microseconds), using: &generator))
    }
}

/// How often what is old is forgotten.
public enum PruningInterval {
    /// A tenth of the retention, between a second and an hour.
    ///
    /// - Parameter retention: how long things are remembered.
    /// - Returns: the time from one pruning to the next.
    public static func after(retention: Duration) -> Duration {
        min(max(retention / 10, .seconds(1)), .seconds(3600))
    }
}
