/// One line of a report: something that was measured, several times.
package struct Figure: Hashable, Sendable, Codable {
    /// One time.
    package struct Round: Hashable, Sendable, Codable {
        /// How many were done a second.
        package var perSecond: Double
        /// How much of the machine others took, 0 to 1; nil where nobody says.
        package var foreignShare: Double?

        /// Makes one.
        ///
        /// - Parameters:
        ///   - perSecond: how many were done a second.
        ///   - foreignShare: how much of the machine others took.
        package init(perSecond: Double, foreignShare: Double? = nil) {
            self.perSecond = perSecond
            self.foreignShare = foreignShare
        }

        /// Whether others took so much that the round says little.
        package var isNoisy: Bool { (foreignShare ?? 0) > Figure.mostForeign }
    }

    /// How long something took, in milliseconds.
    package struct Latency: Hashable, Sendable, Codable {
        /// How many there were.
        package var count: Int
        /// The median.
        package var p50: Double
        /// What one in ten exceeds.
        package var p90: Double
        /// What one in a hundred exceeds.
        package var p99: Double
        /// The longest.
        package var max: Double

        /// What a histogram says.
        ///
        /// - Parameter histogram: in microseconds; nil of an empty one.
        package init?(_ histogram: LatencyHistogram) {
            guard let p50 = histogram.percentile(50), let p90 = histogram.percentile(90),
                let p99 = histogram.percentile(99)
            else { return nil }
            self.count = histogram.count
            self.p50 = Double(p50) / 1000
            self.p90 = Double(p90) / 1000
            self.p99 = Double(p99) / 1000
            self.max = Double(histogram.maximum) / 1000
        }
    }

    /// Others' share of the machine from which on a round is marked as noisy.
    package static let mostForeign = 0.1

    /// What was measured, such as `publish`.
    package var name: String
    /// How many clients did it at once.
    package var clients: Int
    /// How many transactions were on disk before, where that is the question.
    package var history: Int?
    /// The times.
    package var rounds: [Round] = []
    /// How long those took that were done, over all rounds.
    package var latency: Latency?
    /// How long those took that were refused for lack of room (429).
    package var refused: Latency?
    /// What else was answered, by status, and `timeout` and `lost`.
    package var failures: [String: Int] = [:]
    /// Microseconds of CPU for each that was done, by process; `bench` is the load generator.
    package var cpuMicroseconds: [String: Double] = [:]
    /// `fdatasync` and `fsync` for each that was done, by process; counted in a round of its own.
    package var syncs: [String: Double]?
    /// The most memory that each process ever had, in bytes.
    package var peakMemoryBytes: [String: Int] = [:]
    /// Times in milliseconds that are no latencies, such as from a start to being ready.
    package var milliseconds: [String: Double] = [:]
    /// This figure in terms of floors and baselines, by the name of each.
    package var ratios: [String: Double] = [:]

    /// A figure without rounds.
    ///
    /// - Parameters:
    ///   - name: what was measured.
    ///   - clients: how many clients did it at once.
    package init(name: String, clients: Int) {
        self.name = name
        self.clients = clients
    }

    /// The median round's rate.
    package var perSecond: Double? {
        let sorted = rounds.map(\.perSecond).sorted()
        return sorted.isEmpty ? nil : sorted[sorted.count / 2]
    }

    /// How many rounds were noisy.
    package var noisyRounds: Int { rounds.filter(\.isNoisy).count }

    /// Microseconds of CPU of all processes but the load generator.
    package var cpuTotal: Double? {
        let own = cpuMicroseconds.filter { $0.key != Figure.generator }
        return own.isEmpty ? nil : own.values.reduce(0, +)
    }

    /// The load generator's name among processes.
    package static let generator = "bench"
}
