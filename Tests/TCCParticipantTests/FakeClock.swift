import Synchronization
import TCC

/// A clock that stands still until a test moves it, and a world around it with seeded chance.
///
/// What sleeps is recorded and wakes when the clock passes its time.
final class FakeClock: Sendable {
    /// What the wall clock says at the beginning.
    static let start = Timestamp(milliseconds: 1_795_348_800_000)

    private struct State {
        var elapsed: Duration = .zero
        /// How far the wall clock is ahead of the time that passed.
        var skew: Duration = .zero
        var seed: UInt64 = 42
        var sleeps: [Duration] = []
    }

    private let state = Mutex(State())

    /// The wall clock.
    var now: Timestamp { Self.start + state.withLock { $0.elapsed + $0.skew } }

    /// Sets the wall clock forward, or back, without any time passing.
    func jump(by duration: Duration) { state.withLock { $0.skew += duration } }

    /// How long everything slept that slept.
    var sleeps: [Duration] { state.withLock { $0.sleeps } }

    func advance(by duration: Duration) { state.withLock { $0.elapsed += duration } }

    /// A world whose every sleep moves the clock and ends at once: for whoever sleeps alone.
    var world: World {
        World(
            wallClock: { self.now },
            elapsed: { self.state.withLock { $0.elapsed } },
            sleep: { duration in
                try Task.checkCancellation()
                self.state.withLock {
                    $0.sleeps.append(duration)
                    $0.elapsed += duration
                }
                await Task.yield()
            },
            random: {
                self.state.withLock {
                    $0.seed = $0.seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    return $0.seed ^ ($0.seed >> 33)
                }
            }
        )
    }
}
