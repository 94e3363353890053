import Synchronization

/// Tells whoever waits for a command why it does not go on: once when a service falls silent, and once when it is back.
package final class OutageNotices: Sendable {
    private let say: @Sendable (String) -> Void
    private let silent = Mutex<Set<ServiceName>>([])

    /// Notices about services that all answer, as far as is known.
    ///
    /// - Parameter say: shows a line.
    package init(say: @escaping @Sendable (String) -> Void) { self.say = say }

    /// A service gave no answer, or none that helps, and is asked again.
    ///
    /// - Parameters:
    ///   - service: the service.
    ///   - what: what is wrong, as a sentence's middle after its name, such as `does not answer`.
    package func fails(_ service: ServiceName, _ what: String) {
        guard silent.withLock({ $0.insert(service).inserted }) else { return }
        say("\(service.title) \(what)")
    }

    /// A service gave an answer.
    ///
    /// - Parameter service: the service.
    package func answers(_ service: ServiceName) {
        guard silent.withLock({ $0.remove(service) != nil }) else { return }
        say("\(service.title) answers again.")
    }
}
