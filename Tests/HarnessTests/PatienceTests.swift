import Harness
import Testing

@Suite("Patience")
struct PatienceTests {
    /// How long it lasts, asked every 10 ms of a clock of its own.
    private func length(of limit: Duration, slowness: Double) -> Duration {
        let start = ContinuousClock.now
        var patience = Patience(limit) { slowness }
        var passed = Duration.zero
        while !patience.isOver(at: start + passed), passed < .seconds(100) { passed += .milliseconds(10) }
        return passed
    }

    @Test("lasts as long as it says where nobody else works, and as much longer as the machine is slower")
    func length() {
        #expect((Duration.seconds(5) ... .seconds(5.1)).contains(length(of: .seconds(5), slowness: 1)))
        // The last half second may be counted in full.
        #expect((Duration.seconds(14) ... .seconds(15.5)).contains(length(of: .seconds(5), slowness: 3)))
        #expect(
            (Duration.milliseconds(100) ... .milliseconds(110)).contains(length(of: .milliseconds(100), slowness: 9))
        )
    }

    @Test("does not end while a machine stands still, and does end")
    func ends() {
        #expect(length(of: .seconds(1), slowness: 1000) > .seconds(50))
        #expect(Patience.slownessNow() > 0.5)
    }
}
