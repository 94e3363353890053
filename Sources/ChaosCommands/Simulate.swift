import ArgumentParser
import Foundation
import Hosting
import Simulation
import Synchronization
import Verification

/// The command `chaos simulate`.
struct Simulate: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        abstract: "Run simulated worlds, each from one seed, and check the ten invariants in each.",
        discussion: """
            A world is the real coordinator, journal, barriers, retries, libraries, routes and HTTP client, with four \
            processes, clients, a network and disks, on one thread; the seed decides everything that happens in it. \
            First things go wrong, each kind at a rate of the world's own: messages are lost, delayed, doubled and \
            reordered, answers stop in the middle, trickle or end with a reset, links cut one way, names do not \
            resolve, processes killed at any step and paused, commits fail, clocks jump, servers forget what is old. \
            Then all heals, and everything has to end within 5 s. Some worlds go on after a night in which everything was \
            forgotten, with messages from the day before. The same seed gives the same output.

            --seeds runs many worlds and tells what was wrong; --seed alone runs one and tells what happened. \
            --minimize leaves out of a failing world all requests and faults without which it still fails.

            Exit codes: 0 all valid, 1 something was violated, 2 wrong usage, 3 so many worlds and some kind of fault \
            did not happen once, which proves nothing, or the output could not be written, 130 stopped by Ctrl-C: what \
            is said is how far it came.

            Example:
              chaos simulate --seeds 1000
              chaos simulate --seed 7
              chaos simulate --seed 7 --minimize
            """
    )

    @Option(parsing: .unconditional, help: ArgumentHelp("How many worlds, from consecutive seeds.", valueName: "count"))
    var seeds: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The first seed, or the only one. (default: 1)", valueName: "number")
    )
    var seed: UInt64?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How many worlds at the same time. (default: one a core)", valueName: "count")
    )
    var jobs: Int?

    @Flag(help: "Make a failing world small.")
    var minimize = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Only these requests, as --minimize prints them.", valueName: "client.number,…")
    )
    var requests: RequestList?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Only these faults, as --minimize prints them.", valueName: "number,…")
    )
    var faults: FaultList?

    private static let mostShown = 3
    /// From so many worlds on, each kind of fault must have happened.
    private static let worldsThatProve = 500
    private static let batch = 16
    /// Months of them.
    private static let mostWorlds = 1_000_000_000

    /// Refuses numbers that make no sense.
    mutating func validate() throws {
        guard seeds.map({ (1...Self.mostWorlds).contains($0) }) ?? true else {
            throw ValidationError("--seeds must be 1 to \(Self.mostWorlds).")
        }
        guard jobs.map({ (1...256).contains($0) }) ?? true else {
            throw ValidationError("--jobs must be between 1 and 256.")
        }
        guard seeds == nil || !minimize && requests == nil && faults == nil else {
            throw ValidationError("--minimize, --requests and --faults are for one world: give --seed without --seeds.")
        }
    }

    /// Runs them.
    mutating func run() async throws {
        Interruption.note()
        let first = seed ?? 1
        guard let seeds else {
            var scenario = Scenario(seed: first, faults: faults?.numbers, requests: requests?.numbers)
            let simulation = try Simulation()
            try Self.check(scenario, simulation)
            if minimize {
                guard let small = try minimized(scenario, simulation) else { return try Console.end(0) }
                scenario = small
            }
            return try replay(scenario, simulation)
        }
        var tally = SimulationTally()
        let progress = Progress()
        let jobs = jobs ?? ProcessInfo.processInfo.activeProcessorCount
        for start in stride(from: 0, to: seeds, by: jobs * Self.batch) {
            let batch = start..<min(start + jobs * Self.batch, seeds)
            for report in try await Self.reports(of: batch.map { first &+ UInt64($0) }, jobs: jobs) {
                tally.add(report)
                if !report.violations.isEmpty { progress.clear() }
                show(report)
            }
            if Interruption.exitCode != nil { break }
            progress.show("\(batch.upperBound)/\(seeds) worlds, \(tally.invalid) invalid", done: batch.upperBound)
        }
        progress.end("worlds", done: tally.worlds)
        Console.say(tally.text)
        if let code = Interruption.exitCode {
            Console.say("stopped before the \(seeds) worlds that were asked for")
            try Console.end(code)
        }
        if tally.invalid > 0 { try Console.end(1) }
        let missing = tally.missingFaults
        if seeds >= Self.worldsThatProve, !missing.isEmpty {
            Console.say("This proves nothing: no \(missing.joined(separator: ", no ")) in \(seeds) worlds.")
            try Console.end(3)
        }
        try Console.end(0)
    }

    /// Refuses what names nothing in a world: without it the world would be another than was meant.
    private static func check(_ scenario: Scenario, _ simulation: Simulation) throws {
        let all = Scenario(seed: scenario.seed)
        let requests = (scenario.requests ?? []).subtracting(Simulation.requests(of: all))
        if !requests.isEmpty {
            let names = RequestList(numbers: requests).text
            throw ValidationError("The world of seed \(scenario.seed) has no request \(names).")
        }
        guard var faults = scenario.faults, !faults.isEmpty else { return }
        faults.subtract(try simulation.run(scenario).struck)
        // In another world than the whole one the same numbers may be other faults.
        if !faults.isEmpty { faults.subtract(try simulation.run(all).struck) }
        if !faults.isEmpty {
            throw ValidationError(
                "In the world of seed \(scenario.seed) no fault has the number \(FaultList(numbers: faults).text)."
            )
        }
    }

    /// Runs worlds at the same time, each on one thread.
    ///
    /// - Returns: what came of each, in order; of fewer if somebody wants to end it.
    private static func reports(of seeds: [UInt64], jobs: Int) async throws -> [Simulation.Report] {
        try await withThrowingTaskGroup(of: [(Int, Simulation.Report)].self) { group in
            for job in 0..<jobs {
                group.addTask {
                    let simulation = try pool.take() ?? Simulation()
                    defer { pool.giveBack(simulation) }
                    var done: [(Int, Simulation.Report)] = []
                    for index in stride(from: job, to: seeds.count, by: jobs) where Interruption.exitCode == nil {
                        done.append((index, try simulation.run(Scenario(seed: seeds[index]))))
                    }
                    return done
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// The simulations that are not in use: their databases cost more than a world.
    private static let pool = SimulationPool()

    private func show(_ report: Simulation.Report) {
        if report.violations.isEmpty { return }
        for violation in report.violations.prefix(Self.mostShown) { Console.say("seed \(report.seed): \(violation)") }
        let more = report.violations.count - Self.mostShown
        if more > 0 { Console.say("seed \(report.seed): and \(more) more") }
        Console.say("  at commit \(ChaosFolder.revision ?? "unknown")")
        Console.say("  What happened: chaos simulate --seed \(report.seed)")
        Console.say("  The least of it that fails: chaos simulate --seed \(report.seed) --minimize")
    }

    private func minimized(_ scenario: Scenario, _ simulation: Simulation) throws -> Scenario? {
        let progress = Progress()
        defer { progress.clear() }
        do {
            let small = try Minimizer(simulation)
                .minimize(scenario) { runs, requests, faults in
                    progress.show(
                        "\(runs) worlds tried, \(requests) requests and \(faults) faults are left",
                        done: runs
                    )
                    try Interruption.check()
                }
            progress.clear()
            if small == nil {
                Console.say("The world of seed \(scenario.seed) is valid: there is nothing to make small.")
            }
            return small
        } catch is CancellationError {
            progress.clear()
            StandardStream.complain("stopped before it was small\n")
            throw ExitCode(Interruption.exitCode ?? 1)
        }
    }

    private func replay(_ scenario: Scenario, _ simulation: Simulation) throws {
        let report = try simulation.run(scenario, isTraced: true)
        for event in report.events { Console.say("\(event)") }
        for violation in report.violations { Console.say("VIOLATED \(violation)") }
        var tally = SimulationTally()
        tally.add(report)
        Console.say(tally.text)
        if tally.invalid > 0 {
            Console.say("To see this again, at commit \(ChaosFolder.revision ?? "unknown"): \(scenario.command)")
        }
        try Console.end(tally.invalid > 0 ? 1 : 0)
    }
}

/// Simulations that nobody uses at present.
private final class SimulationPool: Sendable {
    private let simulations = Mutex<[Simulation]>([])

    func take() -> Simulation? { simulations.withLock { $0.popLast() } }

    func giveBack(_ simulation: Simulation) { simulations.withLock { $0.append(simulation) } }
}

extension Scenario {
    /// How to run it again.
    fileprivate var command: String {
        var command = "chaos simulate --seed \(seed)"
        if let requests { command += " --requests \(RequestList(numbers: requests).text)" }
        if let faults { command += " --faults \(FaultList(numbers: faults).text)" }
        return command
    }
}
