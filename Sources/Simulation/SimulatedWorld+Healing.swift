import GRDB
import Synchronization
import TCC
import Verification

/// What ends what goes wrong, and what has to end then.
extension SimulatedWorld {
    private static let night = Duration.seconds(25 * 3600)
    private static let longestLead = Duration.seconds(5 * 24 * 3600)
    private static let dusk = Duration.seconds(1800)
    private static let longestRequest = Duration.seconds(60)
    /// By the contract, every transaction has ended within this time after the last fault.
    static let healingTime = Duration.seconds(5)
    /// And all that healthy participants can end, within this time after the orchestrator is ready.
    private static let recoveryTime = Duration.seconds(1)
    /// And all that does not need a participant that is out of reach: each try is over after 3 s, and then as above.
    private static let othersTime = Duration.seconds(8)
    private static let betweenLooks = Duration.seconds(1)
    /// In how many worlds the orchestrator's death is the last fault.
    private static let lastDeaths = 0.3

    /// Everything waits for a day and an hour; what is old is forgotten, and some copies of messages arrive only now.
    ///
    /// - Parameter faults: what goes wrong: clocks that are days ahead for a moment, in which what is old is forgotten, and
    ///   clocks that fall back to the day before.
    func passNight(_ faults: FaultRates) {
        network.healAll()
        // No request takes a night, and no key is kept for one that would.
        let latest = scheduler.now + Self.longestRequest
        while state.withLock({ $0.requestsUnderWay }) > 0, scheduler.now < latest {
            scheduler.run(until: scheduler.now + .milliseconds(100))
        }
        note("night", nil)
        // Once in between: only what was written before a pruning is old at the next.
        for rest in [Self.dusk, Self.night - Self.dusk] {
            state.withLock { $0.nights += rest }
            // The journal first: it tells the participants how far back it remembers.
            for party in Self.servers { pruneAndWait(party) }
        }
        if strikes(faults.clockDays) { passDays(ofAll: random { $0.chance(0.5) }) }
        // Only such a clock takes a try of yesterday for one of today.
        for party in Self.servers where faults.clock > 0 && strikes(0.5) {
            jumpClock(of: party, by: .zero - Self.night)
        }
        for party in Self.servers where party != .orchestrator { probeForgotten(party) }
        network.deliverOvernight()
        scheduler.run(until: scheduler.now + .milliseconds(20))
    }

    private func pruneAndWait(_ party: Party) {
        prune(party)
        scheduler.run(until: scheduler.now + .milliseconds(20))
    }

    /// The clock of the orchestrator, or everybody's, is days ahead for a day, and then right again; what is old then is
    /// forgotten.
    ///
    /// Nothing is unfinished now, and no key is younger than a day: of what was promised nothing depends on it.
    private func passDays(ofAll isAll: Bool) {
        let parties = isAll ? Self.servers : [.orchestrator]
        let lead = random { $0.duration(upTo: Self.longestLead) } + Self.night
        note("clock days ahead", isAll ? nil : .orchestrator, "\(lead)")
        state.withLock { state in
            for party in parties { state.skews[party, default: .zero] += lead }
        }
        for party in parties { pruneAndWait(party) }
        state.withLock { $0.nights += Self.night }
        for party in parties { pruneAndWait(party) }
        state.withLock { state in
            for party in parties { state.skews[party, default: .zero] -= lead }
        }
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

    /// For now nothing goes wrong any more; clocks stay as they are.
    func calm() {
        state.withLock { $0.faults = .none }
        network.set(.none)
        network.healAll()
        revive()
        note("calm", nil)
    }

    private func revive() {
        for party in Self.servers {
            life(of: party)?.executor.resume()
            start(party)
        }
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
        revive()
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

    /// A participant is out of reach and nothing else is wrong: what does not need it ends, and what healthy participants
    /// hold is let go or confirmed, once each try is over.
    func expectOthersEnd(without party: Party, before endOfOutage: Duration) {
        let troubles = state.withLock { $0.troubles }
        let when = "\(Self.othersTime) after nothing but \(party.rawValue) was out of reach"
        // Again and again: what is begun meanwhile has to end as well.
        var start = max(scheduler.now, network.latestDelivery)
        while start + Self.othersTime < endOfOutage {
            note("others expected", party)
            let end = start + Self.othersTime
            scheduler.at(start) { [weak self] in
                self?
                    .expectAllEnded(by: end, when, without: party) { [weak self] in
                        self?.state.withLock { $0.troubles } == troubles
                    }
            }
            start += Self.betweenLooks
        }
    }

    /// Looks again at what is unfinished now, at a time when nothing of it may be.
    private func expectAllEnded(
        by end: Duration,
        _ when: String,
        without party: Party? = nil,
        if isValid: @escaping @Sendable () -> Bool
    ) {
        let left = found(without: party)
        guard !left.isEmpty else { return }
        scheduler.at(end) { [weak self] in
            guard let self, isValid(), !state.withLock({ $0.isOver }) else { return }
            let late = found(without: party).intersection(left).sorted()
            state.withLock { $0.contradictions += late.map { Violation(8, "\(when) \($0)") } }
        }
    }

    private func found(without party: Party?) -> Set<String> {
        do {
            return try unfinished(without: party)
        } catch {
            state.withLock { $0.contradictions.append(Violation(8, "nobody knows what has ended: \(error)")) }
            return []
        }
    }

    /// The transactions that have not ended, and what is reserved.
    ///
    /// - Parameter party: not those that it has a branch of, and not what it has reserved itself.
    /// - Returns: a line for each.
    /// - Throws: whatever SQLite meets.
    func unfinished(without party: Party? = nil) throws -> Set<String> {
        var found = try disks.perform(on: .orchestrator) { database in
            try String.fetchSet(
                database.cachedStatement(
                    sql: """
                        SELECT gid || ' is unfinished' FROM transactions WHERE finished_at IS NULL AND NOT EXISTS (
                            SELECT 1 FROM branches WHERE branches.gid = transactions.gid AND branches.name = ?)
                        """
                ),
                arguments: [party?.rawValue]
            )
        }
        for other in Party.participants where other != party {
            try disks.perform(on: other) { database in
                let select = try database.cachedStatement(sql: "SELECT gid FROM barrier WHERE state = 'reserved'")
                for gid in try String.fetchAll(select) { found.insert("\(gid) is reserved at \(other.rawValue)") }
            }
        }
        return found
    }
}
