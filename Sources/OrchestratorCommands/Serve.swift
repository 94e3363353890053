import ArgumentParser
import Foundation
import Hosting
import Publishing
import TCCCoordinator

/// `orchestrator serve`: runs the coordinator.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the orchestrator.",
        discussion: """
            Coordinates the draft service, the online service and whatever other participants are named, and finishes \
            what a crash interrupted. SIGTERM or Ctrl-C stops it; it may be killed at any time. Seconds may have \
            decimals.

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

    /// Refuses settings that cannot be, whether they come from a flag or from the environment.
    mutating func validate() throws { _ = try settings() }

    /// Runs until a signal stops it.
    mutating func run() async throws {
        let (process, settings) = try settings()
        try await Host.run(process) { try await OrchestratorProcess.build($0, settings) }
    }

    private func settings() throws -> (HostSettings, OrchestratorProcess.Settings) {
        let variables = Variables(ProcessInfo.processInfo.environment)
        let process = try host.resolve(process: "orchestrator", port: 8080)
        let (draftURL, participants) = try participants.resolve(variables)
        var (callTimeout, coordinator) = try times.resolve(variables)
        coordinator.retention = process.retention
        let settings = OrchestratorProcess.Settings(
            participants: participants,
            draftURL: draftURL,
            callTimeout: callTimeout,
            coordinator: coordinator
        )
        return (process, settings)
    }
}
