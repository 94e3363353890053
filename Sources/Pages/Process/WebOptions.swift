import ArgumentParser
import TCCHTTP

/// Where the web service gathers from.
struct WebOptions: ParsableArguments {
    @Option(
        name: .customLong("coordinator-url"),
        help: ArgumentHelp(
            "The orchestrator (environment: COORDINATOR_URL; default: http://127.0.0.1:8080).",
            valueName: "url"
        )
    )
    var coordinatorURL: String?

    @Option(
        name: .customLong("draft-url"),
        help: ArgumentHelp(
            "The draft service (environment: DRAFT_URL; default: http://127.0.0.1:8081).",
            valueName: "url"
        )
    )
    var draftURL: String?

    @Option(
        name: .customLong("online-url"),
        help: ArgumentHelp(
            "The online service (environment: ONLINE_URL; default: http://127.0.0.1:8082).",
            valueName: "url"
        )
    )
    var onlineURL: String?

    /// The services.
    ///
    /// - Parameter variables: the environment.
    /// - Returns: each from the flag, else the environment, else the default.
    /// - Throws: a usage error.
    func resolve(_ variables: Variables) throws -> PageServices {
        PageServices(
            draftURL: try variables.url(draftURL, "DRAFT_URL", default: "http://127.0.0.1:8081").description,
            onlineURL: try variables.url(onlineURL, "ONLINE_URL", default: "http://127.0.0.1:8082").description,
            coordinatorURL: try variables.url(coordinatorURL, "COORDINATOR_URL", default: "http://127.0.0.1:8080")
                .description
        )
    }
}
