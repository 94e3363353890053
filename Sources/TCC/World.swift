/// What a coordinator or participant takes from outside: two clocks, a way to wait, and chance.
///
/// Everything that decides gets these handed in, so that a test or a simulator can put its own in their place.
public struct World: Sendable {
    /// The wall clock: for deadlines, timelines and pruning only.
    public var wallClock: @Sendable () -> Timestamp
    /// A clock that never jumps, from any origin: for every timer.
    public var elapsed: @Sendable () -> Duration
    /// Waits by the clock that never jumps; ends early with `CancellationError`.
    public var sleep: @Sendable (Duration) async throws -> Void
    /// 64 random bits.
    public var random: @Sendable () -> UInt64

    /// Makes a world.
    ///
    /// - Parameters:
    ///   - wallClock: the wall clock.
    ///   - elapsed: a clock that never jumps.
    ///   - sleep: waits by that clock.
    ///   - random: 64 random bits.
    public init(
        wallClock: @escaping @Sendable () -> Timestamp,
        elapsed: @escaping @Sendable () -> Duration,
        sleep: @escaping @Sendable (Duration) async throws -> Void,
        random: @escaping @Sendable () -> UInt64
    ) {
        self.wallClock = wallClock
        self.elapsed = elapsed
        self.sleep = sleep
        self.random = random
    }

    /// A new identifier, of now.
    public func makeIdentifier() -> UUIDv7 {
        var generator = Generator(next: random)
        return UUIDv7(at: wallClock(), using: &generator)
    }

    /// Its random bits as a generator.
    public var generator: Generator { Generator(next: random) }

    /// A random generator over a world's chance.
    public struct Generator: RandomNumberGenerator {
        private let source: @Sendable () -> UInt64

        fileprivate init(next source: @escaping @Sendable () -> UInt64) { self.source = source }

        /// The next 64 bits.
        public mutating func next() -> UInt64 { source() }
    }
}
