public import Logging
public import ServiceLifecycle
public import TCC
public import TCCHTTP

/// Whether a participant's coordinator can be reached.
///
/// A participant that has never reached it is ready all the same: it may be the first to start.
package struct CoordinatorReach: Hashable, Sendable {
    /// How long it may not be reached.
    package static let longestSilence = Duration.seconds(5)

    private var lastReached: Duration?

    /// Nothing is known yet.
    package init() {}

    /// It was asked.
    ///
    /// - Parameters:
    ///   - isReached: whether it answered.
    ///   - now: the time since some moment.
    /// - Returns: why the participant is not ready because of it; nil if it is.
    package mutating func asked(isReached: Bool, at now: Duration) -> String? {
        if isReached { lastReached = now }
        guard let lastReached, now - lastReached >= Self.longestSilence else { return nil }
        return "has not answered for \(Self.longestSilence.components.seconds) seconds or longer"
    }
}

/// Asks the coordinator now and then whether it is there, and reports it where it is not.
public struct CoordinatorWatch: Service {
    private static let interval = Duration.seconds(1)

    private let readiness: Readiness
    private let world: World
    private let logger: Logger
    private let ask: @Sendable () async throws -> Void

    /// A watch.
    ///
    /// - Parameters:
    ///   - readiness: where it is reported.
    ///   - world: clocks and chance.
    ///   - logger: where changes are logged.
    ///   - ask: asks the coordinator something; throws if it does not answer.
    public init(
        readiness: Readiness,
        world: World,
        logger: Logger,
        ask: @escaping @Sendable () async throws -> Void
    ) {
        self.readiness = readiness
        self.world = world
        self.logger = logger
        self.ask = ask
    }

    /// Asks until the service group stops it.
    public func run() async throws {
        await cancelWhenGracefulShutdown { await runUntilCancelled() }
    }

    /// Asks until the task is cancelled.
    package func runUntilCancelled() async {
        var reach = CoordinatorReach()
        while !Task.isCancelled {
            var isReached = true
            do {
                try await ask()
            } catch is CancellationError {
                return
            } catch {
                isReached = false
            }
            let trouble = reach.asked(isReached: isReached, at: world.elapsed())
            if readiness.report("coordinator", trouble), !Task.isCancelled {
                if trouble == nil {
                    logger.notice("The coordinator can be reached again")
                } else {
                    logger.warning("The coordinator cannot be reached; reservations that it does not end stay")
                }
            }
            try? await world.sleep(Self.interval)  // `try?`: a cancelled sleep ends the loop
        }
    }
}
