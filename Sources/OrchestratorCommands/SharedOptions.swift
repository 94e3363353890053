import ArgumentParser
import Foundation
import Hosting
import TCCHTTP

/// The options that the commands share which talk to the services.
struct SharedOptions: ParsableArguments {
    @OptionGroup(title: "Where the services are")
    var places: PlaceOptions

    @OptionGroup(title: "Where the services are")
    var secret: SecretOptions

    @OptionGroup(title: "Output")
    var output: OutputOptions

    /// Whether to print JSON.
    var json: Bool { output.json }

    /// Refuses addresses that cannot be one.
    mutating func validate() throws { _ = try addresses() }

    /// The flags over the environment over the defaults.
    func addresses() throws -> ServiceAddresses {
        try ServiceAddresses(
            flags: places.flags,
            secretFile: secret.secretFile,
            environment: ProcessInfo.processInfo.environment
        )
    }
}

/// Where the services are.
struct PlaceOptions: ParsableArguments {
    @Option(
        name: .customLong("url"),
        help: ArgumentHelp(
            "The orchestrator (environment: ORCHESTRATOR_URL; default: http://127.0.0.1:8080).",
            valueName: "url"
        )
    )
    var orchestratorURL: String?

    @OptionGroup
    var libraries: LibraryOptions

    /// What the command line says.
    var flags: [ServiceName: String] {
        var flags: [ServiceName: String] = [:]
        flags[.orchestrator] = orchestratorURL
        flags[.draft] = libraries.draftURL
        flags[.online] = libraries.onlineURL
        return flags
    }
}

/// What tokens are signed with.
struct SecretOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The secret that the services share (environment: SECRET_FILE; default: ./data/secret).",
            valueName: "path"
        ),
        completion: .file()
    )
    var secretFile: String?

    /// The flag over the environment over the default.
    func path() throws -> String {
        try Variables(ProcessInfo.processInfo.environment).path(secretFile, "SECRET_FILE", default: "./data/secret")
    }
}

/// How to print.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print JSON in one line, for scripts.")
    var json = false
}
