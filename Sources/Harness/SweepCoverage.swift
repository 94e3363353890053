import Failpoints

/// Which failpoints killed which processes in a sweep.
package struct SweepCoverage: Hashable, Sendable {
    private var hits: [Party: [Failpoint: Int]] = [:]

    /// Counts.
    ///
    /// - Parameter results: how the cases went.
    package init(_ results: [Sweep.Result]) {
        for result in results {
            if result.isHit { count(result.sweepCase.first) }
            if result.isSecondHit == true, let second = result.sweepCase.second { count(second) }
        }
    }

    private mutating func count(_ crash: SweepCase.Crash) {
        hits[crash.party, default: [:]][crash.failpoint, default: 0] += 1
    }

    /// How many processes died at a failpoint.
    package var crashes: Int { hits.values.reduce(0) { $0 + $1.values.reduce(0, +) } }

    /// The failpoints that nobody died at, of those that must be reached.
    package var missing: [String] {
        Party.allCases.flatMap { party in
            SweepPlan.required(of: party).filter { hits[party]?[$0] == nil }.map { "\(party.rawValue)/\($0.rawValue)" }
        }
    }

    /// A line for each failpoint, with the deaths of each process at it.
    package var table: String {
        let names = Failpoint.allCases.map(\.rawValue)
        let width = (names.map(\.count).max() ?? 0) + 2
        func cell(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(1, width - text.count))
        }
        func line(_ first: String, _ cells: [String]) -> String {
            var line = cell(first, width)
            for (party, text) in zip(Party.allCases, cells) { line += cell(text, party.rawValue.count + 2) }
            while line.last == " " { line.removeLast() }
            return line
        }
        let rows = Failpoint.allCases.map { failpoint in
            line(
                failpoint.rawValue,
                Party.allCases.map { party in
                    guard SweepPlan.required(of: party).contains(failpoint) else { return "-" }
                    return "\(hits[party]?[failpoint] ?? 0)"
                }
            )
        }
        return ([line("deaths at", Party.allCases.map(\.rawValue))] + rows).joined(separator: "\n")
    }
}
