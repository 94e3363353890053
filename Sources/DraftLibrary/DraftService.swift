public import ArgumentParser
import Foundation
public import Hosting
import TCCParticipant

/// The command that runs the draft service.
public struct DraftService: AsyncParsableCommand, SettingsChecked {
    /// Its name and help.
    public static let configuration = CommandConfiguration(
        commandName: "draft-service",
        abstract: "Run the draft service: the production library, where authors keep their drafts.",
        discussion: """
            It takes part in publishing as the participant 'draft', and asks its coordinator what became of a \
            reservation whose deadline has passed. SIGTERM or Ctrl-C stops it; it may be killed at any time.

            Exit codes: 0 stopped, 1 it cannot run, 2 wrong usage. Flags beat the environment, and that beats the \
            defaults.

            Example:
              draft-service --port 8081 --coordinator-url http://127.0.0.1:8080

            \(CommandEntry.completionHelp("draft-service"))
            """
    )

    @OptionGroup(title: "Process")
    var host: HostOptions

    @OptionGroup(title: "Coordinator")
    var coordinator: CoordinatorOptions

    /// Made by the argument parser.
    public init() {}

    /// Refuses settings that cannot be, whether they come from a flag or from the environment.
    public mutating func validate() throws { try checkSettings(ProcessInfo.processInfo.environment) }

    /// Finds out whether it could run with its settings.
    package func checkSettings(_ environment: [String: String]) throws {
        _ = (try settings(environment), try coordinator.resolve(environment: environment))
    }

    /// Runs until a signal stops it.
    public func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let (settings, coordinatorURL) = (try settings(environment), try coordinator.resolve(environment: environment))
        try await Host.run(settings) { try Self.build($0, coordinatorURL: coordinatorURL) }
    }

    private func settings(_ environment: [String: String]) throws -> HostSettings {
        try host.resolve(process: "draft-service", port: 8081, environment: environment)
    }

    /// Makes the process's parts.
    ///
    /// - Parameters:
    ///   - context: what it is built from.
    ///   - coordinatorURL: whom it asks for outcomes.
    /// - Returns: the participant `draft`, with the authors' routes to their drafts.
    /// - Throws: a failure that a person can read.
    public static func build(_ context: HostContext, coordinatorURL: String) throws -> HostedProcess {
        try .participant(
            context,
            database: "drafts.sqlite",
            coordinatorURL: coordinatorURL,
            resource: DraftResource(),
            migrate: DraftStore.registerMigrations(in:),
            addRoutes: { api, store in
                DraftRoutes(store: store, world: context.world, failpoints: context.failpoints).add(to: &api)
            }
        )
    }
}
