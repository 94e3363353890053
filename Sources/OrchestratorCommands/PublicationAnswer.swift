package import TCC

/// What the answer to a file's publish means for that file.
package enum PublicationAnswer: Hashable, Sendable {
    /// It is published; accepted means that not every library has it yet.
    case published(TransactionRecord, accepted: Bool)
    /// Another transaction holds the post: look at it again once that may have ended.
    case wait(Problem, after: Duration?)
    /// The post is not what it was thought to be: look at it again, by its id if the answer named it.
    case lookAgain(Problem, post: UUIDv7?)
    /// It is not published. If the service is to blame, the next file would fare no better.
    case refused(Problem, byOutage: Bool)

    /// Reads an answer.
    ///
    /// - Parameter answer: the last answer that there was.
    package init(_ answer: ServiceAnswer) {
        let problem = answer.problem
        switch answer.conclusion {
        case .done:
            if let record = answer.decode(TransactionRecord.self) {
                self = .published(record, accepted: answer.status == 202)
            } else {
                self = .refused(
                    Problem(answer.status, "unreadable-answer", "The orchestrator's answer cannot be read."),
                    byOutage: true
                )
            }
        case .inProgress: self = .wait(problem, after: answer.retryAfter)
        case .later: self = .refused(problem, byOutage: answer.status == 503)
        case .unknown: self = .refused(problem, byOutage: true)
        case .refused:
            switch problem.code {
            case "source-exists", "revision-conflict", "stale-revision":
                self = .lookAgain(problem, post: problem.extensions["id"]?.string.flatMap { UUIDv7($0) })
            default: self = .refused(problem, byOutage: false)
            }
        }
    }
}
