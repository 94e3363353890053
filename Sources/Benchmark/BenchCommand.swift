package import ArgumentParser
import Hosting

/// `bench`: measures what the three processes do on this machine.
package struct BenchCommand: AsyncParsableCommand {
    /// How it is called and what its help says.
    package static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure how fast publishing is on this machine, and how fast it could be.",
        discussion: """
            Starts processes of its own in a temporary folder (set TMPDIR to choose the disk), drives them over HTTP and \
            leaves nothing behind. Everything is durable. Use a release build on a machine that has nothing else to do: \
            rounds in which others took much of it are marked.

            Exit codes: 0 measured, 1 something failed, 2 wrong usage.

            Example:
              bench publish --concurrency 1,16,64,256 --html bench.html
              bench floor

            \(CommandEntry.completionHelp("bench"))
            """,
        version: "0.1.0",
        subcommands: [
            PublishCommand.self, ReadCommand.self, RecoveryCommand.self, GrowthCommand.self, OverloadCommand.self,
            FilesCommand.self, FloorCommand.self, FloorServerCommand.self,
        ]
    )

    /// Made by the parser.
    package init() {}

    /// Runs what the process's command line says, and ends the process.
    package static func runAsProcess() async -> Never {
        await CommandEntry.run(Self.self)
    }
}
