import TCC

/// A lane with a clock and a seeded generator of its own, and a count of what is under way.
struct LaneUnderTest {
    var lane: ParticipantLane
    var now: Duration = .zero
    var generator = SplitMix64(seed: 42)
    private(set) var underWay: [ParticipantLane.Call] = []

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
            case .send(let call): underWay.append(call)
            case .wait: return steps
            case .expire, .loadOutcomes: break
            }
        }
    }

    /// The calls that the lane wants made now.
    mutating func sent() -> [ParticipantLane.Call] {
        steps()
            .compactMap { step in
                guard case .send(let call) = step else { return nil }
                return call
            }
    }

    /// When the lane wants to be asked again.
    mutating func wakeTime() -> Duration? {
        guard case .wait(let until) = steps().last else { return nil }
        return until
    }

    /// A call that is under way came back.
    mutating func answer(_ call: ParticipantLane.Call, _ verdict: ParticipantLane.Verdict) {
        underWay.removeAll { $0 == call }
        lane.returned(call, verdict, now: now, using: &generator)
    }

    /// Every call that is under way came back with the same.
    mutating func answerAll(_ verdict: ParticipantLane.Verdict) {
        for call in underWay { answer(call, verdict) }
    }
}

extension ParticipantLane.Call {
    /// The n-th transaction's call.
    static func `try`(_ number: Int) -> Self { Self(gid: .numbered(number), operation: .try) }
    /// The n-th transaction's call.
    static func confirm(_ number: Int) -> Self { Self(gid: .numbered(number), operation: .confirm) }
    /// The n-th transaction's call.
    static func cancel(_ number: Int) -> Self { Self(gid: .numbered(number), operation: .cancel) }
}

extension UUIDv7 {
    /// Identifiers in the order of their numbers.
    static func numbered(_ number: Int) -> Self { Self(leastAt: Timestamp(milliseconds: Int64(number))) }
}
