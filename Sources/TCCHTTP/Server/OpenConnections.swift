import Logging
import NIOCore
import Synchronization

/// The connections of a server, of which there are so many at most: for another one the ones that have been idle longest
/// are closed, and where none is idle, it waits.
final class OpenConnections: Sendable {
    /// A connection's place among the others.
    final class Place: Sendable {
        private static let busy: Int64 = .max
        /// How long a new one is not taken for idle: its first request is on its way.
        private static let grace: Int64 = 100_000_000

        fileprivate let channel: any Channel
        /// Since when it has nothing to do; so that the idle ones come first, ``busy`` while it has.
        private let since: Atomic<Int64>

        fileprivate init(_ channel: any Channel) {
            self.channel = channel
            self.since = Atomic(Self.now + Self.grace)
        }

        private static var now: Int64 { Int64(NIODeadline.now().uptimeNanoseconds) }

        /// When it became idle; nil if it is not.
        fileprivate var idleSince: Int64? {
            let since = since.load(ordering: .relaxed)
            return since > Self.now ? nil : since
        }

        /// It has a request to answer.
        func isBusy() { since.store(Self.busy, ordering: .relaxed) }

        /// It has answered all, whether content is still to be thrown away or not.
        func isIdle() { since.store(Self.now, ordering: .relaxed) }
    }

    private let most: @Sendable () -> Int
    private let places = Mutex<[ObjectIdentifier: Place]>([:])
    private let notices = Mutex(RareNotice())
    /// The listening channels that have a gate.
    private let guarded = Mutex<Set<ObjectIdentifier>>([])

    /// Connections of one server.
    ///
    /// - Parameter most: how many there may be now; it is asked for each new one.
    init(most: @escaping @Sendable () -> Int) { self.most = most }

    /// The place of a connection, and a new one for one that has none: the first come before there is an ``AcceptGate``.
    @discardableResult
    func enter(_ channel: any Channel) -> Place {
        let id = ObjectIdentifier(channel)
        let (place, isNew) = places.withLock { places in
            if let place = places[id] { return (place, false) }
            let place = Place(channel)
            places[id] = place
            return (place, true)
        }
        if isNew { channel.closeFuture.whenComplete { _ in self.places.withLock { $0[id] = nil } } }
        return place
    }

    /// Has a server give its next connections a place each, or let them wait for one.
    ///
    /// - Parameters:
    ///   - server: the channel that accepts them.
    ///   - logger: where it is said, once a minute at most, that there are as many as may be.
    func guardAccepting(of server: any Channel, _ logger: Logger) {
        let id = ObjectIdentifier(server)
        guard guarded.withLock({ $0.insert(id).inserted }) else { return }
        server.closeFuture.whenComplete { _ in self.guarded.withLock { _ = $0.remove(id) } }
        server.eventLoop.execute {
            do {
                try server.pipeline.syncOperations.addHandler(AcceptGate(self, logger), position: .first)
            } catch {
                // It has been closed meanwhile, and accepts nothing any more.
            }
        }
    }

    /// Whether there is a place for one more.
    var haveRoom: Bool { places.withLock { $0.count } < max(1, most()) }

    /// Asks the ones that are idle longest to close.
    func makeRoom(for count: Int, _ logger: Logger) {
        let most = most()
        // Several at once, so that they are not looked through for each new one.
        let idle = places.withLock { Array($0.values) }
            .compactMap { place in place.idleSince.map { (place, $0) } }
            .sorted { $0.1 < $1.1 }
            .prefix(max(count, most / 16))
        for (place, _) in idle { place.channel.pipeline.fireUserInboundEventTriggered(CloseIfIdle()) }
        if notices.withLock({ $0.isDue(at: .now()) }) {
            logger.warning(
                "There are as many connections as there may be; the ones that are idle longest are closed",
                metadata: ["network.connections": "\(most)"]
            )
        }
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
