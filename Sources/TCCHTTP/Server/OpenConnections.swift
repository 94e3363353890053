import Logging
import NIOCore
import Synchronization

/// The connections of a server, of which there are so many at most: for a new one shortly before that the ones that have
/// been idle longest are closed, and where none is idle and there are as many as may be, the new one.
final class OpenConnections: Sendable {
    /// A connection's place among the others.
    final class Place: Sendable {
        private static let busy: Int64 = .max

        fileprivate let channel: any Channel
        private let connections: OpenConnections
        /// Since when it has nothing to do; so that the idle ones come first, ``busy`` while it has.
        private let since: Atomic<Int64>

        fileprivate init(_ channel: any Channel, _ connections: OpenConnections) {
            self.channel = channel
            self.connections = connections
            self.since = Atomic(Self.now)
        }

        private static var now: Int64 { Int64(NIODeadline.now().uptimeNanoseconds) }

        /// When it became idle; nil if it is not.
        fileprivate var idleSince: Int64? {
            let since = since.load(ordering: .relaxed)
            return since == Self.busy ? nil : since
        }

        /// It has a request to answer.
        func isBusy() { since.store(Self.busy, ordering: .relaxed) }

        /// It has answered all.
        func isIdle() { since.store(Self.now, ordering: .relaxed) }

        /// It is no more.
        func leave() { connections.places.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(self)) } }
    }

    /// As they are closed on threads of their own, some more come meanwhile: room is made before there is none.
    private static func room(of most: Int) -> Int { max(most / 8, min(16, most / 2)) }

    private let most: @Sendable () -> Int
    private let places = Mutex<[ObjectIdentifier: Place]>([:])
    private let notices = Mutex(RareNotice())

    /// Connections of one server.
    ///
    /// - Parameter most: how many there may be now; it is asked for each new one.
    init(most: @escaping @Sendable () -> Int) { self.most = most }

    /// Gives a new connection its place; nil if there is none.
    func enter(_ channel: any Channel, _ logger: Logger) -> Place? {
        let place = Place(channel, self)
        let most = max(1, most())
        let (others, isFull) = places.withLock { places -> ([Place], Bool) in
            let isFull = places.count >= most
            let others = isFull || places.count >= most - Self.room(of: most) ? Array(places.values) : []
            if isFull { return (others, true) }
            places[ObjectIdentifier(place)] = place
            return (others, false)
        }
        if others.isEmpty, !isFull { return place }
        // Several at once, so that they are not looked through for each new one.
        let idle = others.compactMap { other in other.idleSince.map { (other, $0) } }.sorted { $0.1 < $1.1 }
            .prefix(max(1, most / 16))
        for (other, _) in idle { other.channel.pipeline.fireUserInboundEventTriggered(CloseIfIdle()) }
        if isFull || !idle.isEmpty, notices.withLock({ $0.isDue(at: .now()) }) {
            logger.warning(
                "There are nearly as many connections as there may be; the ones that are idle longest are closed",
                metadata: ["network.connections": "\(most)"]
            )
        }
        return isFull ? nil : place
    }
}

/// Says the same thing at most once a minute.
struct RareNotice {
    private static let interval = TimeAmount.minutes(1)

    private var last: NIODeadline?

    /// Whether to say it now.
    mutating func isDue(at now: NIODeadline) -> Bool {
        if let last, now - last < Self.interval { return false }
        last = now
        return true
    }
}
