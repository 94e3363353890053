public import ArgumentParser
import Foundation
import TCCHTTP

/// How each executable begins: parses, runs, and turns errors into one clear line and an exit code.
public enum CommandEntry {
    /// An error that knows its exit code: 1 refused, 2 usage, 3 unreachable.
    public protocol Coded: Error {
        /// The exit code.
        var exitCode: Int32 { get }
    }

    private static let usage: Int32 = 2

    /// How to install the shell completions of an executable, for its help.
    ///
    /// - Parameter name: the executable.
    /// - Returns: four lines.
    public static func completionHelp(_ name: String) -> String {
        """
        To complete with the Tab key, in this shell or for good from its start-up file:
          bash: source <(\(name) --generate-completion-script bash)
          zsh:  source <(\(name) --generate-completion-script zsh)
          fish: \(name) --generate-completion-script fish | source
        """
    }

    /// Parses the command line and runs the command.
    ///
    /// - Parameter type: the root command.
    public static func run(_ type: any AsyncParsableCommand.Type) async -> Never {
        // A reader that has seen enough, such as head, must not keep a command from cleaning up.
        signal(SIGPIPE, SIG_IGN)
        StandardStream.keepNumbers()
        do {
            var command = try type.parseAsRoot()
            do {
                if var asynchronous = command as? any AsyncParsableCommand {
                    try await asynchronous.run()
                } else {
                    try command.run()
                }
                finish(0)
            } catch {
                end(type, error, isParsed: true)
            }
        } catch {
            end(type, error, isParsed: false)
        }
    }

    private static func end(_ type: any AsyncParsableCommand.Type, _ error: any Error, isParsed: Bool) -> Never {
        if let code = error as? ExitCode { finish(code.rawValue) }
        if type.exitCode(for: error).isSuccess {
            // What was asked for: the help, the version, a completion script.
            // All of it, however slowly it is read.
            do {
                try StandardStream.write(type.fullMessage(for: error) + "\n")
                finish(0)
            } catch {
                complain(error.description)
                finish(1)
            }
        }
        if !isParsed, let unknown = UnknownCommand(type, Array(CommandLine.arguments.dropFirst())) {
            complain("\(unknown) See '\(unknown.parent) --help'.")
            finish(usage)
        }
        if !isParsed || error is ValidationError || error is RefusedSetting {
            complain(UsageError.line(type, error, Array(CommandLine.arguments.dropFirst())))
            finish(usage)
        }
        complain("\(error)")
        finish((error as? any Coded)?.exitCode ?? 1)
    }

    /// Says what is wrong; whatever of it comes from elsewhere, it is obeyed by no terminal.
    private static func complain(_ text: String) {
        // After what was said before it: the two streams may be one terminal, and each has a thread of its own.
        StreamWriter.standardOutput.flush(within: longestFlush)
        let prefix = TerminalStyle.standardError.paint("error:", .bad)
        StreamWriter.standardError.write("\(prefix) \(TerminalText.printableLines(text))\n")
    }

    /// How long the end of a process waits for who reads what it has said.
    private static let longestFlush = Duration.seconds(1)

    /// Ends the process, when what it said has been read, or soon.
    private static func finish(_ code: Int32) -> Never {
        StreamWriter.standardOutput.flush(within: longestFlush)
        StreamWriter.standardError.flush(within: longestFlush)
        exit(code)
    }
}
