import ArgumentParser
import Hosting
import TCC

/// The command `orchestrator pause`.
struct Pause: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        abstract: "Hold up a process of 'orchestrator up' for a while.",
        discussion: """
            The process stands still, as one on a machine that is too busy: it takes connections and answers nothing. \
            After the time 'up' lets it go on; when 'up' stops, at once. Publish meanwhile, and see what waits for what.

            Example:
              orchestrator pause online-service 10s
            """
    )

    @Argument(help: ArgumentHelp("The process, as 'up' calls it, or how its name begins.", valueName: "name"))
    var name: String

    @Argument(help: ArgumentHelp("For how long: 10s, 500ms, 2m; at most 5m.", valueName: "time"))
    var time: Length

    @OptionGroup
    var place: UpPlace

    /// Refuses what 'up' would not take.
    mutating func validate() throws {
        let most = UpOrder.longestPauseMilliseconds
        guard (1...most).contains(time.duration.wholeMilliseconds) else {
            throw ValidationError("the time must be at most \(most / 60_000)m.")
        }
        guard UpOrder(order.line) == order else { throw ValidationError("'\(name)' is no process's name.") }
    }

    private var order: UpOrder { .pause(name, milliseconds: time.duration.wholeMilliseconds) }

    /// Holds it up.
    mutating func run() async throws { try Output.line(try await place.give(order) + ".") }
}
