import Hosting

/// A service gave no answer; what it was asked may have been done.
package struct Unreachable: Error, Hashable, CustomStringConvertible {
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

    /// What went wrong and what to do next.
    package var description: String {
        "cannot reach \(service.title) at \(url); is it running? "
            + "Start it with '\(service.startCommand)', or say where it is with \(service.flag) URL."
    }
}

extension Unreachable: CommandEntry.Coded {
    /// The exit code.
    package var exitCode: Int32 { ExitStatus.unreachable.rawValue }
}
