import ArgumentParser
import Foundation
import Hosting
import Publishing
import TCCCoordinator
import TCCHTTP

/// `orchestrator serve`: runs the coordinator.
struct Serve: AsyncParsableCommand, SettingsChecked {
    static let configuration = CommandConfiguration(
        abstract: "Run the orchestrator.",
        discussion: """
            Coordinates the draft service, the online service and whatever other participants are named, and finishes \
            what a crash interrupted. SIGTERM or Ctrl-C stops it; it may be killed at any time. Seconds may have \
            decimals.

            It serves an HTTP API only; the pages for readers and authors are the web service's.

            Example:
              orchestrator serve
              orchestrator serve --port 8080 --participant quota=http://127.0.0.1:8083
            """
    )

    @OptionGroup(title: "Process")
    var host: HostOptions

    @OptionGroup(title: "Participants")
    var participants: ParticipantOptions

    @OptionGroup(title: "Times and limits")
    var times: TimeOptions

    @Flag(
        help: ArgumentHelp(
            """
            Give a token of an author of any name to any process of this machine that asks, so that one can sign in to \
            the pages by name, for trials. Needs an address of loopback to listen on (environment: DEVELOPMENT_SIGN_IN, \
            1 for on; default: off).
            """
        )
    )
    var developmentSignIn = false

    /// Refuses settings that cannot be, whether they come from a flag or from the environment.
    mutating func validate() throws { try checkSettings(ProcessInfo.processInfo.environment) }

    /// Finds out whether it could run with its settings.
    func checkSettings(_ environment: [String: String]) throws { _ = try settings(environment) }

    /// Runs until a signal stops it.
    mutating func run() async throws {
        let (process, settings) = try settings(ProcessInfo.processInfo.environment)
        try await Host.run(process) { try await OrchestratorProcess.build($0, settings) }
    }

    private func settings(_ environment: [String: String]) throws -> (HostSettings, OrchestratorProcess.Settings) {
        let variables = Variables(environment)
        let process = try host.resolve(process: "orchestrator", port: 8080, environment: environment)
        let (draftURL, participants) = try participants.resolve(variables)
        var (callTimeout, coordinator) = try times.resolve(variables)
        coordinator.retention = process.retention
        var settings = OrchestratorProcess.Settings(
            participants: participants,
            draftURL: draftURL,
            callTimeout: callTimeout,
            coordinator: coordinator
        )
        settings.givesDevelopmentTokens = try DevelopmentSignIn.resolve(
            developmentSignIn,
            variables,
            host: process.host
        )
        return (process, settings)
    }
}
