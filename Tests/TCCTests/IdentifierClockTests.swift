import TCC
import Testing

@Suite("Identifiers that never go back")
struct IdentifierClockTests {
    private static let start = Timestamp(milliseconds: 1_795_348_800_000)

    @Test func eachIsGreaterThanAllBeforeWhateverTheClockDoes() {
        var random = SplitMix64(seed: 7)
        var clock = IdentifierClock()
        var (now, last) = (Self.start, UUIDv7(leastAt: Timestamp(milliseconds: 0)))
        for step in 0..<20_000 {
            if step % 50 == 0 {
                now = now + .milliseconds(Int.random(in: -100_000_000...100_000_000, using: &random))
            } else {
                now = now + .milliseconds(Int.random(in: 0...2, using: &random))
            }
            let next = clock.next(at: now, using: &random)
            #expect(next > last)
            #expect(next.description > last.description)
            #expect(next.timestamp >= now, "a deadline that is made from the same reading lies within hours of it")
            last = next
        }
    }

    @Test func aClockThatIsRightIsKeptTo() {
        var random = SplitMix64(seed: 1)
        var clock = IdentifierClock()
        for step in 0..<1000 {
            let now = Self.start + .milliseconds(step)
            #expect(clock.next(at: now, using: &random).timestamp == now)
            #expect(clock.lead(at: now) == .zero)
        }
    }

    @Test func whatAnotherLifeMadeIsPassedAndTheClockCatchesUp() {
        var random = SplitMix64(seed: 1)
        var clock = IdentifierClock()
        let ahead = Self.start + .seconds(3 * 86400)
        let latest = UUIDv7(at: ahead, using: &random)
        clock.pass(latest)
        clock.pass(UUIDv7(leastAt: Self.start))
        var last = latest
        // 4,096 a millisecond, and then the next one.
        for _ in 0..<10_000 {
            let next = clock.next(at: Self.start, using: &random)
            #expect(next > last)
            last = next
        }
        #expect(last.timestamp <= ahead + .milliseconds(3))
        #expect(clock.lead(at: Self.start) >= .seconds(3 * 86400))
        let caughtUp = ahead + .seconds(1)
        #expect(clock.next(at: caughtUp, using: &random).timestamp == caughtUp)
    }

    @Test func aTimeThatDoesNotFitIsTheLastNotTheFirst() {
        var random = SplitMix64(seed: 1)
        let beyond = Timestamp(milliseconds: 0xFFFF_FFFF_FFFF + 5)
        #expect(UUIDv7(at: beyond, using: &random).timestamp.milliseconds == 0xFFFF_FFFF_FFFF)
        #expect(UUIDv7(leastAt: beyond).timestamp.milliseconds == 0xFFFF_FFFF_FFFF)
        var clock = IdentifierClock()
        let made = (0..<10_000).map { _ in clock.next(at: beyond, using: &random) }
        #expect(Set(made).count == made.count)
    }
}
