import Logging
public import ServiceLifecycle
import TCC
import TCCHTTP
import TCCStorage

/// Reports a database that cannot be written, and has it tried until it can be: where nobody asks for anything because
/// the process is not ready, nothing else would find that out.
public struct StorageWatch: Service {
    private static let interval = Duration.seconds(1)

    let store: DurableStore
    let readiness: Readiness
    let world: World
    let logger: Logger

    /// Watches until the service group stops it.
    public func run() async throws {
        await cancelWhenGracefulShutdown { await runUntilCancelled() }
    }

    /// Watches until the task is cancelled.
    package func runUntilCancelled() async {
        while !Task.isCancelled {
            let canWrite = await store.canWrite()
            if readiness.report("database", canWrite ? nil : "cannot be written"), !Task.isCancelled {
                if canWrite {
                    logger.notice("The database can be written again")
                } else {
                    logger.warning("The database cannot be written; trying again")
                }
            }
            try? await world.sleep(Self.interval)  // `try?`: a cancelled sleep ends the loop
        }
    }
}
