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
///   - limit: how long it may take.
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
    while true {
        if try await holds() { return ContinuousClock.now - start }
        guard ContinuousClock.now - start < limit else {
            throw NotInTime(description: "not within \(limit): \(condition)")
        }
        try await Task.sleep(for: interval)
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
