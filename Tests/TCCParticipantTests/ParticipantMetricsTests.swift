import MetricsTestKit
import TCC
import TCCParticipant
import Testing

@Suite("What a participant counts")
struct ParticipantMetricsTests {
    @Test func everyCallIsCountedByWhatCameOfIt() async throws {
        try await withParticipant(CountingResource(), registerMigrations: CountingResource.registerMigrations) {
            participant async throws in
            let id = participant.newBranch()
            for _ in 0..<2 { _ = try await participant.service.attempt(participant.call(id, .init())) }
            _ = try await participant.service.carryOut(.confirm, id, action: "publish")
            await #expect(throws: Problem.self) {
                try await participant.service.carryOut(.cancel, id, action: "publish")
            }
            for (operation, outcome, count) in [
                ("try", "reserved", 2), ("confirm", "confirmed", 1), ("cancel", "already-confirmed", 1),
            ] {
                let dimensions = [("tcc.operation", operation), ("tcc.outcome", outcome)]
                let counter = try participant.metrics.expectCounter("tcc.participant.calls", dimensions)
                #expect(counter.totalValue == Int64(count))
            }
        }
    }
}
