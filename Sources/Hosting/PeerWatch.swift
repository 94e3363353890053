package import Logging
import ServiceLifecycle
import TCC
import TCCHTTP

/// Whether what a process needs can be reached.
///
/// A process is ready for some seconds all the same: it may be the first to start.
package struct PeerReach: Hashable, Sendable {
    /// How long it may not be reached.
    package static let longestSilence = Duration.seconds(5)

    /// Since when it has not been.
    private var lastReached: Duration?

    /// Nothing is known yet.
    package init() {}

    /// It was asked.
    ///
    /// - Parameters:
    ///   - isReached: whether it answered.
    ///   - now: the time since some moment.
    /// - Returns: why the process is not ready because of it; nil if it is.
    package mutating func asked(isReached: Bool, at now: Duration) -> String? {
        let since = isReached ? now : lastReached ?? now
        lastReached = since
        guard now - since >= Self.longestSilence else { return nil }
        return "could not be reached for \(Self.longestSilence.components.seconds) seconds or longer"
    }
}

/// Asks now and then whether what a process needs is there, and reports it where it is not.
package struct PeerWatch: Service {
    private static let interval = Duration.seconds(1)

    private let peer: String
    private let warning: Logger.Message
    private let context: HostContext
    private let ask: @Sendable () async throws -> Void

    /// A watch.
    ///
    /// - Parameters:
    ///   - peer: its name among the reasons why the process is not ready.
    ///   - warning: what is logged when it cannot be reached any more.
    ///   - context: the process.
    ///   - ask: asks it something; throws if it does not answer.
    package init(
        _ peer: String,
        warning: Logger.Message,
        _ context: HostContext,
        ask: @escaping @Sendable () async throws -> Void
    ) {
        self.peer = peer
        self.warning = warning
        self.context = context
        self.ask = ask
    }

    /// Asks until the service group stops it.
    package func run() async throws {
        await cancelWhenGracefulShutdown { await runUntilCancelled() }
    }

    /// Asks until the task is cancelled.
    package func runUntilCancelled() async {
        var reach = PeerReach()
        while !Task.isCancelled {
            var isReached = true
            do {
                try await ask()
            } catch is CancellationError {
                return
            } catch {
                isReached = false
            }
            let trouble = reach.asked(isReached: isReached, at: context.world.elapsed())
            if context.readiness.report(peer, trouble), !Task.isCancelled {
                if trouble == nil {
                    context.logger.notice("The \(peer) can be reached again")
                } else {
                    context.logger.warning(warning)
                }
            }
            try? await context.world.sleep(Self.interval)  // `try?`: a cancelled sleep ends the loop
        }
    }
}
