/// Tells a jump of the wall clock from time that passes: it watches how far the wall clock and the clock that never jumps
/// drift apart.
public struct ClockWatch: Sendable {
    /// What is less is no jump: clocks are corrected all the time.
    public static let leastJump: Duration = .seconds(5)

    /// What a look at both clocks shows.
    public struct Look: Hashable, Sendable {
        /// What the wall clock says.
        public var wall: Timestamp
        /// How much time passed since the last look; zero at the first.
        public var passed: Duration
        /// By how much the wall clock jumped since then, forward or, below zero, back; nil if it did not.
        public var jump: Duration?
    }

    private var last: (wall: Timestamp, elapsed: Duration)?

    /// A watch that has not looked yet.
    public init() {}

    /// Looks at both clocks.
    ///
    /// - Parameters:
    ///   - wall: the wall clock.
    ///   - elapsed: the clock that never jumps.
    /// - Returns: what came since the last look.
    public mutating func look(wall: Timestamp, elapsed: Duration) -> Look {
        defer { last = (wall, elapsed) }
        guard let last else { return Look(wall: wall, passed: .zero) }
        let passed = elapsed - last.elapsed
        let jump = .milliseconds(wall.milliseconds - last.wall.milliseconds) - passed
        let isJump = jump >= Self.leastJump || jump <= .zero - Self.leastJump
        return Look(wall: wall, passed: passed, jump: isJump ? jump : nil)
    }
}
