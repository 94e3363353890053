import OrchestratorCommands
import Testing

@Suite("Command line: when to ask again")
struct CommandLineRetryTests {
    /// Always the same bits: the largest or the least jitter (not zero: `random(in:)` would throw zeros away for ever).
    private struct Constant: RandomNumberGenerator {
        let bits: UInt64
        func next() -> UInt64 { bits }
    }

    @Test("Waits double up to a bound, with full jitter")
    func backsOff() {
        var most = Constant(bits: .max)
        var schedule = RetrySchedule(patience: .seconds(60), from: .zero)
        let waits = (0..<7)
            .map { _ in
                schedule.attemptFailed(at: .zero, retryAfter: nil, using: &most)
            }
        #expect(waits == [100, 200, 400, 800, 1600, 2000, 2000].map { .milliseconds($0) })
        var least = Constant(bits: 1)
        #expect(schedule.attemptFailed(at: .zero, retryAfter: nil, using: &least) == .zero)
    }

    @Test("No wait is shorter than Retry-After")
    func honoursRetryAfter() {
        var least = Constant(bits: 1)
        var schedule = RetrySchedule(patience: .seconds(60), from: .zero)
        #expect(schedule.attemptFailed(at: .zero, retryAfter: .seconds(7), using: &least) == .seconds(7))
    }

    @Test("The last wait ends with the patience, and one that would outlast it is not begun")
    func endsWithPatience() {
        var least = Constant(bits: 1)
        var schedule = RetrySchedule(patience: .seconds(10), from: .seconds(100))
        #expect(schedule.attemptFailed(at: .seconds(105), retryAfter: .seconds(5), using: &least) == .seconds(5))
        #expect(schedule.attemptFailed(at: .seconds(105), retryAfter: .seconds(6), using: &least) == nil)
        #expect(schedule.attemptFailed(at: .seconds(111), retryAfter: nil, using: &least) == nil)
        var most = Constant(bits: .max)
        schedule = RetrySchedule(patience: .seconds(10), from: .zero)
        #expect(schedule.attemptFailed(at: .milliseconds(9950), retryAfter: nil, using: &most) == .milliseconds(50))
        #expect(schedule.attemptFailed(at: .seconds(10), retryAfter: nil, using: &most) == nil)
    }
}
