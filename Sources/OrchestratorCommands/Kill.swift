import ArgumentParser

/// The command `orchestrator kill`.
struct Kill: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        abstract: "Kill a process of 'orchestrator up', as a loss of power would.",
        discussion: """
            It has no time to do anything (SIGKILL). 'up' starts it again: at once, and later if it is killed again and \
            again. Publish meanwhile, and see what becomes of it.

            Example:
              orchestrator kill online-service
            """
    )

    @Argument(help: ArgumentHelp("The process, as 'up' calls it, or how its name begins.", valueName: "name"))
    var name: String

    @OptionGroup
    var place: UpPlace

    /// Refuses what is no name.
    mutating func validate() throws {
        guard UpOrder(order.line) == order else { throw ValidationError("'\(name)' is no process's name.") }
    }

    private var order: UpOrder { .kill(name) }

    /// Kills it.
    mutating func run() async throws { try Output.line(try await place.give(order) + ".") }
}
