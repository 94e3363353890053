import Synchronization

/// Who waits for what, so that somebody who ends a stuck run can say it.
package final class Waits: Sendable {
    private struct State {
        var waits: [String: (what: String, since: ContinuousClock.Instant)] = [:]
        var lastMove = ContinuousClock.now
    }

    private let state = Mutex(State())

    /// Nobody waits.
    package init() {}

    /// Somebody waits.
    ///
    /// - Parameters:
    ///   - who: who waits.
    ///   - what: for what.
    ///   - isolation: where the waiting runs.
    ///   - body: the waiting.
    /// - Returns: what it returns.
    /// - Throws: what it throws.
    package func during<Value>(
        _ who: String,
        _ what: String,
        isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> Value
    ) async rethrows -> Value {
        state.withLock { $0.waits[who] = (what, ContinuousClock.now) }
        defer { state.withLock { $0.waits[who] = nil } }
        return try await body()
    }

    /// Something went on.
    package func moved() { state.withLock { $0.lastMove = ContinuousClock.now } }

    /// Ends a run in which nothing goes on any more.
    ///
    /// - Parameter limit: how long nothing may go on.
    /// - Throws: ``Stuck`` when nothing has gone on for so long; `CancellationError` when it is called off.
    package func watch(limit: Duration) async throws {
        while true {
            try await Task.sleep(for: min(limit / 10, .milliseconds(200)))
            let now = ContinuousClock.now
            let (idle, waits) = state.withLock { (now - $0.lastMove, $0.waits) }
            guard idle >= limit else { continue }
            let lines = waits.sorted { $0.key < $1.key }
                .map { "\($0.key) waits for \($0.value.what) since \(Self.seconds(now - $0.value.since))" }
            throw Stuck(waits: lines, idle: Self.seconds(idle))
        }
    }

    private static func seconds(_ duration: Duration) -> String {
        "\(Double(Int(duration / .milliseconds(100))) / 10) s"
    }
}

/// Nothing goes on any more.
package struct Stuck: Error, Hashable, CustomStringConvertible {
    /// A line for each who waits.
    package var waits: [String]
    /// For how long nothing has gone on.
    package var idle: String

    /// For people.
    package var description: String {
        let who = waits.isEmpty ? "nobody waits for anything" : waits.joined(separator: "; ")
        return "nothing has gone on for \(idle): \(who)"
    }
}
