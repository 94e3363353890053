package import ArgumentParser
package import TCCHTTP

/// Where the two libraries are: the drafts, and what is online.
package struct LibraryOptions: ParsableArguments {
    @Option(
        name: .customLong("draft-url"),
        help: ArgumentHelp(
            "The draft service (environment: DRAFT_URL; default: http://127.0.0.1:8081).",
            valueName: "url"
        )
    )
    package var draftURL: String?

    @Option(
        name: .customLong("online-url"),
        help: ArgumentHelp(
            "The online service (environment: ONLINE_URL; default: http://127.0.0.1:8082).",
            valueName: "url"
        )
    )
    package var onlineURL: String?

    /// Made by the argument parser.
    package init() {}

    /// Where they are.
    ///
    /// - Parameter variables: the environment.
    /// - Returns: each from the flag, else the environment, else the default.
    /// - Throws: a usage error.
    package func resolve(_ variables: Variables) throws -> (draft: BaseURL, online: BaseURL) {
        (
            try variables.url(draftURL, "DRAFT_URL", default: "http://127.0.0.1:8081"),
            try variables.url(onlineURL, "ONLINE_URL", default: "http://127.0.0.1:8082")
        )
    }
}
