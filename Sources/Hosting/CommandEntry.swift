public import ArgumentParser
import Foundation

/// How each executable begins: parses, runs, and turns errors into one clear line and an exit code.
public enum CommandEntry {
    /// An error that knows its exit code: 1 refused, 2 usage, 3 unreachable.
    public protocol Coded: Error {
        /// The exit code.
        var exitCode: Int32 { get }
    }

    private static let usage: Int32 = 2

    /// Parses the command line and runs the command.
    ///
    /// - Parameter type: the root command.
    public static func run(_ type: any AsyncParsableCommand.Type) async -> Never {
        do {
            var command = try type.parseAsRoot()
            do {
                if var asynchronous = command as? any AsyncParsableCommand {
                    try await asynchronous.run()
                } else {
                    try command.run()
                }
                exit(0)
            } catch {
                end(type, error, isParsed: true)
            }
        } catch {
            end(type, error, isParsed: false)
        }
    }

    private static func end(_ type: any AsyncParsableCommand.Type, _ error: any Error, isParsed: Bool) -> Never {
        if let code = error as? ExitCode { exit(code.rawValue) }
        let isAskedFor = type.exitCode(for: error).isSuccess
        if !isParsed || error is ValidationError || isAskedFor {
            var text = type.fullMessage(for: error)
            if text.hasPrefix("Error:") { text = "error:" + text.dropFirst("Error:".count) }
            say(text, on: isAskedFor ? .standardOutput : .standardError)
            exit(isAskedFor ? 0 : usage)
        }
        say("error: \(error)", on: .standardError)
        exit((error as? any Coded)?.exitCode ?? 1)
    }

    /// Writes a line, if there is still somebody to read it.
    static func say(_ line: String, on file: FileHandle) {
        try? file.write(contentsOf: Data((line + "\n").utf8))  // `try?`: nothing is left to tell whom
    }
}
