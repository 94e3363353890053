import ServiceLifecycle
import Synchronization
package import TCC

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Keeps a child process alive: starts it again when it dies (``Restarts``), and stops it on a graceful shutdown.
package final class SupervisedProcess: Service {
    /// What happens to it.
    package enum Event: Hashable, Sendable {
        /// It wrote a line.
        case line(String)
        /// It says that it serves.
        case serving(url: String, pid: Int32)
        /// It died, and is started again after this wait.
        case died(Death, restartsAfter: Duration)
        /// It has lived for a while, whether it says that it serves or not.
        case steady
        /// It ended after it was asked to.
        case stopped(Death)
    }

    /// It died at its first start, and would do so again.
    package struct CannotStart: Error, Hashable {
        /// Its name.
        package var name: String
        /// How it ended.
        package var death: Death
        /// The last lines that it wrote.
        package var tail: [String]
    }

    /// What people call it.
    package var name: String { command.name }
    private let command: ChildCommand
    private let world: World
    private let report: @Sendable (Event) -> Void
    private let current = Mutex<ChildLife?>(nil)

    /// Makes one.
    ///
    /// - Parameters:
    ///   - command: what to start.
    ///   - world: clocks and chance.
    ///   - report: is told what happens.
    package init(_ command: ChildCommand, world: World, report: @escaping @Sendable (Event) -> Void) {
        self.command = command
        self.world = world
        self.report = report
    }

    /// Runs it until a graceful shutdown.
    ///
    /// - Throws: ``CannotStart``.
    package func run() async throws {
        var restarts = Restarts()
        while true {
            let begun = world.elapsed()
            let life = ChildLife(command) { [report] line in report(.line(line)) }
            current.withLock { $0 = life }
            let death = await live(life)
            if Task.isShuttingDownGracefully || Task.isCancelled { return report(.stopped(death)) }
            var generator = world.generator
            // `try?`: it is known; only a cancelled task throws.
            let served = (try? await life.serving.value()) ?? nil
            switch restarts.ended(after: world.elapsed() - begun, served: served != nil, using: &generator) {
            case .giveUp: throw CannotStart(name: command.name, death: death, tail: life.tail)
            case .restart(let wait):
                report(.died(death, restartsAfter: wait))
                // Cancelled by the shutdown: it is not running, so there is nothing to stop.
                try? await cancelWhenGracefulShutdown { [world] in try await world.sleep(wait) }
                if Task.isShuttingDownGracefully || Task.isCancelled { return report(.stopped(death)) }
            }
        }
    }

    /// Ends it without asking, if it lives.
    package func kill() { current.withLock { $0 }?.signal(SIGKILL) }

    /// Sends a signal to it, and to what it has started in turn.
    ///
    /// - Parameter number: the signal.
    /// - Returns: whether it lives.
    @discardableResult
    package func signal(_ number: Int32) -> Bool { current.withLock { $0 }?.signal(number) ?? false }

    private func live(_ life: ChildLife) async -> Death {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [report] in
                // `try?`: cancelled, so nobody asks any more.
                if let url = (try? await life.serving.value()) ?? nil, let pid = life.pid {
                    report(.serving(url: url, pid: pid))
                }
            }
            group.addTask { [report, world] in
                // `try?`: it died before.
                if (try? await world.sleep(Restarts.steadyLife)) != nil { report(.steady) }
            }
            defer { group.cancelAll() }
            return await withGracefulShutdownHandler {
                await life.run()
            } onGracefulShutdown: {
                life.stop()
            }
        }
    }
}
