import Hosting
import OrchestratorCommands
import TCC
import Testing

@Suite("A transaction's timeline as a picture")
struct TimelineDiagramTests {
    private static let lanes = ["orchestrator", "draft service", "online service"]

    private static func record(_ state: TransactionState, _ events: [TimelineEvent]) throws -> TransactionRecord {
        let names = try ["draft", "online"].map { try #require(ParticipantName($0)) }
        var record = TransactionRecord(
            gid: UUIDv7("01a20473-b224-7725-b832-c55bcb5c488b")!,
            action: "publish",
            owner: "ann",
            labels: [:],
            branches: names,
            createdAt: Timestamp(milliseconds: 1000)
        )
        record.state = state
        record.timeline += events
        return record
    }

    private static func event(
        _ milliseconds: Int64,
        _ kind: TimelineEvent.Kind,
        _ branch: String? = nil,
        _ detail: String? = nil
    ) -> TimelineEvent {
        TimelineEvent(
            at: Timestamp(milliseconds: milliseconds),
            event: kind,
            branch: branch.flatMap { ParticipantName($0) },
            detail: detail
        )
    }

    @Test("Each event is in its process's lane, with the milliseconds since the begin; a dead process has no lane")
    func crash() throws {
        let record = try Self.record(
            .confirmed,
            [
                Self.event(1004, .tried, "draft", "reserved"), Self.event(1005, .tried, "online", "reserved"),
                Self.event(1009, .decided, nil, "confirm"), Self.event(1012, .acknowledged, "draft"),
                Self.event(2512, .acknowledged, "online"), Self.event(2512, .finished),
            ]
        )
        let seen = [
            TimelineDiagram.Row(at: Timestamp(milliseconds: 1500), lane: 2, what: .birth("started again")),
            TimelineDiagram.Row(at: Timestamp(milliseconds: 1011), lane: 2, what: .death("killed")),
        ]
        let diagram = TimelineDiagram(record, lanes: Self.lanes, seen: seen)
        #expect(
            diagram.text() == """
                     ms   orchestrator                  draft service   online service
                      0   ● begun, on disk              │               │
                      4   │                             ● reserved      │
                      5   │                             │               ● reserved
                      9   ● decided: confirm, on disk   │               │
                     11   │                             │               ✗ killed
                     12   │                             ● confirmed
                    500   │                             │               ↻ started again
                   1512   │                             │               ● confirmed
                   1512   ● finished                    │               │
                """
        )
    }

    @Test("A refusal is marked, and what follows is a cancel")
    func refusal() throws {
        let record = try Self.record(
            .cancelled,
            [
                Self.event(1004, .tried, "draft", "refused: revision-conflict"),
                Self.event(1009, .decided, nil, "cancel: revision-conflict"),
                Self.event(1012, .acknowledged, "draft"),
            ]
        )
        let text = TimelineDiagram(record, lanes: Self.lanes).text(.coloured)
        #expect(text.contains("\u{1B}[33m✗ refused\u{1B}[0m       "))
        #expect(text.contains("\u{1B}[32m● decided: cancel, on disk\u{1B}[0m"))
        #expect(text.contains("● cancelled\u{1B}[0m"))
    }
}
