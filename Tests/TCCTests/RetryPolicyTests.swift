import TCC
import Testing

@Suite("How long to wait before asking again")
struct RetryPolicyTests {
    @Test func theBoundDoublesFrom50MillisecondsTo1Second() {
        let policy = RetryPolicy()
        let bounds = (1...7).map { policy.bound(afterFailures: $0).wholeMilliseconds }
        #expect(bounds == [50, 100, 200, 400, 800, 1000, 1000])
        #expect(policy.busy == .milliseconds(50))
    }

    @Test(arguments: [Int.min, -1, 0])
    func noFailureYetHasTheFirstBound(failures: Int) {
        #expect(RetryPolicy().bound(afterFailures: failures) == .milliseconds(50))
    }

    @Test(arguments: [31, 64, 1000, Int.max])
    func howeverManyFailuresTheCapHolds(failures: Int) {
        #expect(RetryPolicy().bound(afterFailures: failures) == .seconds(1))
    }

    @Test func waitsAreSpreadOverTheWholeRangeAndNeverLeaveIt() {
        let policy = RetryPolicy()
        var generator = SplitMix64(seed: 7)
        for failures in 1...8 {
            let bound = policy.bound(afterFailures: failures)
            let waits = (0..<1000).map { _ in policy.delay(afterFailures: failures, using: &generator) }
            #expect(waits.allSatisfy { (.zero...bound).contains($0) })
            // Full jitter: uniform from zero on, so each quarter has about 250 of the 1,000.
            for quarter in 0..<4 {
                let range = bound * quarter / 4..<bound * (quarter + 1) / 4
                #expect((150...350).contains(waits.count(where: { range.contains($0) })))
            }
        }
    }

    @Test func theSameSeedGivesTheSameWaits() {
        func waits(_ seed: UInt64) -> [Duration] {
            var generator = SplitMix64(seed: seed)
            return (1...20).map { RetryPolicy().delay(afterFailures: $0, using: &generator) }
        }
        #expect(waits(1) == waits(1))
        #expect(waits(1) != waits(2))
    }

    @Test func aPolicyWithoutWaitsWaitsForNothing() {
        var generator = SplitMix64(seed: 1)
        let policy = RetryPolicy(base: .zero, cap: .zero)
        #expect(policy.delay(afterFailures: 3, using: &generator) == .zero)
    }

    @Test(arguments: [
        (Duration.seconds(1), Duration.seconds(1)), (.seconds(20), .seconds(2)), (.seconds(86400), .seconds(3600)),
    ])
    func pruningComesTenTimesARetentionBetweenASecondAndAnHour(retention: Duration, interval: Duration) {
        #expect(PruningInterval.after(retention: retention) == interval)
    }
}
