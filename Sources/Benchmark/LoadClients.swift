import NIOCore
import NIOPosix
import TCC

/// Clients that each make one request after the other, over connections that stay: a closed loop on one thread.
///
/// What it costs comes off what is measured, as both share the machine: requests are bytes before the round begins, and
/// of the answers little more than the status is read.
final class LoadClients: Sendable {
    /// How a client behaves.
    struct Manners: Sendable {
        /// Whether one that is refused waits as long as `Retry-After` says.
        var heedsRetryAfter = true
        /// When a request is given up.
        var timeout = Duration.seconds(10)
    }

    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let driver: LoadDriver

    /// Connects clients.
    ///
    /// - Parameters:
    ///   - count: how many.
    ///   - script: what each does.
    ///   - manners: how they behave.
    /// - Returns: clients that do nothing yet.
    /// - Throws: whatever keeps them from being connected.
    static func connect(_ count: Int, _ script: Script, manners: Manners = Manners()) async throws -> LoadClients {
        let clients = LoadClients(script, manners)
        do {
            for client in 0..<count { try await clients.driver.connect(client).get() }
        } catch {
            try await clients.close()
            throw error
        }
        return clients
    }

    private init(_ script: Script, _ manners: Manners) {
        self.driver = LoadDriver(group.next(), script, manners)
    }

    /// Runs all of them for a while; returns when the last request is answered or given up.
    ///
    /// - Parameter duration: how long they begin requests; what is answered later is not counted.
    /// - Returns: what came of the requests.
    /// - Throws: `CancellationError`.
    func run(for duration: Duration) async throws -> Tally {
        let ended = Promise<Tally>()
        driver.start(for: duration) { ended.fulfil($0) }
        return try await ended.value()
    }

    /// Has each make one request, and does not wait for answers.
    func fire() { driver.fire() }

    /// Closes the connections.
    ///
    /// - Throws: whatever keeps the thread from ending.
    func close() async throws {
        try await driver.close().get()
        try await group.shutdownGracefully()
    }
}
