import Hosting
import TCC

/// A service gave no answer, or another one answered in its place.
package struct Unreachable: Error, Hashable, CustomStringConvertible {
    /// What was met.
    package enum Cause: Hashable, Sendable {
        /// There was no answer; what was asked for may have been done.
        case noAnswer
        /// There was none for so long, though other services answered.
        case stillNoAnswer(after: Duration)
        /// What answers is not this service.
        case anotherService
    }

    /// The service.
    package var service: ServiceName
    /// Where it was looked for.
    package var url: String
    /// What was met.
    package var cause: Cause

    /// Makes the error.
    ///
    /// - Parameters:
    ///   - service: the service.
    ///   - url: where it was looked for.
    ///   - cause: what was met.
    package init(service: ServiceName, url: String, cause: Cause = .noAnswer) {
        self.service = service
        self.url = url
        self.cause = cause
    }

    /// What went wrong and what to do next.
    package var description: String {
        let place = "\(service.flag) URL (or \(service.variable))"
        return switch cause {
        case .noAnswer:
            "cannot reach \(service.title) at \(url); is it running? "
                + "Start it with '\(service.startCommand)', or say where it is with \(place)."
        case .stillNoAnswer(let time):
            "\(service.title) at \(url) has not answered for \(time.wholeMilliseconds / 1000) s, though others do. "
                + "'orchestrator up' brings back what dies; if it does not run, start it with '\(service.startCommand)', "
                + "or say where it is with \(place)."
        case .anotherService:
            "what answers at \(url) is not \(service.title); say where that is with \(place)."
        }
    }
}

extension Unreachable: CommandEntry.Coded {
    /// The exit code.
    package var exitCode: Int32 { ExitStatus.unreachable.rawValue }
}
