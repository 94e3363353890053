import Verification

/// Makes a failing scenario small: leaves out requests and faults as long as the same invariant is violated.
///
/// The algorithm is delta debugging (Zeller, Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE TSE
/// 2002): what is left is such that nothing more can be left out alone.
package struct Minimizer {
    private let simulation: Simulation
    private let mostRuns: Int

    /// A minimizer.
    ///
    /// - Parameters:
    ///   - simulation: in what the scenario fails.
    ///   - mostRuns: after how many runs it is content with what it has.
    package init(_ simulation: Simulation, mostRuns: Int = 3000) {
        self.simulation = simulation
        self.mostRuns = mostRuns
    }

    /// The smallest scenario that still violates one of the same invariants.
    ///
    /// - Parameters:
    ///   - scenario: one that fails.
    ///   - progress: is told, now and then, how many runs there were and how many requests and faults are left.
    /// - Returns: a small one; nil if the scenario does not fail.
    /// - Throws: whatever SQLite meets, and what `progress` throws.
    package func minimize(
        _ scenario: Scenario,
        progress: (_ runs: Int, _ requests: Int, _ faults: Int) throws -> Void = { _, _, _ in }
    ) throws -> Scenario? {
        let report = try simulation.run(scenario)
        let wanted = Set(report.violations.map(\.invariant))
        if wanted.isEmpty { return nil }
        var runs = 0
        var best = Scenario(
            seed: scenario.seed,
            faults: Set(report.struck),
            requests: Set(Simulation.requests(of: scenario))
        )
        func fails(_ candidate: Scenario) throws -> Bool {
            runs += 1
            if runs % 32 == 0 { try progress(runs, best.requests?.count ?? 0, best.faults?.count ?? 0) }
            let found = try simulation.run(candidate).violations
            return found.contains { wanted.contains($0.invariant) }
        }
        // What was left out by name may matter by being counted, so this is not quite the world that failed.
        guard try fails(best) else { return Scenario(seed: scenario.seed) }
        var size = Int.max
        while size > (best.requests?.count ?? 0) + (best.faults?.count ?? 0), runs < mostRuns {
            size = (best.requests?.count ?? 0) + (best.faults?.count ?? 0)
            let requests = try reduced(
                (best.requests ?? []).sorted(),
                isOver: { runs >= mostRuns },
                fails: {
                    try fails(Scenario(seed: best.seed, faults: best.faults, requests: Set($0)))
                }
            )
            best.requests = Set(requests)
            let faults = try reduced(
                (best.faults ?? []).sorted(),
                isOver: { runs >= mostRuns },
                fails: {
                    try fails(Scenario(seed: best.seed, faults: Set($0), requests: best.requests))
                }
            )
            best.faults = Set(faults)
        }
        return best
    }

    /// A list of which no part can be left out.
    private func reduced<Element>(
        _ all: [Element],
        isOver: () -> Bool,
        fails: ([Element]) throws -> Bool
    ) throws -> [Element] {
        if try fails([]) { return [] }
        var (left, parts) = (all, 2)
        while left.count > 1, !isOver() {
            let length = (left.count + parts - 1) / parts
            var complement: [Element]?
            for start in stride(from: 0, to: left.count, by: length) where complement == nil {
                let candidate = Array(left[..<start] + left[min(start + length, left.count)...])
                if try fails(candidate) { complement = candidate }
            }
            if let complement {
                left = complement
                parts = max(parts - 1, 2)
            } else if length == 1 {
                break
            } else {
                parts = min(parts * 2, left.count)
            }
        }
        return left
    }
}
