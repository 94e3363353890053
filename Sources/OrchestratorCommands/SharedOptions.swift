import ArgumentParser
import Foundation

/// The options that the commands share.
struct SharedOptions: ParsableArguments {
    @Option(
        name: .customLong("url"),
        help: ArgumentHelp(
            "Where the orchestrator is (environment: ORCHESTRATOR_URL; default: http://127.0.0.1:8080).",
            valueName: "url"
        )
    )
    var orchestratorURL: String?

    @Option(
        name: .customLong("draft-url"),
        help: ArgumentHelp(
            "Where the draft service is (environment: DRAFT_URL; default: http://127.0.0.1:8081).",
            valueName: "url"
        )
    )
    var draftURL: String?

    @Option(
        name: .customLong("online-url"),
        help: ArgumentHelp(
            "Where the online service is (environment: ONLINE_URL; default: http://127.0.0.1:8082).",
            valueName: "url"
        )
    )
    var onlineURL: String?

    @Option(
        help: ArgumentHelp(
            "The secret that tokens are signed with (environment: SECRET_FILE; default: ./data/secret).",
            valueName: "path"
        )
    )
    var secretFile: String?

    @Flag(help: "Print JSON, for scripts.")
    var json = false

    /// Refuses addresses that cannot be one.
    mutating func validate() throws { _ = try addresses() }

    /// The flags over the environment over the defaults.
    func addresses() throws -> ServiceAddresses {
        var flags: [ServiceName: String] = [:]
        flags[.orchestrator] = orchestratorURL
        flags[.draft] = draftURL
        flags[.online] = onlineURL
        return try ServiceAddresses(
            flags: flags,
            secretFile: secretFile,
            environment: ProcessInfo.processInfo.environment
        )
    }
}
