import Synchronization

/// Whether an exchange has been given up, and who hears of it.
///
/// A call has no task of its own that could be cancelled: that would cost as much as sending it.
public final class Cancellation: Sendable {
    private struct State {
        var reason: (any Error)?
        var listener: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// One that nobody has asked for yet.
    public init() {}

    /// Why the exchange was given up; nil if it was not.
    public var reason: (any Error)? { state.withLock { $0.reason } }

    /// Calls a listener when it happens, or at once if it has happened.
    ///
    /// There is one listener; an earlier one is forgotten.
    ///
    /// - Parameter listener: is called once at most, on any thread.
    public func onCancel(_ listener: @escaping @Sendable () -> Void) {
        let isCancelled = state.withLock { state in
            if state.reason == nil { state.listener = listener }
            return state.reason != nil
        }
        if isCancelled { listener() }
    }

    /// Gives the exchange up; the first reason counts.
    ///
    /// - Parameter reason: what its caller is told.
    public func cancel(_ reason: any Error) {
        let listener: (@Sendable () -> Void)? = state.withLock { state in
            guard state.reason == nil else { return nil }
            state.reason = reason
            defer { state.listener = nil }
            return state.listener
        }
        listener?()
    }
}
