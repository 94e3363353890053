import Synchronization

/// How many calls of pages may wait for one service: where it does not answer, pages that need others have their places.
package final class ServicePlaces<Service: Hashable & Sendable>: Sendable {
    /// Too many wait for a service that does not answer.
    package struct Full: Error, Hashable {
        /// Made by a call that has no place.
        package init() {}
    }

    /// How many may wait.
    package struct Limits: Hashable, Sendable {
        /// At once for a service whose last answer did not come in time.
        package var callsToSilent = 32
        /// So many that have waited for ``longWait`` show the same of a service.
        package var longWaits = 64
        /// A service that is well answers much sooner, however many ask.
        package var longWait = Duration.seconds(1)

        /// As a process has them.
        package init() {}
    }

    private struct State {
        /// When the calls under way began, the oldest first.
        var starts: [Duration] = []
        var isSilent = false
    }

    private let limits: Limits
    private let elapsed: @Sendable () -> Duration
    private let states = Mutex<[Service: State]>([:])

    /// None is taken yet.
    ///
    /// - Parameters:
    ///   - limits: how many may wait.
    ///   - elapsed: a clock that never jumps.
    package init(limits: Limits = Limits(), elapsed: @escaping @Sendable () -> Duration) {
        self.limits = limits
        self.elapsed = elapsed
    }

    /// Takes a place for a call.
    ///
    /// - Parameters:
    ///   - service: whom the call is to.
    ///   - call: the call.
    /// - Returns: what it returns.
    /// - Throws: ``Full`` if it would most likely wait in vain; whatever the call throws.
    package func call<Answer>(_ service: Service, _ call: () async throws -> Answer) async throws -> Answer {
        let start = elapsed()
        try states.withLock { states in
            let state = states[service] ?? State()
            let isStuck =
                state.starts.count >= limits.longWaits
                && start - state.starts[limits.longWaits - 1] >= limits.longWait
            if isStuck || (state.isSilent && state.starts.count >= limits.callsToSilent) { throw Full() }
            states[service, default: State()].starts.append(start)
        }
        do {
            let answer = try await call()
            end(service, start, isSilent: false)
            return answer
        } catch {
            // Given up by who asked, it says nothing of the service.
            end(service, start, isSilent: error is CancellationError ? nil : true)
            throw error
        }
    }

    private func end(_ service: Service, _ start: Duration, isSilent: Bool?) {
        states.withLock { states in
            guard let index = states[service]?.starts.firstIndex(of: start) else { return }
            states[service]?.starts.remove(at: index)
            if let isSilent { states[service]?.isSilent = isSilent }
        }
    }
}
