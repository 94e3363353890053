package import ArgumentParser
import Hosting

/// `orchestrator`: the server, and what people do with it.
package struct OrchestratorCommand: AsyncParsableCommand {
    /// How it is called and what its help says.
    package static let configuration = CommandConfiguration(
        commandName: "orchestrator",
        abstract: "Publish posts to two services, in both or in neither.",
        discussion: """
            Exit codes: 0 done, 1 refused, 2 wrong usage, 3 a service does not answer. Flags beat the environment, and \
            that beats the defaults. Colours are for terminals; NO_COLOR=1 turns them off.

            Example:
              orchestrator demo

            \(CommandEntry.completionHelp("orchestrator"))
            """,
        version: "0.1.0",
        subcommands: [
            Demo.self, Up.self, Pause.self, Kill.self, Serve.self, Publish.self, Withdraw.self, Delete.self,
            ShowPost.self, ListPosts.self, Transactions.self, IssueToken.self, ListFailpoints.self,
        ]
    )

    /// Made by the parser.
    package init() {}

    /// Runs what the process's command line says, and ends the process.
    package static func runAsProcess() async -> Never {
        await CommandEntry.run(Self.self)
    }
}
