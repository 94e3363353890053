import Synchronization
import TCC

/// The transactions that somebody waits for, and how many callers there are.
final class LiveTransactions: Sendable {
    private struct State {
        var transactions: [GlobalTransactionID: LiveTransaction] = [:]
        var callers = 0
    }

    private let state = Mutex(State())

    subscript(gid: GlobalTransactionID) -> LiveTransaction? {
        get { state.withLock { $0.transactions[gid] } }
        set { state.withLock { $0.transactions[gid] = newValue } }
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
