public import ArgumentParser
public import Foundation

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
        let text = try Variables(environment)
            .resolve(coordinatorURL, "COORDINATOR_URL", default: "http://127.0.0.1:8080")
        return try ServiceURL.parse(text, flag: "--coordinator-url (or COORDINATOR_URL)")
    }
}

/// The base URL of another process.
public enum ServiceURL {
    /// Checks a URL.
    ///
    /// - Parameters:
    ///   - text: the URL.
    ///   - flag: where it was given, for the error.
    /// - Returns: the URL without a trailing slash.
    /// - Throws: a usage error.
    public static func parse(_ text: String, flag: String) throws -> String {
        guard let url = URLComponents(string: text), url.scheme == "http" || url.scheme == "https",
            url.host?.isEmpty == false, url.query == nil, url.fragment == nil
        else { throw ValidationError("\(flag) must be a URL such as http://127.0.0.1:8080, not '\(text)'.") }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }
}
