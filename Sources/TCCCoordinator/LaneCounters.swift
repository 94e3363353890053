import Metrics
import Synchronization
import TCC

/// What is counted of one participant; each counter is looked up once, not with each call.
final class LaneCounters: Sendable {
    private struct Label: Hashable {
        let operation: TCC.Operation
        let status: Status
    }

    /// What an answer counts as: a participant may answer any number, and there must not be a counter for each.
    private enum Status: Hashable {
        case known(Int)
        /// The first digit of a status that the protocol does not use.
        case other(Int)
        case outOfRange
        /// No answer.
        case none

        private static let used: Set = [
            200, 400, 401, 403, 404, 405, 409, 410, 413, 422, 425, 429, 500, 502, 503, 504,
        ]

        init(_ result: CallResult) {
            switch result {
            case .unanswered: self = .none
            case .answered(let answer) where Self.used.contains(answer.status): self = .known(answer.status)
            case .answered(let answer) where (100...599).contains(answer.status): self = .other(answer.status / 100)
            case .answered: self = .outOfRange
            }
        }

        var dimension: String {
            switch self {
            case .known(let status): String(status)
            case .other(let digit): "\(digit)xx"
            case .outOfRange: "other"
            case .none: "none"
            }
        }
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
        counter(Label(operation: operation, status: Status(result))).increment()
    }

    private func counter(_ label: Label) -> Counter {
        calls.withLock { calls in
            if let counter = calls[label] { return counter }
            let counter = Counter(
                label: "tcc.coordinator.calls",
                dimensions: [
                    ("tcc.participant", name.description), ("tcc.operation", label.operation.rawValue),
                    ("http.response.status_code", label.status.dimension),
                ],
                factory: metrics
            )
            calls[label] = counter
            return counter
        }
    }
}
