/// The orders of what happens in a small world, up to so many delays; also with one fault at every place.
package struct Search {
    /// What was found.
    package struct Finding: Sendable {
        /// What clients did.
        package var plan: String
        /// What went wrong, if anything was to.
        package var fault: SingleFault?
        /// What came of it.
        package var report: Simulation.Report
    }

    /// What was searched.
    package struct Tally: Hashable, Sendable {
        /// In how many orders.
        package var orders = 0
        /// With how many faults.
        package var faults = 0
        /// How many were invalid.
        package var invalid = 0

        /// Nothing yet.
        package init() {}

        /// With what was searched elsewhere.
        ///
        /// - Parameter other: what was.
        package mutating func add(_ other: Tally) {
            orders += other.orders
            faults += other.faults
            invalid += other.invalid
        }
    }

    /// Is told after every order how many there were, and what was found in it, if it is invalid; ends it by throwing.
    package typealias Step = (_ orders: Int, _ finding: Finding?) throws -> Void

    private let simulation: Simulation

    /// A search.
    ///
    /// - Parameter simulation: in what.
    package init(_ simulation: Simulation) { self.simulation = simulation }

    /// Every order with at most so many delays.
    ///
    /// - Parameters:
    ///   - plan: what clients do.
    ///   - fault: what goes wrong.
    ///   - mostDelays: how many delays there may be.
    ///   - step: is told how far it is, and what is invalid.
    /// - Returns: what was searched; no orders if the fault has no place.
    /// - Throws: whatever SQLite meets, and what `step` throws.
    package func orders(
        of plan: Plan,
        _ fault: SingleFault? = nil,
        mostDelays: Int,
        step: Step = { _, _ in }
    ) throws -> Tally {
        var tally = Tally()
        tally.faults = fault == nil ? 0 : 1
        var next: Choices? = Choices(mostDelays: mostDelays)
        while let choices = next {
            let (report, used, didFault) = try simulation.run(plan, fault, choices, isTraced: false)
            if tally.orders == 0, fault != nil, !didFault { return Tally() }
            tally.orders += 1
            if report.violations.isEmpty {
                try step(tally.orders, nil)
            } else {
                tally.invalid += 1
                let (traced, _, _) = try simulation.run(plan, fault, choices, isTraced: true)
                try step(tally.orders, Finding(plan: plan.name, fault: fault, report: traced))
            }
            next = used.following
        }
        return tally
    }

    /// Every order with at most so many delays, with one fault at each place that it can have.
    ///
    /// - Parameters:
    ///   - plan: what clients do.
    ///   - mostDelays: how many delays there may be beside the fault.
    ///   - step: is told how far it is, and what is invalid.
    /// - Returns: what was searched.
    /// - Throws: whatever SQLite meets, and what `step` throws.
    package func faults(in plan: Plan, mostDelays: Int, step: Step = { _, _ in }) throws -> Tally {
        var total = Tally()
        let kinds: [(Int) -> SingleFault] =
            SimulatedWorld.servers.map { party in { .crash(party, visit: $0) } }
            + [{ .lost(message: $0) }, { .doubled(message: $0) }, { .late(message: $0) }]
        for kind in kinds {
            for place in 1... {
                let before = total.orders
                let tally = try orders(of: plan, kind(place), mostDelays: mostDelays) { try step(before + $0, $1) }
                if tally.orders == 0 { break }
                total.add(tally)
            }
        }
        return total
    }
}
