import Foundation
import Synchronization
import TCC

/// Finds the addresses of hosts, each by a lookup on a thread of its own: one that takes long, or never ends, holds up
/// nothing but the calls to that host.
///
/// SwiftNIO looks up all names on one queue, one after the other; so it is given addresses only.
final class NameResolver: Sendable {
    /// Finds a host's addresses, the best first, and blocks its thread meanwhile.
    typealias Lookup = @Sendable (_ name: String) throws -> [String]

    private struct State {
        var cache: NameCache
        var waits: [String: Promise<Result<[String], CallFailure>>] = [:]
    }

    private let lookUp: Lookup
    private let elapsed: @Sendable () -> Duration
    private let state: Mutex<State>

    /// A resolver.
    ///
    /// - Parameters:
    ///   - limits: what bounds it.
    ///   - elapsed: a clock that never jumps.
    ///   - lookUp: finds the addresses of one name.
    init(
        limits: NameCache.Limits = .init(),
        elapsed: @escaping @Sendable () -> Duration = World.system.elapsed,
        lookUp: @escaping Lookup = SystemNames.lookUp
    ) {
        self.lookUp = lookUp
        self.elapsed = elapsed
        self.state = Mutex(State(cache: NameCache(limits: limits)))
    }

    /// The addresses of a host, the best first.
    ///
    /// - Parameters:
    ///   - name: the host's name.
    ///   - cancellation: whether they are given up.
    /// - Returns: at least one address.
    /// - Throws: ``CallFailure`` if it has none; `CancellationError` when they are given up first.
    func addresses(of name: String, _ cancellation: Cancellation) async throws -> [String] {
        let (step, wait) = state.withLock { state in
            let step = state.cache.wanted(name, now: elapsed())
            guard case .wait = step else { return (step, nil as Promise<Result<[String], CallFailure>>?) }
            let wait = state.waits[name] ?? Promise()
            state.waits[name] = wait
            return (step, wait)
        }
        switch step {
        case .use(let addresses, let looksUp):
            if looksUp { beginLookup(name) }
            return addresses
        case .wait(let looksUp):
            if looksUp { beginLookup(name) }
            guard let wait else { return [] }
            // Others may wait for the same: each gives up alone.
            let own = Task { try await wait.value().get() }
            cancellation.onCancel { own.cancel() }
            return try await own.value
        case .fail(let detail): throw CallFailure(.unknownName, detail)
        }
    }

    /// An address did not answer.
    func doubt(_ address: String, of name: String) {
        state.withLock { $0.cache.doubted(address, of: name, now: elapsed()) }
    }

    /// A thread of its own, because a lookup blocks it and cannot be cancelled; the cache bounds how many there are.
    private func beginLookup(_ name: String) {
        Thread.detachNewThread { [self] in
            do {
                let addresses = try lookUp(name)
                if addresses.isEmpty { throw CallFailure(.unknownName, name) }
                end(name, .success(addresses))
            } catch let failure as CallFailure {
                end(name, .failure(failure))
            } catch {
                end(name, .failure(CallFailure(.unknownName, "\(error)")))
            }
        }
    }

    private func end(_ name: String, _ result: Result<[String], CallFailure>) {
        let wait = state.withLock { state in
            switch result {
            case .success(let addresses): state.cache.found(addresses, for: name, now: elapsed())
            case .failure(let failure): state.cache.failed(name, failure.detail)
            }
            return state.waits.removeValue(forKey: name)
        }
        wait?.fulfil(result)
    }
}
