import Synchronization

/// A value that comes later, for any number of tasks to wait for.
package final class Promise<Value: Sendable>: Sendable {
    private struct Waiter {
        let id: Int
        let continuation: CheckedContinuation<Value, any Error>
    }

    private struct State {
        var value: Value?
        /// In the order in which they came.
        var waiters: [Waiter] = []
        /// Tasks that were cancelled before they began to wait.
        var cancelledEarly: Set<Int> = []
        var nextWaiter = 0
    }

    private let state = Mutex(State())

    /// Nothing yet.
    package init() {}

    /// Whether there is a value.
    package var isFulfilled: Bool { state.withLock { $0.value != nil } }

    /// The first value counts; later ones are dropped.
    ///
    /// - Parameter value: the value.
    package func fulfil(_ value: Value) {
        let waiters = state.withLock { state -> [Waiter] in
            guard state.value == nil else { return [] }
            state.value = value
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: value) }
    }

    /// Waits for the value.
    ///
    /// - Returns: the value.
    /// - Throws: `CancellationError` when the task is cancelled first.
    package func value() async throws -> Value {
        let id = state.withLock {
            $0.nextWaiter += 1
            return $0.nextWaiter
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let ready: Result<Value, any Error>? = state.withLock {
                    if let value = $0.value { return .success(value) }
                    if $0.cancelledEarly.remove(id) != nil { return .failure(CancellationError()) }
                    $0.waiters.append(Waiter(id: id, continuation: continuation))
                    return nil
                }
                if let ready { continuation.resume(with: ready) }
            }
        } onCancel: {
            let waiter = state.withLock {
                if let index = $0.waiters.firstIndex(where: { $0.id == id }) {
                    return Optional($0.waiters.remove(at: index))
                }
                if $0.value == nil { $0.cancelledEarly.insert(id) }
                return nil
            }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Waits for the value, at most so long.
    ///
    /// - Parameters:
    ///   - duration: how long.
    ///   - sleep: how to wait.
    /// - Returns: the value, or nil if it did not come.
    /// - Throws: `CancellationError` when the task is cancelled first.
    package func value(
        within duration: Duration,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) async throws -> Value? {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await self.value() }
            group.addTask {
                try await sleep(duration)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }
}
