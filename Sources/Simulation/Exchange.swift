import Synchronization
import TCCHTTP

/// One request and its answer as who asked sees them: parts, one after the other, until it ends in whatever way.
final class Exchange: Sendable {
    private struct State {
        var continuation: CheckedContinuation<Void, any Error>?
        var isAnswered = false
        var hasHead = false
        var isOver = false
    }

    private let receive: @Sendable (TransportPart) throws -> Void
    private let state = Mutex(State())

    init(_ receive: @escaping @Sendable (TransportPart) throws -> Void) { self.receive = receive }

    /// Whether some of the answer has come.
    var hasHead: Bool { state.withLock { $0.hasHead } }

    /// Waits for its end.
    ///
    /// - Parameter open: begins it, unless it is over already.
    /// - Throws: why the answer did not come.
    func wait(_ open: () -> Void) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let isOver = state.withLock { state in
                if !state.isOver { state.continuation = continuation }
                return state.isOver
            }
            if isOver { continuation.resume(throwing: CancellationError()) } else { open() }
        }
    }

    /// An answer has come; the copies of one that came before it are not read.
    func beginAnswer() -> Bool {
        state.withLock { state in
            if state.isOver || state.isAnswered { return false }
            state.isAnswered = true
            return true
        }
    }

    /// Hands on a part.
    func hand(_ part: TransportPart) {
        let isOver = state.withLock { state in
            state.hasHead = true
            return state.isOver
        }
        if isOver { return }
        do {
            try receive(part)
        } catch {
            end(.failure(error))
        }
    }

    /// Ends it; nothing if it is over.
    func end(_ result: Result<Void, any Error>) {
        let continuation: CheckedContinuation<Void, any Error>? = state.withLock { state in
            state.isOver = true
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume(with: result)
    }
}
