import Simulation
import Testing
import Verification

@Suite("A scenario made small")
struct MinimizerTests {
    @Test("still fails, and without any of its requests or faults it does not")
    func isMinimal() throws {
        let simulation = try Simulation(sabotage: BrokenProtocol.keyAfterBegin.sabotage)
        let seed = try #require(
            try (UInt64(1)...100).first { try !simulation.run(Scenario(seed: $0)).violations.isEmpty }
        )
        let before = try simulation.run(Scenario(seed: seed))
        let wanted = Set(before.violations.map(\.invariant))
        let small = try #require(try Minimizer(simulation).minimize(Scenario(seed: seed)))
        func fails(_ scenario: Scenario) throws -> Bool {
            try simulation.run(scenario).violations.contains { wanted.contains($0.invariant) }
        }
        #expect(try fails(small))
        let (requests, faults) = (try #require(small.requests), try #require(small.faults))
        for request in requests {
            let less = Scenario(seed: seed, faults: faults, requests: requests.subtracting([request]))
            #expect(try !fails(less), "without request \(request)")
        }
        for fault in faults {
            let less = Scenario(seed: seed, faults: faults.subtracting([fault]), requests: requests)
            #expect(try !fails(less), "without fault \(fault)")
        }
    }

    @Test("is none if nothing fails")
    func valid() throws {
        #expect(try Minimizer(Simulation()).minimize(Scenario(seed: 1)) == nil)
    }

    @Test("With no faults and no requests nothing happens")
    func nothing() throws {
        let report = try Simulation().run(Scenario(seed: 3, faults: [], requests: []), isTraced: true)
        #expect(report.struck.isEmpty)
        #expect(report.counts["ask"] == nil)
        #expect(report.counts["death"] == nil)
        #expect(report.violations.isEmpty)
    }
}
