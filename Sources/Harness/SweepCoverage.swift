import Failpoints

/// Which failpoints killed which processes in a sweep.
package struct SweepCoverage: Hashable, Sendable {
    private var hits: [Party: [Failpoint: Int]] = [:]
    private var wanted: [Party: Set<Failpoint>] = [:]

    /// Counts.
    ///
    /// - Parameter results: how the cases went.
    package init(_ results: [Sweep.Result]) {
        for result in results {
            for crash in [result.sweepCase.first] + (result.sweepCase.second.map { [$0] } ?? []) {
                wanted[crash.party, default: []].insert(crash.failpoint)
            }
            if result.isHit { count(result.sweepCase.first) }
            if result.isSecondHit == true, let second = result.sweepCase.second { count(second) }
        }
    }

    private mutating func count(_ crash: SweepCase.Crash) {
        hits[crash.party, default: [:]][crash.failpoint, default: 0] += 1
    }

    /// How many processes died at a failpoint.
    package var crashes: Int { hits.values.reduce(0) { $0 + $1.values.reduce(0, +) } }

    /// The failpoints that nobody died at, of those that a whole sweep must reach.
    package var missing: [String] {
        Party.allCases.flatMap { party in
            SweepPlan.required(of: party).filter { hits[party]?[$0] == nil }.map { "\(party.rawValue)/\($0.rawValue)" }
        }
    }

    /// A line for each failpoint that somebody was to die at, with the deaths of each process that was to.
    package var table: String {
        let parties = Party.allCases.filter { wanted[$0] != nil }
        let failpoints = Failpoint.allCases.filter { failpoint in wanted.values.contains { $0.contains(failpoint) } }
        let width = (failpoints.map(\.rawValue.count).max() ?? 0) + 2
        func cell(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(1, width - text.count))
        }
        func line(_ first: String, _ cells: [String]) -> String {
            var line = cell(first, width)
            for (party, text) in zip(parties, cells) { line += cell(text, party.rawValue.count + 2) }
            while line.last == " " { line.removeLast() }
            return line
        }
        let rows = failpoints.map { failpoint in
            line(
                failpoint.rawValue,
                parties.map { party in
                    guard wanted[party]?.contains(failpoint) ?? false else { return "-" }
                    return "\(hits[party]?[failpoint] ?? 0)"
                }
            )
        }
        return ([line("deaths at", parties.map(\.rawValue))] + rows).joined(separator: "\n")
    }
}
