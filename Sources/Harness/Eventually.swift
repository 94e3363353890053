#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A condition that did not come true in time.
package struct NotInTime: Error, CustomStringConvertible {
    /// Which, and what was there instead.
    package let description: String

    /// Makes an error.
    ///
    /// - Parameter description: which condition, and what was there instead.
    package init(description: String) { self.description = description }
}

/// Waits until a condition holds, asking again and again; the verdict is the condition, never the wait.
///
/// - Parameters:
///   - condition: the condition's name, for the error.
///   - limit: how long it may take on a machine that has nothing else to do; on a busy one it may take longer by as much
///     as that one is slower.
///   - interval: how long to wait before asking again.
///   - holds: whether it holds.
/// - Returns: how long it took.
/// - Throws: ``NotInTime``, or what the condition throws.
@discardableResult
package func eventually(
    _ condition: String,
    within limit: Duration = .seconds(5),
    every interval: Duration = .milliseconds(10),
    _ holds: () async throws -> Bool
) async throws -> Duration {
    let start = ContinuousClock.now
    var patience = Patience(limit)
    while true {
        if try await holds() { return ContinuousClock.now - start }
        guard !patience.isOver() else {
            let taken = ContinuousClock.now - start
            throw NotInTime(description: "not within \(limit) (\(taken) on this busy machine): \(condition)")
        }
        try await Task.sleep(for: interval)
    }
}

/// A time limit for what needs a share of the machine: while others take it, less than the time that passes is counted.
package struct Patience {
    /// How often the machine's slowness is measured, once somebody has waited as long.
    private static let measureEvery = Duration.milliseconds(500)
    /// Of a processor's time; several of the slices that a busy machine gives.
    private static let probe = Duration.milliseconds(10)

    private let limit: Duration
    private var counted = Duration.zero
    private var last = ContinuousClock.now
    private let slowness: () -> Double

    /// Begins to wait.
    ///
    /// - Parameters:
    ///   - limit: how long to wait at most, where nobody else takes a share.
    ///   - slowness: how many times slower than that the machine is at this moment.
    package init(_ limit: Duration, slowness: @escaping () -> Double = Self.slownessNow) {
        self.limit = limit
        self.slowness = slowness
    }

    /// Whether it has waited long enough; asked now and then.
    package mutating func isOver() -> Bool { isOver(at: ContinuousClock.now) }

    /// Whether it has waited long enough.
    ///
    /// - Parameter now: the time.
    /// - Returns: whether it has.
    package mutating func isOver(at now: ContinuousClock.Instant) -> Bool {
        let passed = now - last
        guard passed >= min(Self.measureEvery, limit - counted) else { return false }
        counted += passed / max(1, passed < Self.measureEvery ? 1 : slowness())
        last = now
        return counted >= limit
    }

    /// How much longer than on an idle machine something takes that only computes.
    ///
    /// - Returns: the ratio, 1 or a little more where nobody else computes.
    package static func slownessNow() -> Double {
        let (start, used) = (ContinuousClock.now, processorTime())
        while processorTime() - used < probe {}
        return (ContinuousClock.now - start) / probe
    }

    private static func processorTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

/// Sees to it that a condition holds all the time.
///
/// - Parameters:
///   - duration: for how long it is watched.
///   - condition: the condition's name, for the error.
///   - holds: whether it holds.
/// - Throws: ``NotInTime`` as soon as it does not.
package func throughout(_ duration: Duration, _ condition: String, _ holds: () async throws -> Bool) async throws {
    let start = ContinuousClock.now
    while ContinuousClock.now - start < duration {
        guard try await holds() else { throw NotInTime(description: "not throughout \(duration): \(condition)") }
        try await Task.sleep(for: .milliseconds(20))
    }
}
