import Foundation
import TCC
import TCCCoordinator
import Testing

@Suite("A caller's thread that the system does not run for a while", .timeLimit(.minutes(1)))
struct SlowCallerTests {
    @TaskLocal private static var isSlow = false

    /// The barrier would refuse such a try with 410; it is not to be sent at all.
    @Test func sendsNoTryAfterItsCancel() async throws {
        let clock = FakeClock()
        var world = clock.world
        world.elapsed = { [elapsed = world.elapsed] in
            // The clock is read between the two tries. A real wait, as a thread that is not run has it: several times what
            // the first try, the decision and its cancel take; one that is too short shows nothing, and fails nothing.
            if Self.isSlow { usleep(20_000) }
            return elapsed()
        }
        try await withJournal { [world] directory in
            try await withLife(in: directory, clock: clock, world: world) { life async throws in
                life.peers.script("draft", .try, .answers(409, "not-published"))
                for _ in 0..<5 {
                    let conclusion = try await Self.$isSlow.withValue(true) { try await life.publish() }
                    #expect(conclusion.reason?.code == "not-published")
                    // Whatever else is to be sent is sent before this.
                    let other = CoordinatorUnderTest.request("online")
                    #expect(try await life.passing { try await life.run(other) }.isConfirmed)
                    let calls = life.peers.calls.filter { $0.gid == conclusion.gid }
                    let atOnline = calls.filter { $0.participant.description == "online" }.map(\.operation)
                    #expect([[.cancel], [.try, .cancel]].contains(atOnline))
                }
            }
        }
    }
}
