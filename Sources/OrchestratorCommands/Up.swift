import ArgumentParser
import Foundation
import Hosting
import Logging
import ServiceLifecycle
import Supervision
import TCC
import TCCHTTP
import UnixSignals

/// The command `orchestrator up`.
struct Up: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        abstract: "Start the three processes, and keep them running until Ctrl-C.",
        discussion: """
            Starts what the Procfile of this folder says; where there is none, the orchestrator, the draft service and \
            the online service, on their usual ports. Each keeps its data in a folder of its own under the data \
            directory, and all share one secret there. Each line of their logs is shown with its process's name. One \
            that dies is started again, at once at first, and later and later if it goes on dying.

            Try it: kill one with kill -9 and publish meanwhile.

            Example:
              orchestrator up --data-dir ./data
            """
    )

    @Option(
        help: ArgumentHelp("What to start. (default: ./Procfile, if there is one)", valueName: "path"),
        completion: .file()
    )
    var procfile: String?

    @Option(
        help: ArgumentHelp(
            "Where the processes keep their data. Environment: DATA_DIR. (default: ./data)",
            valueName: "path"
        ),
        completion: .directory
    )
    var dataDir: String?

    @Option(
        help: ArgumentHelp(
            """
            The secret that they share; created if it is missing. Environment: SECRET_FILE. (default: 'secret' in the \
            data directory)
            """,
            valueName: "path"
        ),
        completion: .file()
    )
    var secretFile: String?

    @Option(
        help: ArgumentHelp(
            """
            The address that they listen on; 0.0.0.0 opens them to the network, which has no encryption here. \
            Environment: HOST. (default: 127.0.0.1)
            """,
            valueName: "address"
        )
    )
    var host: String?

    @Option(help: ArgumentHelp("Which logs they write. Environment: LOG_LEVEL. (default: info)", valueName: "level"))
    var logLevel: String?

    private static let longestStop = Duration.seconds(12)

    /// Runs until a signal stops it.
    mutating func run() async throws {
        let data = try prepareData()
        let processes = try children(data)
        let console = UpConsole(
            names: processes.map(\.name),
            welcome: Self.welcome(data),
            style: .standardOutput
        )
        console.say("starting \(processes.map(\.name).joined(separator: ", ")); data in \(data.folder)")
        let services = processes.map { command in
            ServiceGroupConfiguration.ServiceConfiguration(
                service: SupervisedProcess(command, world: .system) { console.show($0, of: command.name) },
                failureTerminationBehavior: .gracefullyShutdownGroup
            )
        }
        var group = ServiceGroupConfiguration(
            services: services,
            gracefulShutdownSignals: [.sigterm, .sigint, .sighup],
            logger: Logger(label: "up", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        group.maximumGracefulShutdownDuration = Self.longestStop
        do {
            try await ServiceGroup(configuration: group).run()
        } catch let failure as SupervisedProcess.CannotStart {
            throw CommandFailure(.refused, Self.explain(failure))
        }
        console.say("stopped")
    }

    private struct DataFiles {
        var folder: String
        var secret: String
    }

    /// Finds out what would keep every process from starting, to say it once.
    private func prepareData() throws -> DataFiles {
        let variables = Variables(ProcessInfo.processInfo.environment)
        let folder = Self.absolute(try variables.resolve(dataDir, "DATA_DIR", default: "./data"))
        let secret = Self.absolute(try variables.resolve(secretFile, "SECRET_FILE", default: folder + "/secret"))
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(.usage, Self.unwritable(folder, error.localizedDescription))
        }
        guard access(folder, W_OK | X_OK) == 0 else {
            throw CommandFailure(.usage, Self.unwritable(folder, String(cString: strerror(errno))))
        }
        do {
            _ = try SharedSecret.readOrCreate(secret)
        } catch let error as SharedSecret.Unusable {
            throw CommandFailure(.usage, "\(error); delete it to have a new one made, or choose another.")
        }
        return DataFiles(folder: folder, secret: secret)
    }

    private static func unwritable(_ folder: String, _ reason: String) -> String {
        "the data directory \(folder) cannot be written: \(reason); choose another with --data-dir PATH."
    }

    private static func absolute(_ path: String) -> String {
        URL(filePath: path).standardizedFileURL.path(percentEncoded: false)
    }

    private func children(_ data: DataFiles) throws -> [ChildCommand] {
        let variables = Variables(ProcessInfo.processInfo.environment)
        let host = try variables.resolve(host, "HOST", default: "127.0.0.1")
        let level = try variables.resolve(logLevel, "LOG_LEVEL", default: "info")
        guard Logger.Level(rawValue: level.lowercased()) != nil else {
            let names = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--log-level (or LOG_LEVEL) must be one of \(names).")
        }
        func environment(_ name: String) -> [String: String?] {
            [
                "HOST": host, "LOG_LEVEL": level, "DATA_DIR": "\(data.folder)/\(name)", "SECRET_FILE": data.secret,
                // Each has its own, from the Procfile or by default.
                "PORT": nil, HostSettings.stopWithStandardInput: "1",
            ]
        }
        guard let path = procfile ?? Self.procfileHere else {
            return OwnProgram.allCases.map { $0.child(environment: environment($0.rawValue)) }
        }
        guard let content = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(.usage, "the Procfile '\(path)' cannot be read.")
        }
        do {
            let folder = URL(filePath: Self.absolute(path)).deletingLastPathComponent().path(percentEncoded: false)
            return try Procfile(String(decoding: content, as: UTF8.self)).entries
                .map { $0.child(environment: environment($0.name), folder: folder) }
        } catch let error as Procfile.Malformed {
            throw CommandFailure(.usage, "'\(path)' is no Procfile that can be run: \(error).")
        }
    }

    private static var procfileHere: String? {
        FileManager.default.fileExists(atPath: "Procfile") ? "Procfile" : nil
    }

    private static func explain(_ failure: SupervisedProcess.CannotStart) -> String {
        let lastLine = failure.tail.last { !$0.isEmpty } ?? "\(failure.death)"
        let reason = lastLine.hasPrefix("error: ") ? String(lastLine.dropFirst("error: ".count)) : lastLine
        let advice = failure.death == .exited(127) ? "; build it first: swift build -c release" : ""
        return "\(failure.name) cannot start: \(reason)\(advice)"
    }

    private static func welcome(_ data: DataFiles) -> String {
        let me = CommandLine.arguments[0]
        let isUsual = data.secret == absolute("./data/secret")
        let secret = isUsual ? "" : "\n  export SECRET_FILE='\(data.secret)'"
        return """
            All are running. In another terminal, in this folder:\(secret)
              \(me) publish README.md --author ann   # a post, in both libraries
              \(me) posts --author ann               # what each of them holds
              \(me) transactions watch               # try, confirm, cancel, as they happen
            Kill one with kill -9 PID, and publish meanwhile. Ctrl-C stops them all.
            """
    }
}
