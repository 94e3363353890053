import ArgumentParser

/// The command `bench floor`.
struct FloorCommand: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        commandName: "floor",
        abstract: "Measure what this machine can do at best, and what one would use otherwise.",
        discussion: """
            The disk: 4 KiB appends, each synced. The ingress floor: one process whose only endpoint makes one \
            group-committed durable insert. Four calls, no library: two services with a commit for each write, and a \
            client that tries and confirms at both by itself. Four calls, our participants: the same client with our \
            two services. One local transaction: both tables in one database, a commit for each.

            JSON: as of 'bench publish', without figures.

            Example:
              bench floor --concurrency 64,256
            """
    )

    @Option(help: ArgumentHelp("How many clients, separated by commas.", valueName: "counts"))
    var concurrency = Counts(values: [64, 256])

    @OptionGroup
    var options: BenchOptions

    /// Refuses numbers that make no sense.
    mutating func validate() throws {
        try ClientLimits.check(concurrency.values, "--concurrency")
    }

    /// Measures.
    mutating func run() async throws {
        let (length, clients) = (options.length, concurrency.values)
        try await BenchSession.run(options.output) { session in
            let measurement = Measurement(length: length, progress: session.progress)
            try await Floors.measure(clients: clients, measurement, session)
        }
    }
}
