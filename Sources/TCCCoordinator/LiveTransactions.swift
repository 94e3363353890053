import Metrics
import Synchronization
import TCC

/// The transactions that somebody waits for, and how many callers there are.
final class LiveTransactions: Sendable {
    private struct State {
        var transactions: [GlobalTransactionID: LiveTransaction] = [:]
        var callers = 0
    }

    private let state = Mutex(State())
    private let world: World
    private let confirmDuration: Timer
    private let cancelDuration: Timer

    init(world: World, metrics: any MetricsFactory) {
        func timer(_ decision: Decision) -> Timer {
            Timer(
                label: "tcc.coordinator.transaction.duration",
                dimensions: [("tcc.decision", decision.rawValue)],
                factory: metrics
            )
        }
        self.world = world
        self.confirmDuration = timer(.confirm)
        self.cancelDuration = timer(.cancel)
    }

    subscript(gid: GlobalTransactionID) -> LiveTransaction? {
        get { state.withLock { $0.transactions[gid] } }
        set { state.withLock { $0.transactions[gid] = newValue } }
    }

    /// Lets go of a transaction and tells its callers how it ended, unless that was done before.
    ///
    /// They may have been let go earlier, when the decision could not be written; whoever comes with the key afterwards
    /// asks the journal.
    func conclude(_ transaction: LiveTransaction, _ conclusion: @autoclosure () -> Conclusion) {
        guard state.withLock({ $0.transactions.removeValue(forKey: transaction.gid) }) != nil,
            !transaction.conclusion.isFulfilled
        else { return }
        let conclusion = conclusion()
        let duration = (world.elapsed() - transaction.since).wholeMilliseconds
        switch conclusion {
        case .confirmed, .accepted: confirmDuration.recordMilliseconds(duration)
        case .cancelled: cancelDuration.recordMilliseconds(duration)
        case .unknown: break
        }
        transaction.conclusion.fulfil(conclusion)
    }

    /// Takes a caller in, or throws 429 at once.
    func admit(atMost limit: Int) throws {
        let isAdmitted = state.withLock {
            guard $0.callers < limit else { return false }
            $0.callers += 1
            return true
        }
        guard isAdmitted else {
            throw Problem(
                429,
                "too-many-requests",
                "Too many at once. Nothing was begun; try again.",
                retryAfterSeconds: 1
            )
        }
    }

    /// A caller was answered.
    func dismiss() {
        state.withLock { $0.callers -= 1 }
    }
}
