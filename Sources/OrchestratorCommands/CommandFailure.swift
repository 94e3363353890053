import Hosting
package import TCC

/// Why a command ends without having done what it was asked to: one sentence for people, and an exit code.
package struct CommandFailure: Error, Hashable, CustomStringConvertible {
    /// What its exit code says.
    package var status: ExitStatus
    /// What went wrong and what to do next.
    package var description: String

    /// Makes a failure.
    ///
    /// - Parameters:
    ///   - status: what its exit code says.
    ///   - description: what went wrong and what to do next.
    package init(_ status: ExitStatus, _ description: String) {
        self.status = status
        self.description = description
    }

    /// A service answered, and the answer is no.
    ///
    /// - Parameter problem: its answer.
    /// - Returns: a failure that says what to do next, as far as the command line knows more of it than the service.
    package static func refused(_ problem: Problem) -> CommandFailure {
        CommandFailure(.refused, TerminalText.printable("\(problem.code): \(problem.detailWithAdvice)"))
    }
}

extension Problem {
    /// What went wrong, and what to do next at a command line.
    package var detailWithAdvice: String {
        let end = detail.hasSuffix(".") ? "" : "."
        return advice.map { "\(detail)\(end) \($0)" } ?? detail
    }

    private var advice: String? {
        switch code {
        case "invalid-token", "token-required":
            "The service has another secret than this command: pass the service's with --secret-file PATH."
        case "stale-revision", "revision-conflict": "Somebody else changes this post; look at it, and publish again."
        case "wrong-role": "Is this service of the version of this command?"
        case Self.inProgressCode: "See it with 'orchestrator transactions list --limit 5'."
        case "participant-unavailable": "Are the draft service and the online service running?"
        case Self.rejectedCode: "Do the --draft-url and --online-url of 'orchestrator serve' name the right services?"
        case "not-published": "There is nothing to withdraw."
        case "post-is-live": "'orchestrator withdraw ID' does that."
        case "invalid-field" where extensions["field"]?.string == "cursor":
            "Take the cursor from the end of the list before, as it is."
        default: nil
        }
    }
}

extension CommandFailure: CommandEntry.Coded {
    /// The exit code.
    package var exitCode: Int32 { status.rawValue }
}
