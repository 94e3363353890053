import Supervision
import Testing

@Suite("Whether a process that ended is started again")
struct RestartsTests {
    /// Always the longest wait.
    private struct Longest: RandomNumberGenerator {
        mutating func next() -> UInt64 { .max }
    }

    private var generator = Longest()

    @Test("One that never served and died at once would do so again")
    mutating func brokenFromTheStart() {
        var restarts = Restarts()
        #expect(restarts.ended(after: .milliseconds(30), served: false, using: &generator) == .giveUp)
    }

    @Test("One that served comes back, also when its next start fails")
    mutating func crash() {
        var restarts = Restarts()
        let lives = [(30, true), (5, false), (5, false), (5, false)]
        let waits = lives.map { lived, served in
            restarts.ended(after: .milliseconds(lived), served: served, using: &generator)
        }
        #expect(waits == [200, 400, 800, 1600].map { .restart(after: .milliseconds($0)) })
    }

    @Test("One that lived for a while without a word about serving comes back")
    mutating func stranger() {
        var restarts = Restarts()
        let decision = restarts.ended(after: .seconds(60), served: false, using: &generator)
        #expect(decision == .restart(after: .milliseconds(200)))
    }

    @Test("The wait is bounded, and short again after a steady life")
    mutating func bounds() {
        var restarts = Restarts()
        var last = Restarts.Decision.giveUp
        for _ in 0..<50 { last = restarts.ended(after: .milliseconds(5), served: true, using: &generator) }
        #expect(last == .restart(after: .seconds(10)))
        last = restarts.ended(after: .seconds(5), served: true, using: &generator)
        #expect(last == .restart(after: .milliseconds(200)))
    }
}
