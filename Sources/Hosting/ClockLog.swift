import Logging
import ServiceLifecycle
import TCC
import TCCStorage

/// Logs each jump of the wall clock when it happens.
struct ClockLog: Service {
    private static let interval = Duration.seconds(1)

    let world: World
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var watch = ClockWatch()
            while !Task.isCancelled {
                _ = watch.lookAndReport(world, logger)
                try? await world.sleep(Self.interval)  // `try?`: a cancelled sleep ends the loop
            }
        }
    }
}
