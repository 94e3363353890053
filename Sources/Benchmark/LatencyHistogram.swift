/// How often something took how long, in buckets that are 1.6 % wide at most: HdrHistogram's log-linear layout and its
/// definition of a percentile, without a package for two functions.
package struct LatencyHistogram: Hashable, Sendable {
    /// Below twice this many units every value has a bucket of its own; above, each doubling has this many.
    private static let half = 64
    private static let halfBits = 6

    private var counts: [Int] = []
    /// How many values there are.
    package private(set) var count = 0
    /// The largest value, exactly.
    package private(set) var maximum = 0

    /// Nothing yet.
    package init() {}

    /// Adds a value.
    ///
    /// - Parameter microseconds: the value; a negative one counts as 0.
    package mutating func record(_ microseconds: Int) {
        let value = max(0, microseconds)
        let bucket = Self.bucket(of: value)
        if bucket >= counts.count { counts += Array(repeating: 0, count: bucket + 1 - counts.count) }
        counts[bucket] += 1
        count += 1
        maximum = max(maximum, value)
    }

    /// Adds all that another has.
    ///
    /// - Parameter other: the other.
    package mutating func add(_ other: LatencyHistogram) {
        if other.counts.count > counts.count {
            counts += Array(repeating: 0, count: other.counts.count - counts.count)
        }
        for (bucket, more) in other.counts.enumerated() { counts[bucket] += more }
        count += other.count
        maximum = max(maximum, other.maximum)
    }

    /// The least value that so many percent of all values do not exceed, to a bucket's upper end.
    ///
    /// - Parameter percent: 0 to 100.
    /// - Returns: microseconds; nil of nothing.
    package func percentile(_ percent: Double) -> Int? {
        guard count > 0 else { return nil }
        let wanted = max(1, Int((percent / 100 * Double(count)).rounded(.up)))
        var seen = 0
        for (bucket, here) in counts.enumerated() {
            seen += here
            if seen >= wanted { return min(Self.highest(in: bucket), maximum) }
        }
        return maximum
    }

    private static func bucket(of value: Int) -> Int {
        let magnitude = max(0, Int.bitWidth - 1 - (value | 1).leadingZeroBitCount - halfBits)
        return magnitude * half + (value >> magnitude)
    }

    private static func highest(in bucket: Int) -> Int {
        let magnitude = max(0, bucket / half - 1)
        let place = bucket - magnitude * half
        return ((place + 1) << magnitude) - 1
    }
}
