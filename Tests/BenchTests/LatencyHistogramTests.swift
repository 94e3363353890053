import Benchmark
import Testing

@Suite("Histogram")
struct LatencyHistogramTests {
    @Test("Small values are exact")
    func small() {
        var histogram = LatencyHistogram()
        for value in 1...100 { histogram.record(value) }
        #expect(histogram.percentile(50) == 50)
        #expect(histogram.percentile(99) == 99)
        #expect(histogram.percentile(100) == 100)
        #expect(histogram.percentile(0) == 1)
        #expect(histogram.count == 100)
    }

    @Test("Nothing has no percentile")
    func empty() { #expect(LatencyHistogram().percentile(50) == nil) }

    @Test("A large value is kept to 1.6 %, the largest exactly", arguments: [127, 128, 1_000, 123_456, 98_765_432])
    func large(value: Int) throws {
        var histogram = LatencyHistogram()
        histogram.record(value)
        histogram.record(value * 2)
        let median = try #require(histogram.percentile(50))
        #expect(median >= value && Double(median) <= Double(value) * 1.016)
        #expect(histogram.percentile(100) == value * 2)
        #expect(histogram.maximum == value * 2)
    }

    @Test("Percentiles are those of a sorted list, to a bucket")
    func likeSorting() throws {
        var generator = SystemRandomNumberGenerator()
        let values = (0..<5_000).map { _ in Int.random(in: 0...2_000_000, using: &generator) }
        var (left, right) = (LatencyHistogram(), LatencyHistogram())
        for (index, value) in values.enumerated() { index % 2 == 0 ? left.record(value) : right.record(value) }
        left.add(right)
        let sorted = values.sorted()
        for percent in [1.0, 50, 90, 99, 99.9] {
            let exact = sorted[Int((percent / 100 * Double(sorted.count)).rounded(.up)) - 1]
            let found = try #require(left.percentile(percent))
            #expect(found >= exact && Double(found) <= Double(exact) * 1.016 + 1)
        }
    }
}
