import ArgumentParser
import Foundation
import GRDB
import HTTPTypes
import TCC
import TCCHTTP

/// The command `bench recovery`.
struct RecoveryCommand: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        commandName: "recovery",
        abstract: "Kill the orchestrator with transactions in flight, and measure until all have ended.",
        discussion: """
            So many clients publish at once, and the orchestrator is held at a failpoint where each decision is on disk \
            and nobody was told. Then it is killed, as by a loss of power, and started again. Each round has its own \
            processes. "ready" is from the start until it serves, "ended" from then until no transaction is unfinished.

            JSON: as of 'bench publish'; milliseconds has ready and ended (the median round's) and longest ended.

            Example:
              bench recovery --in-flight 1000
              bench recovery --in-flight 10000 --rounds 1
            """
    )

    @Option(help: ArgumentHelp("How many transactions are in flight, separated by commas.", valueName: "counts"))
    var inFlight = Counts(values: [1000])

    @Option(help: ArgumentHelp("How often.", valueName: "count"))
    var rounds = 3

    @OptionGroup
    var output: ReportOptions

    /// Refuses numbers that make no sense.
    mutating func validate() throws {
        guard (1...100).contains(rounds) else { throw ValidationError("--rounds must be 1 to 100.") }
        guard inFlight.values.allSatisfy({ $0 <= 20_000 }) else {
            throw ValidationError("--in-flight must be at most 20000.")
        }
    }

    /// Measures.
    mutating func run() async throws {
        let (counts, rounds) = (inFlight.values, rounds)
        try await BenchSession.run(output) { session in
            for count in counts {
                var recoveries: [Recovery] = []
                for round in 1...rounds {
                    session.progress.show("recovery of \(count): round \(round) of \(rounds)")
                    recoveries.append(try await Recovery.measure(count, session))
                }
                session.report.figures.append(Self.figure(count, recoveries))
            }
        }
    }

    private static func figure(_ count: Int, _ recoveries: [Recovery]) -> Figure {
        var figure = Figure(name: "recovery", clients: count)
        figure.rounds = recoveries.map { Figure.Round(perSecond: Double(count) / ($0.ended / .seconds(1))) }
        let ready = recoveries.map { $0.ready / .milliseconds(1) }.sorted()
        let ended = recoveries.map { $0.ended / .milliseconds(1) }.sorted()
        figure.milliseconds["ready"] = ready[ready.count / 2]
        figure.milliseconds["ended"] = ended[ended.count / 2]
        figure.milliseconds["longest ended"] = ended.last
        return figure
    }
}

/// One recovery.
struct Recovery: Sendable {
    private static let hold = "coordinator.decide.after=pause(600000)"
    private static let longest = Duration.seconds(120)

    /// From the start until it serves.
    let ready: Duration
    /// From then until no transaction is unfinished.
    let ended: Duration

    /// Gets transactions in flight, kills, starts again, and waits.
    ///
    /// - Parameters:
    ///   - count: how many are in flight.
    ///   - session: has the folder.
    /// - Returns: how long it took.
    /// - Throws: a ``BenchFailure`` if they cannot be got in flight, or do not all end as decided.
    static func measure(_ count: Int, _ session: BenchSession) async throws -> Recovery {
        try await session.withStack(maxInFlight: max(1024, count), tryTimeoutSeconds: 120, failpoints: hold) { stack in
            let script = Script.publish(port: stack.port(.orchestrator), token: try await stack.token(.author))
            let load = try await LoadClients.connect(count, script)
            load.fire()
            let journal = stack.database(.orchestrator)
            try await wait("\(count) transactions are decided and held") {
                try await decided(journal, isFinished: false) == count
            }
            try await stack.kill(.orchestrator)
            try await load.close()
            let ready = try await stack.start(.orchestrator)
            let start = ContinuousClock.now
            let token = try await stack.token(.service)
            try await wait("no transaction is unfinished") { try await hasEnded(stack, token) }
            let ended = ContinuousClock.now - start
            let confirmed = try await decided(journal, isFinished: true)
            guard confirmed == count else {
                throw BenchFailure(BenchFailure.broken, "\(confirmed) of \(count) decided transactions were confirmed")
            }
            return Recovery(ready: ready, ended: ended)
        }
    }

    private static func wait(_ what: String, until holds: () async throws -> Bool) async throws {
        let start = ContinuousClock.now
        while try await !holds() {
            guard ContinuousClock.now - start < longest else {
                throw BenchFailure(BenchFailure.broken, "not within \(longest): \(what)")
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// How many transactions the journal says are to be confirmed, or are.
    private static func decided(_ journal: URL, isFinished: Bool) async throws -> Int {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        let queue = try DatabaseQueue(path: journal.path(percentEncoded: false), configuration: configuration)
        let count = try await queue.read {
            try Int.fetchOne(
                $0,
                sql: isFinished
                    ? "SELECT count(*) FROM transactions WHERE state = 'confirmed'"
                    : "SELECT count(*) FROM transactions WHERE finished_at IS NULL AND state = 'confirming'"
            )
        }
        try queue.close()
        return count ?? 0
    }

    private static func hasEnded(_ stack: BenchStack, _ token: String) async throws -> Bool {
        let url = stack.url(.orchestrator) + "/v1/outcomes"
        let answer = try await stack.client.call(.get, url, token: token, timeout: .seconds(5))
        guard answer.status == 200, let horizon = answer.decode(OutcomeHorizon.self) else { return false }
        return horizon.oldestUnfinished == nil
    }
}
