import Metrics
import Synchronization
import TCC

/// What is counted of one participant; each counter is looked up once, not with each call.
final class LaneCounters: Sendable {
    private struct Label: Hashable {
        let operation: TCC.Operation
        /// The answer's HTTP status, or nil for no answer.
        let status: Int?
    }

    let alerts: Counter
    private let name: ParticipantName
    private let metrics: any MetricsFactory
    private let calls = Mutex<[Label: Counter]>([:])

    init(of name: ParticipantName, _ metrics: any MetricsFactory) {
        self.name = name
        self.metrics = metrics
        self.alerts = Counter(
            label: "tcc.coordinator.alerts",
            dimensions: [("tcc.participant", name.description)],
            factory: metrics
        )
    }

    /// Counts a call.
    func count(_ operation: TCC.Operation, _ result: CallResult) {
        let status: Int?
        switch result {
        case .answered(let answer): status = answer.status
        case .unanswered: status = nil
        }
        counter(Label(operation: operation, status: status)).increment()
    }

    private func counter(_ label: Label) -> Counter {
        calls.withLock { calls in
            if let counter = calls[label] { return counter }
            let counter = Counter(
                label: "tcc.coordinator.calls",
                dimensions: [
                    ("tcc.participant", name.description), ("tcc.operation", label.operation.rawValue),
                    ("http.response.status_code", label.status.map(String.init) ?? "none"),
                ],
                factory: metrics
            )
            calls[label] = counter
            return counter
        }
    }
}
