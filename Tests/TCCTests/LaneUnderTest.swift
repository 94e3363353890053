import TCC

/// A lane with a clock and a seeded generator of its own, and a count of what is under way.
struct LaneUnderTest {
    var lane: ParticipantLane
    var now: Duration = .zero
    var generator = SplitMix64(seed: 42)
    /// The requests that are under way.
    private(set) var requests: [[ParticipantLane.Call]] = []
    /// Whether acknowledgements are on disk at once; if not, the test says when.
    var writesAcknowledgements = true

    /// The calls that are under way.
    var underWay: [ParticipantLane.Call] { requests.flatMap { $0 } }

    /// A lane whose journal was read and had nothing.
    init(limits: ParticipantLane.Limits = .init(), retry: RetryPolicy = RetryPolicy()) {
        self.lane = ParticipantLane(limits: limits, retry: retry)
        _ = lane.next(now: now)
        lane.loaded([], reachedEnd: true, now: now)
    }

    /// Everything that the lane wants done now, the wait at the end included.
    mutating func steps() -> [ParticipantLane.Step] {
        var steps: [ParticipantLane.Step] = []
        while true {
            let step = lane.next(now: now)
            steps.append(step)
            switch step {
            case .send(let calls): requests.append(calls)
            case .wait: return steps
            case .expire, .loadOutcomes: break
            }
        }
    }

    /// The requests that the lane wants made now.
    mutating func sentRequests() -> [[ParticipantLane.Call]] {
        steps()
            .compactMap { step in
                guard case .send(let calls) = step else { return nil }
                return calls
            }
    }

    /// The calls that the lane wants made now, in whichever requests.
    mutating func sent() -> [ParticipantLane.Call] { sentRequests().flatMap { $0 } }

    /// When the lane wants to be asked again.
    mutating func wakeTime() -> Duration? {
        guard case .wait(let until) = steps().last else { return nil }
        return until
    }

    /// The request with this call came back: this verdict for it, and the other for all else in it.
    mutating func answer(
        _ call: ParticipantLane.Call,
        _ verdict: ParticipantLane.Verdict,
        others: ParticipantLane.Verdict = .done
    ) {
        guard let request = requests.first(where: { $0.contains(call) }) else { return }
        answer(request, request.map { $0 == call ? verdict : others })
    }

    /// Every request that is under way came back, with the same for each call.
    mutating func answerAll(_ verdict: ParticipantLane.Verdict) {
        for request in requests { answer(request, request.map { _ in verdict }) }
    }

    /// A request that is under way came back.
    mutating func answer(_ request: [ParticipantLane.Call], _ verdicts: [ParticipantLane.Verdict]) {
        guard let index = requests.firstIndex(of: request) else { return }
        requests.remove(at: index)
        let results = zip(request, verdicts).map { (call: $0, verdict: $1) }
        lane.returned(results, now: now, using: &generator)
        guard writesAcknowledgements else { return }
        lane.acknowledgementsWritten(results.count { $0.verdict == .done && $0.call.operation != .try })
    }
}

extension ParticipantLane.Call {
    /// The n-th transaction's call.
    static func `try`(_ number: Int) -> Self { Self(gid: .numbered(number), operation: .try) }
    /// The n-th transaction's call.
    static func confirm(_ number: Int) -> Self { Self(gid: .numbered(number), operation: .confirm) }
    /// The n-th transaction's call.
    static func cancel(_ number: Int) -> Self { Self(gid: .numbered(number), operation: .cancel) }
    /// Whose it is.
    var number: Int { Int(gid.timestamp.milliseconds) }
}

extension UUIDv7 {
    /// Identifiers in the order of their numbers.
    static func numbered(_ number: Int) -> Self { Self(leastAt: Timestamp(milliseconds: Int64(number))) }
}
