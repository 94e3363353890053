import ArgumentParser
import Hosting
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

    @OptionGroup
    var libraries: LibraryOptions

    /// The services.
    ///
    /// - Parameter variables: the environment.
    /// - Returns: each from the flag, else the environment, else the default.
    /// - Throws: a usage error.
    func resolve(_ variables: Variables) throws -> PageServices {
        let (draft, online) = try libraries.resolve(variables)
        return PageServices(
            draftURL: draft.description,
            onlineURL: online.description,
            coordinatorURL: try variables.url(coordinatorURL, "COORDINATOR_URL", default: "http://127.0.0.1:8080")
                .description
        )
    }
}
