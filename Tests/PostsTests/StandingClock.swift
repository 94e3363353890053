import Synchronization
import TCC
import TCCHTTP

/// A wall clock that stands still until a test moves it.
final class StandingClock: Sendable {
    private let time = Mutex(Timestamp(milliseconds: 1_795_348_800_000))

    /// A world with this clock, and the system's chance.
    var world: World {
        World(
            wallClock: { self.time.withLock { $0 } },
            elapsed: World.system.elapsed,
            sleep: World.system.sleep,
            random: World.system.random
        )
    }

    func advance(by duration: Duration) { time.withLock { $0 = $0 + duration } }
}
