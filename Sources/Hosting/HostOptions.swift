public import ArgumentParser
public import Foundation
public import Logging
import TCC
import TCCHTTP

/// The flags that every process with data has; a flag beats the environment, which beats the default.
public struct HostOptions: ParsableArguments {
    @OptionGroup
    var listening: ListenOptions

    @Option(
        help: ArgumentHelp(
            "Where the process keeps its data (environment: DATA_DIR; default: ./data/<process>).",
            valueName: "path"
        ),
        completion: .directory
    )
    var dataDir: String?

    @Option(
        help: ArgumentHelp(
            """
            The secret that all processes share; the first to start creates a missing one (environment: SECRET_FILE; \
            default: ./data/secret).
            """,
            valueName: "path"
        ),
        completion: .file()
    )
    var secretFile: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How long what has ended is remembered (environment: RETENTION; default: 86400).",
            valueName: "seconds"
        )
    )
    var retention: String?

    /// Made by the argument parser.
    public init() {}

    /// What to run with.
    ///
    /// - Parameters:
    ///   - process: the process's name, also of its data directory.
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
        var settings = try listening.resolve(process: process, port: defaultPort, environment: environment)
        settings.isStateless = false
        settings.dataDirectory = try variables.path(dataDir, "DATA_DIR", default: "./data/\(process)")
        settings.secretFile = try variables.path(secretFile, "SECRET_FILE", default: "./data/secret")
        settings.retention = try variables.duration(retention, "RETENTION", default: 86400, in: 1...10 * 365 * 86400)
        return settings
    }
}

/// What a process runs with.
public struct HostSettings: Hashable, Sendable {
    /// The process's name.
    public var process: String
    /// The address to listen on.
    public var host: String
    /// The port to listen on; 0 picks a free one.
    public var port: Int
    /// Whether it holds nothing: no data, and no secret of the others'.
    public var isStateless = false
    /// Where it keeps its data.
    public var dataDirectory: String
    /// The secret that all processes share.
    public var secretFile: String
    /// Which logs are written.
    public var logLevel: Logger.Level
    /// How long what has ended is remembered.
    public var retention: Duration
    /// The value of `TCC_FAILPOINTS`.
    public var failpoints: String?
    /// Whether the process stops when its standard input ends: when whoever started it has died, however that came.
    public var stopsWithStandardInput: Bool

    /// The environment's variables that our processes read, which one that is started for a purpose must not inherit.
    package static let variables = [
        "HOST", "PORT", "DATA_DIR", "SECRET_FILE", "LOG_LEVEL", "RETENTION", "TRY_TIMEOUT", "ANSWER_TIMEOUT",
        "CALL_TIMEOUT", "DEADLINE_MARGIN", "MAX_IN_FLIGHT", "DRAFT_URL", "ONLINE_URL", "COORDINATOR_URL",
        "PUBLIC_URL", "IMAGE_ORIGINS", "DEVELOPMENT_SIGN_IN",
    ]

    /// The environment variable that sets ``stopsWithStandardInput``.
    public static let stopWithStandardInput = "TCC_STOP_WITH_STDIN"

    /// Settings.
    ///
    /// - Parameters:
    ///   - process: the process's name.
    ///   - host: the address to listen on.
    ///   - port: the port to listen on.
    ///   - dataDirectory: where it keeps its data.
    ///   - secretFile: the secret that all processes share.
    ///   - logLevel: which logs are written.
    ///   - retention: how long what has ended is remembered.
    ///   - failpoints: the value of `TCC_FAILPOINTS`.
    ///   - stopsWithStandardInput: whether the process stops when its standard input ends.
    public init(
        process: String,
        host: String = "127.0.0.1",
        port: Int = 0,
        dataDirectory: String,
        secretFile: String,
        logLevel: Logger.Level = .info,
        retention: Duration = .seconds(86400),
        failpoints: String? = nil,
        stopsWithStandardInput: Bool = false
    ) {
        self.process = process
        self.host = host
        self.port = port
        self.dataDirectory = dataDirectory
        self.secretFile = secretFile
        self.logLevel = logLevel
        self.retention = retention
        self.failpoints = failpoints
        self.stopsWithStandardInput = stopsWithStandardInput
    }

    /// The path of a file in the data directory.
    ///
    /// - Parameter name: the file's name.
    /// - Returns: the path, relative if the data directory is.
    public func path(_ name: String) -> String { "\(dataDirectory)/\(name)" }
}
