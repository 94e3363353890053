import TCC

extension Invariants {
    /// 3: a key gives its own transaction to its own request, and a new one once that is cancelled.
    static func keysKept(_ state: FinalState) -> [Violation] {
        Dictionary(grouping: state.history.attempts, by: \.request.identity)
            .sorted { $0.key < $1.key }
            .flatMap { _, attempts in
                attempts.count > 1 || attempts[0].answer?.isKeyReused == true
                    ? attempts.compactMap { violation(of: $0, among: attempts) } : []
            }
    }

    /// What is wrong with the answer to one of the requests that have the same key.
    private static func violation(of attempt: History.Attempt, among others: [History.Attempt]) -> Violation? {
        guard let answer = attempt.answer, let answeredAt = attempt.answeredAt else { return nil }
        let told = "'\(attempt.request.key)' was answered \(answer.status)"
        let isAlone = !others.contains { $0.request != attempt.request && $0.sentAt < answeredAt }
        if answer.isKeyReused, isAlone {
            return Violation(3, "\(told) as another's key, and is of one request")
        }
        for other in others {
            guard let earlier = other.answer, let at = other.answeredAt, at < attempt.sentAt, earlier.gid != nil else {
                continue
            }
            if !earlier.isCommitted, earlier.gid == answer.gid {
                let found = "\(told) with \(answer.gid.map { "\($0)" } ?? "") again, which had been cancelled"
                return Violation(3, "\(found): its key was not free")
            }
            if earlier.isCommitted, other.request != attempt.request, !answer.isKeyReused, !answer.saysNothing {
                return Violation(3, "\(told) \(answer.code ?? ""), and its key was another request's")
            }
        }
        return nil
    }
}

extension History.Reply {
    /// Whether it says that the key is another request's.
    fileprivate var isKeyReused: Bool { status == 422 && code ?? "" == "idempotency-key-reused" }

    /// Whether it comes of something that is met before any key is looked up.
    fileprivate var saysNothing: Bool {
        switch status {
        case 401, 429: true
        case 503: gid == nil && ["overloaded", "storage-full", "not-ready"].contains(code)
        default: false
        }
    }
}
