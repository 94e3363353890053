import ArgumentParser
import TCCHTTP

/// The command `bench publish`.
struct PublishCommand: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Measure publishes a second and how long each takes, by the number of clients.",
        discussion: """
            Each client publishes one new post of 300 bytes after the other. Syncs are counted in a round of their own, \
            under strace, where there is one.

            JSON: an object with disk, floors and figures; a figure has name, clients, rounds, latency (milliseconds), \
            cpuMicroseconds, syncs, peakMemoryBytes and ratios.

            Example:
              bench publish --concurrency 1,16,64,256 --html bench.html
              bench publish --concurrency 64 --rounds 1 --no-floors --no-syncs
            """
    )

    @Option(help: ArgumentHelp("How many clients, separated by commas.", valueName: "counts"))
    var concurrency = Counts(values: [1, 16, 64, 256])

    @Option(
        help: ArgumentHelp("The orchestrator's limit of live requests. (default: its own)", valueName: "count")
    )
    var maxInFlight: Int?

    @Flag(inversion: .prefixedNo, help: "Count syncs, in a round of their own.")
    var syncs = true

    @OptionGroup
    var floors: FloorOptions

    @OptionGroup
    var options: BenchOptions

    /// Refuses numbers that make no sense.
    mutating func validate() throws {
        try ClientLimits.check(concurrency.values, "--concurrency")
        try ClientLimits.check(maxInFlight.map { [$0] } ?? [], "--max-in-flight")
    }

    /// Measures.
    mutating func run() async throws {
        let (length, clients, maxInFlight) = (options.length, concurrency.values, maxInFlight)
        let (hasFloors, countsSyncs) = (floors.floors, syncs)
        try await BenchSession.run(options.output) { session in
            let measurement = Measurement(length: length, progress: session.progress)
            if hasFloors {
                try await Floors.measure(clients: Floors.clients(for: clients), measurement, session)
            }
            let figures = try await session.withStack(maxInFlight: maxInFlight) { stack in
                let script = Script.publish(port: stack.port(.orchestrator), token: try await stack.token(.author))
                var figures: [Figure] = []
                for count in clients {
                    figures.append(
                        try await measurement.figure("publish", clients: count, script, workers: stack.workers)
                    )
                }
                return figures
            }
            session.report.figures = figures
            guard countsSyncs else { return }
            for index in figures.indices {
                let folder = try session.makeFolder()
                session.report.figures[index].syncs = try await SyncTrace.syncsPerPublish(
                    clients: figures[index].clients,
                    in: folder,
                    session.progress
                )
                try session.remove(folder)
            }
            if await !SyncTrace.isUsable() {
                session.report.notes.append("syncs were not counted: strace is missing, or may not trace here")
            }
        }
    }
}
