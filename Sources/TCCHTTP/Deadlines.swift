import NIOCore
import NIOPosix
import Synchronization

/// Deadlines of calls, of which hardly any ever comes.
///
/// There is one timer for all of them, set for the earliest; a timer for each call would cost more than most else of it.
package final class Deadlines: Sendable {
    private final class Entry: Sendable {
        let time: NIODeadline
        private let ring: Mutex<(@Sendable () -> Void)?>

        init(_ time: NIODeadline, _ ring: @escaping @Sendable () -> Void) {
            self.time = time
            self.ring = Mutex(ring)
        }

        var isOver: Bool { ring.withLock { $0 == nil } }

        /// What is to be done when it comes; nil if that was taken before.
        func take() -> (@Sendable () -> Void)? {
            ring.withLock { ring in
                defer { ring = nil }
                return ring
            }
        }
    }

    private struct State {
        /// The earliest first.
        var entries: [Entry] = []
        /// How many of them are over.
        var over = 0
        /// When the timer comes.
        var timer: NIODeadline?
    }

    /// So few are not worth looking through.
    private static let fewOver = 64

    /// Those of all calls of this process to the real network.
    static let shared = Deadlines()

    private let eventLoop = NIOSingletons.posixEventLoopGroup.any()
    private let state = Mutex(State())

    /// None yet.
    package init() {}

    /// How many are remembered, for a test that they are not too many.
    package var count: Int { state.withLock { $0.entries.count } }

    /// Has something done after a while.
    ///
    /// - Parameters:
    ///   - wait: how long.
    ///   - ring: what is to be done, on an event loop.
    /// - Returns: takes it back.
    package func after(_ wait: Duration, _ ring: @escaping @Sendable () -> Void) -> @Sendable () -> Void {
        let entry = Entry(.now() + TimeAmount(wait), ring)
        let isEarliest = state.withLock { state in
            // As a rule it is the last one.
            let index = state.entries.lastIndex { $0.time <= entry.time }.map { $0 + 1 } ?? 0
            state.entries.insert(entry, at: index)
            if let timer = state.timer, timer <= entry.time { return false }
            state.timer = entry.time
            return true
        }
        if isEarliest { setTimer(entry.time) }
        return { [self] in
            if entry.take() == nil { return }
            state.withLock { state in
                state.over += 1
                guard state.over > Self.fewOver, state.over * 2 > state.entries.count else { return }
                state.entries.removeAll { $0.isOver }
                state.over = 0
            }
        }
    }

    private func setTimer(_ time: NIODeadline) {
        eventLoop.scheduleTask(deadline: time) { self.ring(at: time) }
    }

    private func ring(at time: NIODeadline) {
        let now = max(time, .now())
        let (due, next) = state.withLock { state -> ([@Sendable () -> Void], NIODeadline?) in
            let count = state.entries.firstIndex { $0.time > now } ?? state.entries.count
            let due = state.entries[..<count].map { $0.take() }
            state.over = max(0, state.over - due.count { $0 == nil })
            state.entries.removeFirst(count)
            // An earlier one has been set meanwhile, and sets the next.
            guard let timer = state.timer, timer <= now else { return (due.compactMap { $0 }, nil) }
            state.timer = state.entries.first?.time
            return (due.compactMap { $0 }, state.timer)
        }
        if let next { setTimer(next) }
        for ring in due { ring() }
    }
}
