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
            let text = type.fullMessage(for: error) + "\n"
            (isAskedFor ? FileHandle.standardOutput : .standardError).write(Data(text.utf8))
            exit(isAskedFor ? 0 : usage)
        }
        FileHandle.standardError.write(Data("error: \(error)\n".utf8))
        exit((error as? any Coded)?.exitCode ?? 1)
    }
}
