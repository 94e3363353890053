public import ArgumentParser
public import Hosting
import TCCParticipant

/// The command that runs the online service.
public struct OnlineService: AsyncParsableCommand {
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
    public mutating func validate() throws { _ = (try settings(), try coordinator.resolve()) }

    /// Runs until a signal stops it.
    public func run() async throws {
        let (settings, coordinatorURL) = (try settings(), try coordinator.resolve())
        try await Host.run(settings) { try Self.build($0, coordinatorURL: coordinatorURL) }
    }

    private func settings() throws -> HostSettings { try host.resolve(process: "online-service", port: 8082) }

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
