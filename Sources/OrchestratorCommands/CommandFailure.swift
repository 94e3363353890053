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
    package static func refused(_ problem: Problem) -> CommandFailure {
        CommandFailure(.refused, "\(problem.code): \(problem.detail)")
    }
}

extension CommandFailure: CommandEntry.Coded {
    /// The exit code.
    package var exitCode: Int32 { status.rawValue }
}
