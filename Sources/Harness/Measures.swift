import TCC
package import Verification

/// Figures of a kind, by their ranks.
package struct Distribution: Hashable, Sendable {
    private let sorted: [Double]

    /// A distribution.
    ///
    /// - Parameter values: the figures.
    package init(_ values: [Double]) { self.sorted = values.sorted() }

    /// How many there are.
    package var count: Int { sorted.count }

    /// The greatest.
    package var greatest: Double? { sorted.last }

    /// The figure that a share of all is not above (nearest rank).
    ///
    /// - Parameter share: of 1.
    /// - Returns: the figure; nil if there is none.
    package func quantile(_ share: Double) -> Double? {
        guard !sorted.isEmpty else { return nil }
        let rank = (share * Double(sorted.count)).rounded(.up)
        return sorted[min(max(Int(rank) - 1, 0), sorted.count - 1)]
    }

    /// In milliseconds, for people.
    package var text: String {
        guard let half = quantile(0.5), let most = quantile(0.99), let greatest else { return "none" }
        return "p50 \(Self.round(half)) ms, p99 \(Self.round(most)) ms, longest \(Self.round(greatest)) ms (\(count))"
    }

    private static func round(_ value: Double) -> String {
        value < 10 ? "\((value * 10).rounded() / 10)" : "\(Int(value.rounded()))"
    }
}

/// What a history tells of times.
package struct Measures: Hashable, Sendable {
    /// From a process's start after a death until it served.
    package private(set) var starts: Distribution
    /// From then until everything had ended that was unfinished.
    package private(set) var recoveries: Distribution
    /// How long one library showed a revision before the other.
    package private(set) var tornReads: Distribution

    private struct Sight: Hashable {
        var post: UUIDv7
        var revision: Int
    }

    /// Reads a history.
    ///
    /// - Parameter lines: its lines.
    package init(_ lines: some Sequence<RecordedLine>) {
        var (starts, recoveries, torn): ([Double], [Double], [Double]) = ([], [], [])
        var first: [Sight: (library: History.Library, at: Double)] = [:]
        var done: Set<Sight> = []
        for line in lines {
            switch line.event {
            case .ready(_, let milliseconds): starts.append(milliseconds)
            case .recovered(let milliseconds, _): recoveries.append(milliseconds)
            case .saw(let sighting):
                let sight = Sight(post: sighting.post, revision: sighting.revision)
                guard !done.contains(sight) else { continue }
                if let (library, at) = first[sight] {
                    guard library != sighting.library else { continue }
                    torn.append(line.at - at)
                    done.insert(sight)
                } else {
                    first[sight] = (sighting.library, line.at)
                }
            default: break
            }
        }
        self.starts = Distribution(starts)
        self.recoveries = Distribution(recoveries)
        self.tornReads = Distribution(torn)
    }
}
