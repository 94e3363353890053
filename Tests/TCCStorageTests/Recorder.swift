import Synchronization

/// What happened, in order, noted from any task or thread.
final class Recorder<Event: Sendable>: Sendable {
    private let state = Mutex<[Event]>([])

    var events: [Event] { state.withLock { $0 } }

    func record(_ event: Event) { state.withLock { $0.append(event) } }
}
