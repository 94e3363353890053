import ArgumentParser
import Foundation
import Hosting
import Pages
import Posts
import Publishing
import TCCCoordinator
import TCCHTTP

/// `orchestrator serve`: runs the coordinator.
struct Serve: AsyncParsableCommand, SettingsChecked {
    static let configuration = CommandConfiguration(
        abstract: "Run the orchestrator, and the pages for readers and authors.",
        discussion: """
            Coordinates the draft service, the online service and whatever other participants are named, and finishes \
            what a crash interrupted. SIGTERM or Ctrl-C stops it; it may be killed at any time. Seconds may have \
            decimals.

            Its address, opened in a browser, is the library that readers read, and /write the desk that authors \
            write at.

            Example:
              orchestrator serve
              orchestrator serve --port 8080 --participant quota=http://127.0.0.1:8083
            """
    )

    @OptionGroup(title: "Process")
    var host: HostOptions

    @OptionGroup(title: "Participants")
    var participants: ParticipantOptions

    @OptionGroup(title: "Pages")
    var pages: PageOptions

    @OptionGroup(title: "Times and limits")
    var times: TimeOptions

    /// Refuses settings that cannot be, whether they come from a flag or from the environment.
    mutating func validate() throws { try checkSettings(ProcessInfo.processInfo.environment) }

    /// Finds out whether it could run with its settings.
    func checkSettings(_ environment: [String: String]) throws { _ = try settings(environment) }

    /// Runs until a signal stops it.
    mutating func run() async throws {
        let (process, settings, pageSettings) = try settings(ProcessInfo.processInfo.environment)
        try await Host.run(process) { context in
            var hosted = try await OrchestratorProcess.build(context, settings)
            hosted.front = Self.pages(context, settings, pageSettings).responder(before:)
            return hosted
        }
    }

    private static func pages(
        _ context: HostContext,
        _ settings: OrchestratorProcess.Settings,
        _ pageSettings: PageSettings
    ) -> Pages {
        let times = settings.coordinator
        return Pages(
            settings: pageSettings,
            authority: context.authority,
            client: context.client,
            draftURL: settings.draftURL,
            onlineURL: settings.participants.first { $0.name == PostBranch.online }?.url ?? "",
            ownURL: { [address = context.ownAddress] in address.url },
            callTimeout: settings.callTimeout,
            // Reading the draft, trying, and waiting for the acknowledgements; and some time on the way.
            transactionTimeout: times.tryTimeout * 2 + times.answerTimeout + settings.callTimeout * 2,
            world: context.world
        )
    }

    private func settings(
        _ environment: [String: String]
    ) throws -> (HostSettings, OrchestratorProcess.Settings, PageSettings) {
        let variables = Variables(environment)
        let process = try host.resolve(process: "orchestrator", port: 8080, environment: environment)
        let (draftURL, participants) = try participants.resolve(variables)
        var (callTimeout, coordinator) = try times.resolve(variables)
        coordinator.retention = process.retention
        let settings = OrchestratorProcess.Settings(
            participants: participants,
            draftURL: draftURL,
            callTimeout: callTimeout,
            coordinator: coordinator
        )
        return (process, settings, try pages.resolve(variables))
    }
}
