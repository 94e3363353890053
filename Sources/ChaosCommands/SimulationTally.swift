import Simulation

/// What came of many worlds.
struct SimulationTally {
    /// What has to have happened in many worlds: otherwise they prove nothing.
    private static let faults = [
        "batch", "batch failed", "batch refused", "batch short", "clock", "clock days ahead", "crash", "cut", "doubled",
        "doubled stream", "failed sync", "full disk", "kill", "late", "lost", "lost commit", "night", "no name",
        "others expected", "overnight", "pause", "probe", "prune", "reset", "resource fails", "silent", "slow name",
        "stops after head", "stops in body", "trickle",
    ]

    private(set) var worlds = 0
    private(set) var invalid = 0
    private var counts: [String: Int] = [:]

    mutating func add(_ report: Simulation.Report) {
        worlds += 1
        if !report.violations.isEmpty { invalid += 1 }
        counts.merge(report.counts) { $0 + $1 }
    }

    /// The kinds of faults that did not happen.
    var missingFaults: [String] { Self.faults.filter { counts[$0, default: 0] == 0 } }

    var text: String {
        let faults = Self.faults.map { "\($0) \(counts[$0, default: 0])" }.joined(separator: ", ")
        let told = counts.filter { !Self.faults.contains($0.key) }
            .sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        return """
            \(worlds) \(worlds == 1 ? "world" : "worlds"), \(invalid) invalid
              faults: \(faults)
              events: \(told)
            """
    }
}
