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

    @Test func answersOfManyStatusesAreCountedByFew() async throws {
        try await withCoordinator { life async throws in
            for status in [499, 418, 599, 301, 999, -1, 1_000_000, 0] {
                life.peers.script("draft", .try, .answers(status), .works)
                #expect(try await life.passing { try await life.publish() }.isConfirmed)
            }
            for (dimension, count) in [("4xx", 2), ("5xx", 1), ("3xx", 1), ("other", 4)] {
                let dimensions = [
                    ("tcc.participant", "draft"), ("tcc.operation", "try"), ("http.response.status_code", dimension),
                ]
                #expect(try life.metrics.expectCounter("tcc.coordinator.calls", dimensions).totalValue == count)
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
