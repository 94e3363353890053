import Synchronization
import TCC
import Verification

/// What ends what goes wrong, and what has to end then.
extension SimulatedWorld {
    private static let night = Duration.seconds(25 * 3600)

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
        }
        network.set(faults)
    }

    /// From now on nothing goes wrong any more.
    func heal() {
        state.withLock { state in
            state.isHealed = true
            state.faults = .none
            state.skews = [:]
        }
        network.set(.none)
        network.healAll()
        for party in Self.servers {
            life(of: party)?.executor.resume()
            start(party)
        }
        note("heal", nil)
    }
}
