import Foundation
public import TCC

extension World {
    /// The machine's clocks and its random generator.
    public static let system: World = {
        let clock = ContinuousClock()
        let start = clock.now
        return World(
            wallClock: { Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down))) },
            elapsed: { clock.now - start },
            sleep: { try await Task.sleep(for: $0, clock: clock) },
            random: {
                var generator = SystemRandomNumberGenerator()
                return generator.next()
            }
        )
    }()
}
