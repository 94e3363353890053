import GRDB
import Synchronization
import TCC
import Verification

/// What ends what goes wrong, and what has to end then.
extension SimulatedWorld {
    private static let night = Duration.seconds(25 * 3600)
    /// By the contract, every transaction has ended within this time after the last fault.
    static let healingTime = Duration.seconds(5)
    /// And all that healthy participants can end, within this time after the orchestrator is ready.
    private static let recoveryTime = Duration.seconds(1)
    /// In how many worlds the orchestrator's death is the last fault.
    private static let lastDeaths = 0.3

    /// Everything waits for a day and an hour; what is old is forgotten, and some copies of messages arrive only now.
    ///
    /// - Parameter areClocksRight: false: some fall back to the day before, after it was forgotten.
    func passNight(areClocksRight: Bool) {
        note("night", nil)
        state.withLock { $0.nights += Self.night }
        network.healAll()
        // The journal first: it tells the participants how far back it remembers.
        for party in Self.servers {
            prune(party)
            scheduler.run(until: scheduler.now + .milliseconds(20))
        }
        // Only such a clock takes a try of yesterday for one of today.
        for party in Self.servers where !areClocksRight && strikes(0.5) { jumpClock(of: party, by: .zero - Self.night) }
        for party in Self.servers where party != .orchestrator { probeForgotten(party) }
        network.deliverOvernight()
        scheduler.run(until: scheduler.now + .milliseconds(20))
    }

    /// Things go wrong again.
    func breakAgain(_ faults: FaultRates) {
        state.withLock { state in
            state.isHealed = false
            state.faults = faults
            state.troubles += 1
        }
        network.set(faults)
    }

    /// From now on nothing goes wrong any more, and what is unfinished has to end.
    func heal() {
        state.withLock { state in
            state.isHealed = true
            state.faults = .none
            state.skews = [:]
        }
        network.set(.none)
        network.healAll()
        if strikes(Self.lastDeaths), let life = life(of: .orchestrator), life.isAlive {
            note("kill", .orchestrator)
            life.die()
        }
        for party in Self.servers {
            life(of: party)?.executor.resume()
            start(party)
        }
        note("heal", nil)
        // What is still under way may do harm when it arrives.
        let end = max(scheduler.now, network.latestDelivery) + Self.healingTime
        expectAllEnded(by: end, "\(Self.healingTime) after the last fault") { true }
    }

    /// The orchestrator is ready, and if nothing is wrong and nothing comes in between, what is unfinished ends soon.
    func recovered() {
        let (isHealed, troubles) = state.withLock { ($0.isHealed, $0.troubles) }
        guard isHealed, network.isWhole else { return }
        let end = scheduler.now + Self.recoveryTime
        expectAllEnded(by: end, "\(Self.recoveryTime) after the orchestrator was ready") { [weak self] in
            self?.state.withLock { $0.troubles } == troubles
        }
    }

    /// Looks again at what is unfinished now, at a time when nothing of it may be.
    private func expectAllEnded(by end: Duration, _ when: String, if isValid: @escaping @Sendable () -> Bool) {
        do {
            let left = try unfinished()
            guard !left.isEmpty else { return }
            scheduler.at(end) { [weak self] in
                guard let self, isValid(), !state.withLock({ $0.isOver }) else { return }
                do {
                    let late = try unfinished().intersection(left).sorted()
                    state.withLock { $0.contradictions += late.map { Violation(8, "\(when) \($0)") } }
                } catch {
                    state.withLock { $0.contradictions.append(Violation(8, "nobody knows what has ended: \(error)")) }
                }
            }
        } catch {
            state.withLock { $0.contradictions.append(Violation(8, "nobody knows what has ended: \(error)")) }
        }
    }

    /// The transactions that have not ended, and what is reserved.
    func unfinished() throws -> Set<String> {
        var found = try disks.perform(on: .orchestrator) { database in
            try String.fetchSet(
                database.cachedStatement(
                    sql: "SELECT gid || ' is unfinished' FROM transactions WHERE finished_at IS NULL"
                )
            )
        }
        for party in Self.servers where party != .orchestrator {
            try disks.perform(on: party) { database in
                let select = try database.cachedStatement(sql: "SELECT gid FROM barrier WHERE state = 'reserved'")
                for gid in try String.fetchAll(select) { found.insert("\(gid) is reserved at \(party.rawValue)") }
            }
        }
        return found
    }
}
