package import TCC

/// Why a command ends without having done what it was asked to: one sentence for people, and an exit code.
package struct CommandFailure: Error, Hashable {
    /// The exit code.
    package var status: ExitStatus
    /// What went wrong and what to do next.
    package var message: String

    /// Makes a failure.
    ///
    /// - Parameters:
    ///   - status: the exit code.
    ///   - message: what went wrong and what to do next.
    package init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    /// A service answered, and the answer is no.
    ///
    /// - Parameter problem: its answer.
    package static func refused(_ problem: Problem) -> CommandFailure {
        CommandFailure(.refused, "\(problem.code): \(problem.detail)")
    }
}

/// A service gave no answer; what it was asked may have been done.
package struct Unreachable: Error, Hashable {
    /// The service.
    package var service: ServiceName
    /// Where it was looked for.
    package var url: String

    /// Makes the error.
    ///
    /// - Parameters:
    ///   - service: the service.
    ///   - url: where it was looked for.
    package init(service: ServiceName, url: String) {
        self.service = service
        self.url = url
    }

    /// What people are told.
    package var message: String {
        "cannot reach \(service.title) at \(url); is it running? "
            + "Start it with '\(service.startCommand)', or say where it is with \(service.flag) URL."
    }
}
