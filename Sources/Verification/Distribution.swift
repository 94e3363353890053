/// Measured values, to be read as percentiles or as a histogram.
package struct Distribution: Hashable, Sendable {
    /// The values, smallest first.
    package let values: [Double]

    /// Takes values.
    ///
    /// - Parameter values: the values, in any order; what is no number is left out.
    package init(_ values: some Sequence<Double>) {
        self.values = values.filter(\.isFinite).sorted()
    }

    /// The smallest of the values that at least so many percent of them do not exceed (the nearest rank).
    ///
    /// - Parameter percent: more than 0, at most 100.
    /// - Returns: one of the values; nil if there are none.
    package func percentile(_ percent: Double) -> Double? {
        guard !values.isEmpty else { return nil }
        let rank = (percent / 100 * Double(values.count)).rounded(.up)
        return values[min(max(Int(rank), 1), values.count) - 1]
    }

    /// Its percentiles, of milliseconds, for people.
    package var text: String {
        guard let half = percentile(50), let most = percentile(99), let greatest = values.last else { return "none" }
        return
            "p50 \(Self.round(half)) ms, p99 \(Self.round(most)) ms, max \(Self.round(greatest)) ms (\(values.count))"
    }

    private static func round(_ value: Double) -> String {
        value < 10 ? "\((value * 10).rounded() / 10)" : "\(Int(value.rounded()))"
    }

    /// How many values lie in a range.
    package struct Bin: Hashable, Sendable {
        /// Where it begins; that value belongs to it.
        package var lower: Double
        /// Where it ends; that value belongs to the next one.
        package var upper: Double
        /// How many values lie in it.
        package var count: Int

        /// Makes a bin.
        ///
        /// - Parameters:
        ///   - lower: where it begins.
        ///   - upper: where it ends.
        ///   - count: how many values lie in it.
        package init(_ lower: Double, _ upper: Double, count: Int) {
            self.lower = lower
            self.upper = upper
            self.count = count
        }
    }

    private static let mostBins = 40

    /// The values by size, in bins that end at 1, 2, 5, 10, 20, 50 and so on: what takes 2 ms for one and 3 s for another
    /// fits into one picture.
    ///
    /// - Parameter first: where the first bin ends; it begins at 0. Greater than 0.
    /// - Returns: the bins from the first to the last that is not empty; none if there are no values.
    package func histogram(first: Double = 1) -> [Bin] {
        guard let greatest = values.last else { return [] }
        var bins: [Bin] = []
        var (lower, upper) = (0.0, first)
        var step = 0
        while lower <= greatest || bins.isEmpty {
            bins.append(Bin(lower, upper, count: values.count { lower <= $0 && $0 < upper }))
            guard bins.count < Self.mostBins else { break }
            lower = upper
            upper = lower * (step % 3 == 1 ? 2.5 : 2)
            step += 1
        }
        return Array(bins.drop { $0.count == 0 })
    }
}
