import ArgumentParser
import DraftLibrary
import Hosting
import OnlineLibrary
import OrchestratorCommands
import Pages
import Testing

@Suite("Command line: the help")
struct CommandHelpTests {
    /// A command of one of the executables.
    struct Command: Sendable, CustomTestStringConvertible {
        let root: any ParsableCommand.Type
        let type: any ParsableCommand.Type
        let path: [String]

        var testDescription: String { path.joined(separator: " ") }

        static let all: [Command] = [OrchestratorCommand.self, DraftService.self, OnlineService.self, WebService.self]
            .flatMap { root in below(root, root, [root._commandName]) }

        private static func below(
            _ root: any ParsableCommand.Type,
            _ type: any ParsableCommand.Type,
            _ path: [String]
        ) -> [Command] {
            [Command(root: root, type: type, path: path)]
                + type.configuration.subcommands.flatMap { below(root, $0, path + [$0._commandName]) }
        }

        /// The lines of the discussion after "Example:" that begin with the executable's name.
        var examples: [[String]] {
            let lines = type.configuration.discussion.split(separator: "\n", omittingEmptySubsequences: false)
            guard let start = lines.firstIndex(of: "Example:") else { return [] }
            return lines[(start + 1)...].prefix { $0.hasPrefix("  ") }
                .map { $0.split(separator: " ").map(String.init) }
                .filter { $0.first == path[0] }
        }
    }

    @Test("Every command has an example, which its own parser takes", arguments: Command.all)
    func examples(command: Command) throws {
        #expect(!command.examples.isEmpty)
        for example in command.examples {
            let parsed = try command.root.parseAsRoot(Array(example.dropFirst()))
            let isOwn = type(of: parsed) == command.type
            let isBelow = command.type.configuration.subcommands.contains { $0 == type(of: parsed) }
            #expect(isOwn || isBelow, "\(example)")
        }
    }

    @Test("Every command says what it is for", arguments: Command.all)
    func abstracts(command: Command) {
        let abstract = command.type.configuration.abstract
        #expect(abstract.hasSuffix(".") && abstract.first?.isUppercase == true)
        let help = command.root.helpMessage(for: command.type, columns: 80)
        #expect(help.contains("Example:"))
        // The lines that somebody copies are not broken.
        for line in command.type.configuration.discussion.split(separator: "\n") where line.hasPrefix("  ") {
            #expect(line.count <= 80, "\(line)")
        }
    }

    @Test("Every command with --json says what the JSON looks like", arguments: Command.all)
    func json(command: Command) {
        let hasJSON = command.root.helpMessage(for: command.type, columns: 200).contains("  --json  ")
        #expect(hasJSON == command.type.configuration.discussion.contains("JSON: "))
    }

    @Test("Every option shows its default or that it has none, and a process's its environment variable")
    func defaults() {
        let processes = ["serve", "draft-service", "online-service", "web-service"]
        for command in Command.all where processes.contains(command.path.last ?? "") {
            let help = command.root.helpMessage(for: command.type, columns: 400)
                .replacing(/\n {10,}/, with: " ")
            let options = help.split(separator: "\n").filter { $0.hasPrefix("  --") && !$0.contains("--version") }
            #expect(options.count >= 7)
            for option in options {
                #expect(option.contains("default: "), "\(option)")
                #expect(option.contains("environment: ") || option.contains("--participant"), "\(option)")
            }
        }
    }

    @Test("The root commands say how to install completions", arguments: Command.all.filter { $0.path.count == 1 })
    func completions(command: Command) {
        let help = command.root.helpMessage(for: command.type, columns: 80)
        for shell in ["bash", "zsh", "fish"] {
            #expect(help.contains("\(command.path[0]) --generate-completion-script \(shell)"))
        }
    }

    @Test(
        "A command that is not there is named, and the one that was meant",
        arguments: [
            (["publsh"], "publish"), (["transactions", "wach"], "watch"), (["trans"], "transactions"),
            (["help", "serv"], "serve"), (["xyzzy"], nil), (["transactions", "xyzzy", "--json"], nil),
        ] as [([String], String?)]
    )
    func unknownCommand(arguments: [String], nearest: String?) throws {
        let unknown = try #require(UnknownCommand(OrchestratorCommand.self, arguments))
        #expect(unknown.nearest == nearest)
        #expect(unknown.description.contains("there is no command '\(unknown.parent) \(unknown.name)'"))
        if nearest == nil { #expect(unknown.description.contains("the commands are ")) }
    }

    @Test(
        "What is no unknown command is not called one",
        arguments: [[], ["publish"], ["--json"], ["publish", "nonsense"], ["transactions"], ["help", "posts"]]
    )
    func knownCommand(arguments: [String]) {
        #expect(UnknownCommand(OrchestratorCommand.self, arguments) == nil)
        #expect(UnknownCommand(DraftService.self, arguments) == nil)
    }
}
