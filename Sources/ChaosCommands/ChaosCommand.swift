package import ArgumentParser
import Hosting

/// `chaos`: tries to refute what the project promises.
package struct ChaosCommand: AsyncParsableCommand {
    /// How it is called and what its help says.
    package static let configuration = CommandConfiguration(
        commandName: "chaos",
        abstract: "Try to make a publish be lost, doubled or torn.",
        discussion: """
            Exit codes: 0 nothing was found, 1 a violation was found, 2 wrong usage, 3 nothing can be said.

            Example:
              chaos simulate --seeds 1000
              chaos run --duration 60s
              chaos sweep
            """,
        version: "0.1.0",
        subcommands: [Simulate.self, SearchCommand.self, Run.self, SweepFailpoints.self, Verify.self, Report.self]
    )

    /// Made by the parser.
    package init() {}

    /// Runs what the process's command line says, and ends the process.
    package static func runAsProcess() async -> Never {
        await CommandEntry.run(Self.self)
    }
}
