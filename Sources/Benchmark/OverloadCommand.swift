import ArgumentParser
import Foundation
import TCCHTTP

/// The command `bench overload`.
struct OverloadCommand: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        commandName: "overload",
        abstract: "Measure what is left of the peak when four times as many clients publish.",
        discussion: """
            First the peak: the best of some numbers of clients. Then four times as many, with the orchestrator's limit \
            of live requests at the peak's number: whoever is too many is refused with 429, and comes again when \
            Retry-After says, or at once with --impatient. "of peak" is the goodput's share; remarks say how long \
            refusals took. A request without an answer for 10 s is a timeout.

            JSON: as of 'bench publish'; refused has the latencies of 429.

            Example:
              bench overload --concurrency 64,256
              bench overload --concurrency 256 --clients 1024 --impatient
            """
    )

    @Option(help: ArgumentHelp("Where the peak is looked for, separated by commas.", valueName: "counts"))
    var concurrency = Counts(values: [64, 256])

    @Option(help: ArgumentHelp("How many clients are too many. (default: 4 times the peak's)", valueName: "count"))
    var clients: Int?

    @Option(
        help: ArgumentHelp(
            "The orchestrator's limit of live requests under overload. (default: the peak's clients)",
            valueName: "count"
        )
    )
    var maxInFlight: Int?

    @Flag(help: "Refused clients come again at once.")
    var impatient = false

    @OptionGroup
    var options: BenchOptions

    /// The peak, in the ratio's name.
    static let peak = "peak"

    /// Refuses numbers that make no sense.
    mutating func validate() throws {
        // Four times the peak's clients are started, if nothing else is said.
        try ClientLimits.check(concurrency.values.map { $0 * (clients == nil ? 4 : 1) }, "--concurrency")
        try ClientLimits.check(clients.map { [$0] } ?? [], "--clients")
        try ClientLimits.check(maxInFlight.map { [$0] } ?? [], "--max-in-flight")
    }

    /// Measures.
    mutating func run() async throws {
        let (length, counts, clients, limit) = (options.length, concurrency.values, clients, maxInFlight)
        let manners = LoadClients.Manners(heedsRetryAfter: !impatient)
        try await BenchSession.run(options.output) { session in
            let measurement = Measurement(length: length, progress: session.progress)
            let peaks = try await session.withStack { stack in
                let script = Script.publish(port: stack.port(.orchestrator), token: try await stack.token(.author))
                var figures: [Figure] = []
                for count in counts {
                    figures.append(
                        try await measurement.figure("publish", clients: count, script, workers: stack.workers)
                    )
                }
                return figures
            }
            session.report.figures = peaks
            guard let peak = peaks.max(by: { ($0.perSecond ?? 0) < ($1.perSecond ?? 0) }) else { return }
            var overload = try await session.withStack(maxInFlight: limit ?? peak.clients) { stack in
                let script = Script.publish(port: stack.port(.orchestrator), token: try await stack.token(.author))
                return try await measurement.figure(
                    "overload",
                    clients: clients ?? 4 * peak.clients,
                    script,
                    workers: stack.workers,
                    manners: manners
                )
            }
            if let rate = overload.perSecond, let best = peak.perSecond, best > 0 {
                overload.ratios[Self.peak] = rate / best
            }
            session.report.figures.append(overload)
        }
    }
}
