import ArgumentParser
import Foundation
import Hosting
import Logging
import ServiceLifecycle
import Supervision
import TCC
import TCCHTTP
import TCCStorage
import UnixSignals

/// The command `orchestrator up`.
struct Up: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        abstract: "Start all the processes, and keep them running until Ctrl-C.",
        discussion: """
            Starts what the Procfile of this folder says; where there is none, the orchestrator, the draft service, the \
            online service and the web service, on their usual ports. Each that has data keeps it in a folder of its \
            own under the data directory, and they share one secret there. Each line of their logs is shown with its \
            process's name. One that dies is started again, at once at first, and later and later if it goes on dying.

            Try it: hold one up with 'orchestrator pause NAME 10s', or kill it with 'orchestrator kill NAME', and publish \
            meanwhile. Ctrl-C stops them all; if one of them does not stop, a second Ctrl-C kills it. If 'up' itself \
            is killed, our processes stop by themselves.

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
        FileLimit.raise()
        let plan = try UpPlan(
            procfile: procfile,
            dataDirectory: dataDir,
            secretFile: secretFile,
            host: host,
            logLevel: logLevel
        )
        defer { plan.lock.release() }
        let console = UpConsole(names: plan.commands.map(\.name), welcome: plan.welcome(urls:), style: .standardOutput)
        console.say("starting \(plan.commands.map(\.name).joined(separator: ", ")); data in \(plan.dataDirectory)")
        let processes = plan.commands.map { command in
            SupervisedProcess(command, world: .system) { console.show($0, of: command.name) }
        }
        do {
            let control = UpControl(
                path: UpControl.path(in: plan.dataDirectory),
                processes: processes,
                console: console,
                world: .system
            )
            try await Self.supervise(processes, control, console)
        } catch let failure as SupervisedProcess.CannotStart {
            throw CommandFailure(.refused, UpPlan.explain(failure))
        }
        console.say("stopped")
    }

    private static func supervise(
        _ processes: [SupervisedProcess],
        _ control: UpControl,
        _ console: UpConsole
    ) async throws {
        let stops = Interruption.signals
        var configuration = ServiceGroupConfiguration(
            // The last to start is the first to stop: whoever is held up then goes on, to be stopped.
            services: processes.map { .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup) }
                + [.init(service: control)],
            gracefulShutdownSignals: stops,
            logger: Logger(label: "up", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        configuration.maximumGracefulShutdownDuration = longestStop
        let signals = await UnixSignalsSequence(trapping: stops)
        let services = ServiceGroup(configuration: configuration)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var count = 0
                for await _ in signals {
                    count += 1
                    if count == 1 { console.say("stopping; once more kills") }
                    guard count > 1 else { continue }
                    for process in processes { process.kill() }
                }
            }
            defer { group.cancelAll() }
            try await services.run()
        }
    }
}
