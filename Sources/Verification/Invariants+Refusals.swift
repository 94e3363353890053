import TCC

extension Invariants {
    /// 1: a refusal names what was begun, and where it names nothing, nothing was begun.
    static func refusalsKept(_ state: FinalState) -> [Violation] {
        let committed = state.committedByKey
        let attempts = Dictionary(grouping: state.history.attempts, by: \.request.identity)
        return state.history.attempts.compactMap { attempt in
            guard let answer = attempt.answer, !answer.isCommitted, answer.gid == nil else { return nil }
            let (request, identity) = (attempt.request, attempt.request.identity)
            let told = "'\(request.key)' was answered \(answer.status) \(answer.code ?? "without a code")"
            if comesOfBegun(answer, request) { return Violation(1, "\(told) and without the gid of what was begun") }
            guard let entry = committed[identity] else { return nil }
            let others = attempts[identity] ?? []
            // What one copy of a request was told says nothing of another copy, unless each would be told the same.
            let isOnly = others.count == 1 && !state.history.doubled.contains(identity)
            guard isOnly || isFinal(answer) && others.allSatisfy({ $0.request == request }) else { return nil }
            return Violation(1, "\(told), so nothing was begun, and \(entry.gid) is committed")
        }
    }

    /// Whether an answer can only be about a transaction that was begun, which it has to name then.
    private static func comesOfBegun(_ answer: History.Reply, _ request: Request) -> Bool {
        switch answer.status {
        // What a participant refused, or did not understand. Reading a draft is refused with neither.
        case 409, 502: return true
        // Only of a draft that the orchestrator could not read can it say so before it begins.
        case 404: return !request.needsDraft
        case 503 where answer.code == "participant-unavailable": return !request.needsDraft
        // Of these the journal has the reason, so it has the transaction, too. Not `deadline-passed`, which is also what
        // comes too late to begin.
        case 503: return ["coordinator-restarted", "presumed-abort", "cancelled"].contains(answer.code)
        default: return false
        }
    }

    /// Whether each copy of a request is answered the same, whenever it comes.
    private static func isFinal(_ answer: History.Reply) -> Bool {
        switch answer.status {
        case 400, 403, 405, 413: true
        case 422: answer.code != "idempotency-key-reused"
        default: false
        }
    }
}
