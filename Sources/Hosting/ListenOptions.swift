public import ArgumentParser
import Failpoints
public import Foundation
package import Logging
package import TCCHTTP

/// The flags that every process has, one that holds no data and no secret, too.
public struct ListenOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The address to listen on (environment: HOST; default: 127.0.0.1).", valueName: "address")
    )
    var host: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            The port to listen on; 0 picks a free one (environment: PORT; default: 8080 for the orchestrator, 8081 for \
            the draft service, 8082 for the online service, 8000 for the web service).
            """,
            valueName: "port"
        )
    )
    var port: String?

    @Option(
        help: ArgumentHelp(
            """
            What is logged to standard error: trace, debug, info, notice, warning, error or critical, and what weighs \
            more (environment: LOG_LEVEL; default: info).
            """,
            valueName: "level"
        ),
        completion: .list(Logger.Level.allCases.map(\.rawValue))
    )
    var logLevel: String?

    /// Made by the argument parser.
    public init() {}

    /// Which logs to write.
    ///
    /// - Parameters:
    ///   - flag: what the command line says.
    ///   - variables: the environment's variables.
    /// - Returns: the flag's, else the environment's, else info.
    /// - Throws: a usage error that names the levels.
    package static func level(_ flag: String?, _ variables: Variables) throws -> Logger.Level {
        let text = try variables.resolve(flag, "LOG_LEVEL", default: "info")
        guard let level = Logger.Level(rawValue: text.lowercased()) else {
            let names = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw RefusedSetting("--log-level (or LOG_LEVEL)", must: "be one of \(names)", not: text)
        }
        return level
    }

    /// What a process that holds nothing runs with.
    ///
    /// - Parameters:
    ///   - process: the process's name.
    ///   - defaultPort: the port to listen on where none is given.
    ///   - environment: the environment's variables.
    /// - Returns: the settings, each from the flag, else the environment, else the default.
    /// - Throws: a usage error that names the flag.
    public func resolve(
        process: String,
        port defaultPort: Int,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> HostSettings {
        let variables = Variables(environment)
        let failpoints = environment["TCC_FAILPOINTS"]
        do {
            _ = try Failpoints(failpoints)
        } catch {
            throw ValidationError("\(error)")
        }
        var settings = HostSettings(
            process: process,
            host: try variables.host(host),
            port: try variables.integer(port, "PORT", default: defaultPort, in: 0...65535),
            dataDirectory: "",
            secretFile: "",
            logLevel: try Self.level(logLevel, variables),
            failpoints: failpoints,
            stopsWithStandardInput: environment[HostSettings.stopWithStandardInput] != nil
        )
        settings.isStateless = true
        return settings
    }
}
