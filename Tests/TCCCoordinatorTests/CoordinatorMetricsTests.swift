import MetricsTestKit
import TCC
import TCCCoordinator
import Testing

@Suite("What a coordinator counts and times", .timeLimit(.minutes(1)))
struct CoordinatorMetricsTests {
    @Test func callsByTheirAnswerAndTransactionsByTheirDecision() async throws {
        try await withCoordinator { life async throws in
            #expect(try await life.publish().isConfirmed)
            life.peers.script("draft", .try, .answers(409, "no"), .works)
            _ = try await life.publish()
            for (status, count) in [("200", 1), ("409", 1)] {
                let dimensions = [
                    ("tcc.participant", "draft"), ("tcc.operation", "try"), ("http.response.status_code", status),
                ]
                let counter = try life.metrics.expectCounter("tcc.coordinator.calls", dimensions)
                #expect(counter.totalValue == Int64(count))
            }
            for decision in ["confirm", "cancel"] {
                let label = "tcc.coordinator.transaction.duration"
                #expect(try life.metrics.expectTimer(label, [("tcc.decision", decision)]).values.count == 1)
            }
        }
    }

    @Test func aParticipantThatDidTheOppositeIsAnAlert() async throws {
        try await withCoordinator { life async throws in
            life.peers.script("draft", .confirm, .answers(409, "already-cancelled"), .works)
            #expect(try await life.passing { try await life.publish() }.isConfirmed)
            let alerts = try life.metrics.expectCounter("tcc.coordinator.alerts", [("tcc.participant", "draft")])
            #expect(alerts.totalValue == 1)
        }
    }
}
