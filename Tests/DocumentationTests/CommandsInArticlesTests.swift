import ArgumentParser
import DraftLibrary
import Foundation
import OnlineLibrary
import OrchestratorCommands
import Pages
import Testing

/// Commands that the articles show: each subcommand and flag has to be there.
@Suite("Commands in the documentation")
struct CommandsInArticlesTests {
    private static let roots: [String: any ParsableCommand.Type] = [
        "orchestrator": OrchestratorCommand.self, "draft-service": DraftService.self,
        "online-service": OnlineService.self, "web-service": WebService.self,
    ]

    @Test(arguments: Article.all)
    func everySubcommandAndFlagExists(_ article: Article) {
        for block in article.blocks where block.language == "sh" {
            for call in Self.calls(in: block.text) { #expect(Self.problems(with: call) == [], "\(call)") }
        }
    }

    /// The check has teeth.
    @Test func whatIsNotThereIsFound() {
        let script = """
            TCC_FAILPOINTS='x=crash' orchestrator serve --port 1 \\
              --no-such-flag & echo $(orchestrator tokens --role author)
            cat orchestrator
            """
        let calls = Self.calls(in: script)
        #expect(
            calls == [
                ["orchestrator", "serve", "--port", "1", "--no-such-flag"],
                ["orchestrator", "tokens", "--role", "author"],
            ]
        )
        #expect(calls.map(Self.problems) == [["no flag --no-such-flag"], ["no subcommand tokens"]])
    }

    /// What a call names that is not there.
    private static func problems(with call: [String]) -> [String] {
        guard let root = roots[call[0]] else { return [] }
        var command = root
        var words = call.dropFirst()
        while let word = words.first, !word.hasPrefix("-"), !command.configuration.subcommands.isEmpty {
            guard let next = command.configuration.subcommands.first(where: { name(of: $0) == word }) else {
                return ["no subcommand \(word)"]
            }
            command = next
            words = words.dropFirst()
        }
        let help = root.helpMessage(for: command).split { !($0.isLetter || $0.isNumber || $0 == "-") }
        let flags = words.filter { $0.hasPrefix("-") }.map { $0.prefix { $0 != "=" } }
        return flags.filter { !help.contains($0) }.map { "no flag \($0)" }
    }

    private static func name(of command: any ParsableCommand.Type) -> String {
        command.configuration.commandName ?? "\(command)".lowercased()
    }

    /// The calls of this project's executables in a script: from the executable's name to whatever ends a command.
    private static func calls(in script: String) -> [[String]] {
        let joined = script.replacing("\\\n", with: " ")
        let ends = CharacterSet(charactersIn: "\n;|&()\"'<>#")
        return joined.components(separatedBy: ends)
            .compactMap { part in
                let words = part.split(separator: " ").map(String.init)
                guard let start = words.firstIndex(where: { roots[($0 as NSString).lastPathComponent] != nil }) else {
                    return nil
                }
                // An argument is no call: only assignments may stand before a command.
                guard words[..<start].allSatisfy({ $0.contains("=") }) else { return nil }
                return [(words[start] as NSString).lastPathComponent] + words[(start + 1)...]
            }
    }
}
