import Synchronization
import TCC
import TCCHTTP

/// A clock that stands still until a test moves it, and a world around it with seeded chance.
///
/// Whoever sleeps by it wakes when it is moved past the time: a timer that a test does not ask for never fires.
final class FakeClock: Sendable {
    /// What the wall clock says at the beginning.
    static let start = Timestamp(milliseconds: 1_795_348_800_000)

    private struct Sleeper {
        let wakeAt: Duration
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var elapsed: Duration = .zero
        /// How far the wall clock is ahead of the time that passed.
        var skew: Duration = .zero
        var seed: UInt64 = 42
        var sleepers: [Int: Sleeper] = [:]
        var cancelledEarly: Set<Int> = []
        var nextSleeper = 0
    }

    private let state = Mutex(State())

    /// The wall clock.
    var now: Timestamp { Self.start + state.withLock { $0.elapsed + $0.skew } }

    /// Sets the wall clock forward, or back, without any time passing.
    func jump(by duration: Duration) { state.withLock { $0.skew += duration } }

    /// Moves the clock and wakes whoever waited for that.
    func advance(by duration: Duration) {
        let woken = state.withLock { state in
            state.elapsed += duration
            let due = state.sleepers.filter { $0.value.wakeAt <= state.elapsed }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in woken { continuation.resume() }
    }

    /// Lets time pass while the body runs, from one waiting timer to the next, in steps of at most 25 ms.
    ///
    /// - Parameters:
    ///   - settle: waits until whatever has to be done at this moment has most likely been done.
    ///   - body: what time passes for.
    /// - Returns: what the body returned.
    /// - Throws: what the body threw, or what was met while settling.
    func passing<Value: Sendable>(
        settle: @escaping @Sendable () async throws -> Void,
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                while !Task.isCancelled {
                    try await settle()
                    let next = self.state.withLock { state in
                        state.sleepers.values.map { $0.wakeAt - state.elapsed }.min()
                    }
                    if let next { self.advance(by: min(max(.zero, next), .milliseconds(25))) }
                }
                return nil
            }
            defer { group.cancelAll() }
            while let value = try await group.next() {
                if let value { return value }
            }
            throw CancellationError()
        }
    }

    /// A world around this clock.
    var world: World {
        World(
            wallClock: { self.now },
            elapsed: { self.state.withLock { $0.elapsed } },
            sleep: { try await self.sleep($0) },
            random: {
                self.state.withLock {
                    $0.seed = $0.seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    return $0.seed ^ ($0.seed >> 33)
                }
            }
        )
    }

    /// Deadlines by this clock.
    var alarm: JSONClient.Alarm {
        { wait, ring in
            let task = Task {
                try await self.sleep(wait)
                ring()
            }
            return { task.cancel() }
        }
    }

    private func sleep(_ duration: Duration) async throws {
        let id = state.withLock { state in
            state.nextSleeper += 1
            return state.nextSleeper
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isEnding = state.withLock { state in
                    if state.cancelledEarly.remove(id) != nil { return true }
                    state.sleepers[id] = Sleeper(wakeAt: state.elapsed + duration, continuation: continuation)
                    return false
                }
                if isEnding { continuation.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                let sleeper = state.sleepers.removeValue(forKey: id)
                if sleeper == nil { state.cancelledEarly.insert(id) }
                return sleeper
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }
}
