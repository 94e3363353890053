public import ArgumentParser
import Foundation
public import Hosting
import Logging
import TCCHTTP

/// The command that runs the web service.
public struct WebService: AsyncParsableCommand, SettingsChecked {
    /// Its name and help.
    public static let configuration = CommandConfiguration(
        commandName: "web-service",
        abstract: "Run the web service: the pages for readers and authors.",
        discussion: """
            It gathers what it shows from the draft service, the online service and the orchestrator, with its visitors' \
            own tokens. It holds nothing, no data and no secret: it may run many times, and be killed at any time. \
            SIGTERM or Ctrl-C stops it.

            Its address, opened in a browser, is the library that readers read, and /write the desk that authors write at.

            Exit codes: 0 stopped, 1 it cannot run, 2 wrong usage. Flags beat the environment, and that beats the \
            defaults.

            Example:
              web-service --port 8000 --coordinator-url http://127.0.0.1:8080

            \(CommandEntry.completionHelp("web-service"))
            """
    )

    @OptionGroup(title: "Process")
    var host: ListenOptions

    @OptionGroup(title: "Services")
    var services: WebOptions

    @OptionGroup(title: "Pages")
    var pages: PageServingOptions

    /// Made by the argument parser.
    public init() {}

    /// Refuses settings that cannot be, whether they come from a flag or from the environment.
    public mutating func validate() throws { try checkSettings(ProcessInfo.processInfo.environment) }

    /// Finds out whether it could run with its settings.
    package func checkSettings(_ environment: [String: String]) throws { _ = try settings(environment) }

    /// Runs until a signal stops it.
    public func run() async throws {
        let (process, pages, services) = try settings(ProcessInfo.processInfo.environment)
        try await Host.run(process) { Self.build($0, pages, services) }
    }

    private func settings(
        _ environment: [String: String]
    ) throws -> (HostSettings, PageSettings, PageServices) {
        let variables = Variables(environment)
        let process = try host.resolve(process: "web-service", port: 8000, environment: environment)
        return (process, try pages.resolve(variables, host: process.host), try services.resolve(variables))
    }

    /// Makes the process's parts.
    ///
    /// - Parameters:
    ///   - context: what it is built from.
    ///   - settings: how the pages are served.
    ///   - services: what they gather from.
    /// - Returns: the pages before an API that only says whether the process lives and serves.
    package static func build(
        _ context: HostContext,
        _ settings: PageSettings,
        _ services: PageServices
    ) -> HostedProcess {
        let work = PageWork(world: context.world)
        let pages = Pages(
            settings: settings,
            services: services,
            client: context.client,
            work: work,
            ownURL: { [address = context.ownAddress] in address.url },
            world: context.world
        )
        let watch = PeerWatch(
            "libraries",
            warning: "Neither library can be reached; there is nothing to show",
            context
        ) {
            try await services.reachALibrary(by: context.client)
        }
        var hosted = HostedProcess(
            api: API(authority: context.authority, readiness: context.readiness),
            services: [work, watch],
            close: {}
        )
        hosted.front = pages.responder(before:)
        return hosted
    }
}
