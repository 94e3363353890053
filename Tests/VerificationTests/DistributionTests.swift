import Testing
import Verification

@Suite("Measured values")
struct DistributionTests {
    @Test("A percentile is one of the values, at the nearest rank")
    func percentiles() {
        let distribution = Distribution((1...100).map(Double.init).reversed())
        #expect(distribution.percentile(50) == 50)
        #expect(distribution.percentile(90) == 90)
        #expect(distribution.percentile(99) == 99)
        #expect(distribution.percentile(100) == 100)
        #expect(distribution.percentile(0.1) == 1)
        let few = Distribution([30, 10, 20])
        #expect(few.percentile(50) == 20)
        #expect(few.percentile(99) == 30)
        #expect(Distribution([7]).percentile(50) == 7)
        #expect(Distribution([]).percentile(50) == nil)
    }

    @Test("What is no number is left out")
    func noNumbers() {
        #expect(Distribution([.nan, 2, .infinity, 1]).values == [1, 2])
    }

    @Test("Bins end at 1, 2, 5, 10 and so on, from the first to the last that is not empty")
    func histogram() {
        let bins = Distribution([1.5, 2, 4.9, 5, 21]).histogram()
        #expect(
            bins == [
                .init(1, 2, count: 1), .init(2, 5, count: 2), .init(5, 10, count: 1), .init(10, 20, count: 0),
                .init(20, 50, count: 1),
            ]
        )
        #expect(Distribution([0]).histogram() == [.init(0, 1, count: 1)])
        #expect(Distribution([]).histogram() == [])
    }

    @Test("Every value is in a bin, and there is an end to the bins")
    func bounds() {
        let values = [0, 0.5, 1, 2, 3, 999, 1000, 86_400_000]
        let bins = Distribution(values).histogram()
        #expect(bins.map(\.count).reduce(0, +) == values.count)
        #expect(Distribution([1e300]).histogram().count <= 40)
    }
}
