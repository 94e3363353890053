import ArgumentParser
import Foundation
import HTTPTypes
import NIOCore
import TCCHTTP

/// The command `bench growth`.
struct GrowthCommand: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        commandName: "growth",
        abstract: "Measure what a long history costs: throughput, time to ready and memory.",
        discussion: """
            First with empty databases, then with so many finished transactions in the journal and both barriers, and \
            as many posts in both libraries. They are written directly to the databases, each a copy of a real \
            publish's rows under names of its own. "of empty" is the throughput's share.

            JSON: as of 'bench publish'; a figure's history is the number of transactions, and milliseconds has ready.

            Example:
              bench growth --transactions 100000,1000000 --html growth.html
            """
    )

    @Option(help: ArgumentHelp("How many transactions are on disk, separated by commas.", valueName: "counts"))
    var transactions = Counts(values: [1_000_000])

    @Option(help: ArgumentHelp("How many clients publish at once.", valueName: "count"))
    var clients = 64

    @OptionGroup
    var options: BenchOptions

    /// Refuses numbers that make no sense.
    mutating func validate() throws {
        guard (1...10_000).contains(clients) else { throw ValidationError("--clients must be 1 to 10000.") }
    }

    /// Measures.
    mutating func run() async throws {
        let (length, counts, clients) = (options.length, transactions.values, clients)
        try await BenchSession.run(options.output) { session in
            let measurement = Measurement(length: length, progress: session.progress)
            for count in [0] + counts {
                var figure = try await Self.measure(count, clients, measurement, session)
                if let empty = session.report.figures.first, let best = empty.perSecond, best > 0 {
                    figure.ratios["empty"] = (figure.perSecond ?? 0) / best
                    for (name, bytes) in empty.peakMemoryBytes where bytes > 0 {
                        let ratio = Double(figure.peakMemoryBytes[name] ?? 0) / Double(bytes)
                        figure.ratios["empty \(name)'s memory"] = ratio
                    }
                }
                session.report.figures.append(figure)
            }
        }
    }

    private static func measure(
        _ count: Int,
        _ clients: Int,
        _ measurement: Measurement,
        _ session: BenchSession
    ) async throws -> Figure {
        try await session.withStack { stack in
            try await publishOne(stack)
            try await stack.stopAll()
            if count > 0 { try HistoryFiller.fill(stack, count: count, session.progress) }
            var ready: [String: Double] = [:]
            for server in [BenchStack.Server.draft, .online, .orchestrator] {
                ready["\(server.rawValue) ready"] = try await stack.start(server) / .milliseconds(1)
            }
            let script = Script.publish(port: stack.port(.orchestrator), token: try await stack.token(.author))
            var figure = try await measurement.figure("publish", clients: clients, script, workers: stack.workers)
            figure.history = count
            figure.milliseconds = ready
            return figure
        }
    }

    private static func publishOne(_ stack: BenchStack) async throws {
        let answer = try await stack.client.call(
            .post,
            stack.url(.orchestrator) + "/v1/posts",
            token: try await stack.token(.author),
            body: ByteBuffer(string: #"{"title":"\#(Script.title)","content":"\#(Script.content)"}"#),
            timeout: .seconds(10)
        )
        guard answer.status == 200 else {
            throw BenchFailure(BenchFailure.broken, "a publish was answered \(answer.status)")
        }
    }
}
