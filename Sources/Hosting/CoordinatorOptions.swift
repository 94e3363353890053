public import ArgumentParser
public import Foundation
import TCCHTTP

/// Where a participant finds its coordinator.
public struct CoordinatorOptions: ParsableArguments {
    @Option(
        name: .customLong("coordinator-url"),
        help: ArgumentHelp(
            """
            The coordinator to ask what became of a transaction (environment: COORDINATOR_URL; default: \
            http://127.0.0.1:8080).
            """,
            valueName: "url"
        )
    )
    var coordinatorURL: String?

    /// Made by the argument parser.
    public init() {}

    /// The URL, without a trailing slash.
    ///
    /// - Parameter environment: the environment's variables.
    /// - Returns: the URL: the flag's, else the environment's, else the default.
    /// - Throws: a usage error.
    public func resolve(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> String {
        try Variables(environment).url(coordinatorURL, "COORDINATOR_URL", default: "http://127.0.0.1:8080").description
    }
}
