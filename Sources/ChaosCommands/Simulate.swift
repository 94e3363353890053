import ArgumentParser
import Foundation
import Hosting
import Simulation
import Verification

/// The command `chaos simulate`.
struct Simulate: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        abstract: "Run simulated worlds, each from one seed, and check the ten invariants in each.",
        discussion: """
            A world is the real coordinator, journal, barriers, retries and libraries, with four processes, clients, a \
            network and disks, on one thread; the seed decides everything that happens in it. First things go wrong, \
            each kind at a rate of the world's own: messages are lost, delayed, doubled and reordered, links cut one \
            way, processes killed at any step and paused, commits fail, participants' clocks jump. Then all heals, and \
            everything has to end within 5 s. The same seed gives the same output.

            --seeds runs many and tells what was wrong; --seed alone runs one and tells what happened.

            Example:
              chaos simulate --seeds 1000
              chaos simulate --seed 7
            """
    )

    @Option(help: ArgumentHelp("How many worlds, from consecutive seeds.", valueName: "count"))
    var seeds: Int?

    @Option(help: ArgumentHelp("The first seed, or the only one. (default: 1)", valueName: "number"))
    var seed: UInt64?

    private static let mostShown = 3

    /// Refuses numbers that make no sense.
    mutating func validate() throws {
        guard seeds.map({ $0 > 0 }) ?? true else { throw ValidationError("--seeds must be 1 or more.") }
    }

    /// Runs them.
    mutating func run() async throws {
        let simulation = try Simulation()
        let first = seed ?? 1
        guard let seeds else { return try replay(first, simulation) }
        var tally = SimulationTally()
        let start = ContinuousClock.now
        let isShown = TerminalStyle.standardError.isRedrawn
        for number in 0..<UInt64(seeds) {
            let report = try simulation.run(Scenario(seed: first &+ number))
            tally.add(report)
            for violation in report.violations.prefix(Self.mostShown) { print("seed \(report.seed): \(violation)") }
            if isShown, number % 16 == 0 {
                let rate = Double(number + 1) / ((ContinuousClock.now - start) / .seconds(1))
                Self.progress("\(number + 1)/\(seeds) worlds, \(Int(rate)) a second, \(tally.invalid) invalid")
            }
        }
        if isShown { Self.progress("") }
        print(tally.text)
        if isShown || seeds > 1 {
            let rate = Double(seeds) / ((ContinuousClock.now - start) / .seconds(1))
            // Not of the seeds' making, so not among what is the same each time.
            FileHandle.standardError.write(Data("\(Int(rate)) worlds a second\n".utf8))
        }
        if tally.invalid > 0 { throw ExitCode(1) }
    }

    private func replay(_ seed: UInt64, _ simulation: Simulation) throws {
        let report = try simulation.run(Scenario(seed: seed), isTraced: true)
        for event in report.events { print(event) }
        for violation in report.violations { print("VIOLATED \(violation)") }
        var tally = SimulationTally()
        tally.add(report)
        print(tally.text)
        if tally.invalid > 0 { throw ExitCode(1) }
    }

    private static func progress(_ text: String) {
        FileHandle.standardError.write(Data("\r\u{1B}[K\(text)".utf8))
    }
}

/// What came of many worlds.
struct SimulationTally {
    private var worlds = 0
    private(set) var invalid = 0
    private var counts: [String: Int] = [:]

    mutating func add(_ report: Simulation.Report) {
        worlds += 1
        if !report.violations.isEmpty { invalid += 1 }
        counts.merge(report.counts) { $0 + $1 }
    }

    var text: String {
        let happened = counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        return "\(worlds) worlds, \(invalid) invalid (\(happened))"
    }
}
