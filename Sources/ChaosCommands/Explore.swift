import ArgumentParser
import Simulation
struct Explore: AsyncParsableCommand {
    @Option var delays = 2
    @Option var faultDelays = 1
    mutating func run() async throws {
        let simulation = try Simulation()
        let search = Search(simulation)
        for plan in (delays > 3 ? Array(Plan.single.prefix(1)) : Plan.single + Plan.pairs) {
            let start = ContinuousClock.now
            let tally = try search.orders(of: plan, mostDelays: delays) { print($0.plan, $0.report.violations.prefix(3)) }
            print(plan.name, tally, ContinuousClock.now - start)
        }
        for plan in Plan.single {
            let start = ContinuousClock.now
            let tally = try search.faults(in: plan, mostDelays: faultDelays) { print($0.plan, $0.fault as Any, $0.report.violations.prefix(3)); for e in $0.report.events { print(e) } }
            print(plan.name, tally, ContinuousClock.now - start)
        }
    }
}
