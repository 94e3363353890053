import TCC
import Testing

@Suite("Time that passed, whatever the wall clock says")
struct PassedTimeTests {
    private static let start = Timestamp(milliseconds: 1_795_348_800_000)
    private static let day = Duration.seconds(86400)

    @Test func aJumpIsToldFromTimeThatPasses() {
        var watch = ClockWatch()
        func jump(_ wall: Int, _ elapsed: Int) -> Duration? {
            watch.look(wall: Self.start + .seconds(wall), elapsed: .seconds(elapsed)).jump
        }
        #expect(jump(0, 100) == nil)
        #expect(jump(3600, 3700) == nil, "an hour passed")
        #expect(jump(3604, 3700) == nil, "a correction")
        #expect(jump(90_004, 3700) == Self.day)
        #expect(jump(3605, 3701) == .seconds(-86400))
        #expect(jump(3606, 3702) == nil)
        #expect(watch.look(wall: Self.start, elapsed: .seconds(3712)).passed == .seconds(10))
    }

    /// Whatever the clock does: what was written less than a day of running ago is never before the time that is said, where
    /// the clock was noted between its jumps.
    @Test(arguments: 1...UInt64(10))
    func whatIsYoungIsNeverSaidToBeOld(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var passed = PassedTime()
        var (elapsed, skew) = (Duration.zero, Duration.zero)
        var written: [(wall: Timestamp, elapsed: Duration)] = []
        for _ in 0..<500 {
            let step = Duration.seconds(Int.random(in: 1...3600, using: &random))
            elapsed += step
            if Int.random(in: 0..<20, using: &random) == 0 {
                skew += .seconds(Int.random(in: -1_000_000...1_000_000, using: &random))
            }
            let wall = Self.start + elapsed + skew
            // The process is down now and then, and then nobody knows how long.
            let isKnown = Int.random(in: 0..<10, using: &random) > 0
            passed.note(wall, after: isKnown ? step : .zero, longest: Self.day)
            passed = PassedTime(passed.text)
            written.append((wall, elapsed))
            guard let old = passed.time(before: Self.day) else { continue }
            written.removeAll { elapsed - $0.elapsed >= Self.day }
            #expect(written.allSatisfy { $0.wall >= old })
        }
        #expect(passed.time(before: Self.day) != nil)
    }

    @Test(arguments: [60, 3600])
    func aClockThatIsRightIsFollowedClosely(interval: Int) throws {
        var passed = PassedTime()
        var now = Self.start
        let steps = 4 * 86400 / interval
        for step in 0...steps {
            passed.note(now, after: step == 0 ? .zero : .seconds(interval), longest: Self.day)
            if step < steps { now = now + .seconds(interval) }
        }
        #expect(passed.text.split(separator: " ").count <= 64)
        for length in [Duration.seconds(3600), Self.day] {
            let time = try #require(passed.time(before: length))
            let lag = Duration.milliseconds((now - length).milliseconds - time.milliseconds)
            #expect(lag >= .zero)
            #expect(lag <= length / 2, "\(lag)")
        }
        #expect(passed.time(before: Self.day * 2) == nil)
    }

    @Test func whatCannotBeReadSaysNothing() {
        for text in ["", "x", "1", "1:2:3", "a:b", "1:"] {
            #expect(PassedTime(text).time(before: .zero) == nil, "\(text)")
        }
    }
}
