public import ArgumentParser
import Foundation
public import Hosting
import TCCParticipant

/// The command that runs the online service.
public struct OnlineService: AsyncParsableCommand, SettingsChecked {
    /// Its name and help.
    public static let configuration = CommandConfiguration(
        commandName: "online-service",
        abstract: "Run the online service: the live library, where readers read.",
        discussion: """
            It takes part in publishing as the participant 'online', and asks its coordinator what became of a \
            reservation whose deadline has passed. SIGTERM or Ctrl-C stops it; it may be killed at any time.

            Exit codes: 0 stopped, 1 it cannot run, 2 wrong usage. Flags beat the environment, and that beats the \
            defaults.

            Example:
              online-service --port 8082 --coordinator-url http://127.0.0.1:8080

            \(CommandEntry.completionHelp("online-service"))
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
        try host.resolve(process: "online-service", port: 8082, environment: environment)
    }

    /// Makes the process's parts.
    ///
    /// - Parameters:
    ///   - context: what it is built from.
    ///   - coordinatorURL: whom it asks for outcomes.
    /// - Returns: the participant `online`, with the readers' routes.
    /// - Throws: a failure that a person can read.
    public static func build(_ context: HostContext, coordinatorURL: String) throws -> HostedProcess {
        let resource = OnlineResource()
        return try .participant(
            context,
            database: "online.sqlite",
            coordinatorURL: coordinatorURL,
            resource: resource,
            migrate: OnlineStore.registerMigrations(in:),
            addRoutes: { api, store in OnlineRoutes(store: store, cache: resource.cache).add(to: &api) }
        )
    }
}
