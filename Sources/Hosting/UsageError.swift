package import ArgumentParser

/// A command line that cannot be run, or a setting that cannot be, told of in one line.
package enum UsageError {
    /// What is wrong, and where to read more.
    ///
    /// - Parameters:
    ///   - root: the root command.
    ///   - error: what parsing or validating it threw.
    ///   - arguments: the command line, without the executable.
    /// - Returns: one line.
    package static func line(
        _ root: any ParsableCommand.Type,
        _ error: any Error,
        _ arguments: [String]
    ) -> String {
        let message = root.message(for: error)
        // The argument parser adds what the option is for, below the message and above the usage.
        let below = root.fullMessage(for: error).dropFirst("Error: \(message)\n".count)
        let help = below.prefix { $0 != "\n" }
        let label = "Help:  "
        let what = help.hasPrefix(label) ? " (\(help.dropFirst(label.count)))" : ""
        var sentence = TerminalText.printable(message + what)
        while let last = sentence.last, last == "." || last == " " { sentence.removeLast() }
        return "\(sentence); see '\(path(root, arguments)) --help'."
    }

    /// The command that was meant, such as `orchestrator transactions`.
    private static func path(_ root: any ParsableCommand.Type, _ arguments: [String]) -> String {
        var command = root
        var path = [root._commandName]
        for argument in arguments {
            let next = command.configuration.subcommands.first {
                $0._commandName == argument || $0.configuration.aliases.contains(argument)
            }
            guard let next else { break }
            command = next
            path.append(next._commandName)
        }
        return path.joined(separator: " ")
    }
}
