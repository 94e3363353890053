import Subprocess

#if canImport(System)
import System
#else
import SystemPackage
#endif

extension ChildCommand {
    /// What a command left when it had ended.
    package struct Ended: Hashable, Sendable {
        /// How it ended.
        package var death: Death
        /// What it wrote to standard output.
        package var output: String
        /// What it wrote to standard error.
        package var error: String
    }

    private static let longestOutput = 64 << 20

    /// Runs the command to its end, with nothing to read; it is killed if the task is cancelled.
    ///
    /// Foundation's `Process` is not used: on Linux it reads past the end of a buffer where this process has more than
    /// about 1,350 files open.
    ///
    /// - Returns: how it ended and what it wrote, to 64 MiB for each stream.
    package func runToItsEnd() async -> Ended {
        do {
            let result = try await Subprocess.run(
                executable,
                arguments: Arguments(arguments),
                environment: inherited,
                workingDirectory: folder.map { FilePath($0) },
                input: .none,
                output: .string(limit: Self.longestOutput),
                error: .string(limit: Self.longestOutput)
            )
            return Ended(
                death: Death(result.terminationStatus),
                output: result.standardOutput,
                error: result.standardError
            )
        } catch {
            return Ended(death: .notStarted("\(error)"), output: "", error: "")
        }
    }

    /// The program, as what starts it wants it.
    var executable: Executable { program.contains("/") ? .path(FilePath(program)) : .name(program) }

    /// This process's environment, with the changes.
    var inherited: Environment {
        var changes: [Environment.Key: String?] = [:]
        for (name, value) in environment { changes[Environment.Key(stringLiteral: name)] = value }
        return .inherit.updating(changes)
    }
}

extension Death {
    init(_ status: TerminationStatus) {
        switch status {
        case .exited(let code): self = .exited(code)
        case .signaled(let number): self = .killed(signal: number)
        }
    }
}
