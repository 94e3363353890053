import Foundation
import TCC

extension Cluster {
    /// Where the services and the secret are, for a command's environment.
    var commandEnvironment: [String: String?] {
        [
            "ORCHESTRATOR_URL": url(.orchestrator), "DRAFT_URL": url(.draft), "ONLINE_URL": url(.online),
            "COORDINATOR_URL": url(.orchestrator), "SECRET_FILE": directory.appendingPathComponent("secret").path,
        ]
    }

    /// Runs an `orchestrator` command in a terminal of its own.
    func inTerminal<Result>(
        _ arguments: [String],
        environment: [String: String?] = [:],
        size: PseudoTerminal.Size = .init(),
        outputFile: URL? = nil,
        _ body: (PseudoTerminal) async throws -> Result
    ) async throws -> Result {
        try await withTerminal(
            try BuildFolder.executable("orchestrator"),
            arguments,
            environment: commandEnvironment.merging(environment) { $1 },
            directory: directory,
            size: size,
            outputFile: outputFile,
            body
        )
    }

    /// Runs an `orchestrator` command to its end, with standard output in a file.
    ///
    /// - Returns: its exit code, and what it wrote to standard output and to standard error, which is a terminal that
    ///   shows text only.
    func command(
        _ arguments: [String],
        environment: [String: String?] = [:]
    ) async throws -> (code: Int32?, output: String, error: String) {
        let file = directory.appendingPathComponent("command-\(UInt64.random(in: .min ... .max)).stdout")
        let environment = ["TERM": "dumb"].merging(environment) { $1 }
        return try await inTerminal(arguments, environment: environment, outputFile: file) { terminal in
            let death = try await terminal.waitForExit(within: .seconds(60))
            let output = FileManager.default.contents(atPath: file.path) ?? Data()
            let error = terminal.output.replacing("\r\n", with: "\n")
            return (death.exitCode, String(decoding: output, as: UTF8.self), error)
        }
    }

    /// A Markdown file in the cluster's directory, which is the commands' working directory.
    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: directory.appendingPathComponent(name))
    }
}
