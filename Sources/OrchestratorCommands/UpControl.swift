import Foundation
import NIOCore
import NIOPosix
import ServiceLifecycle
import Supervision
import Synchronization
import TCC

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Takes orders for the processes of `orchestrator up` from other terminals: `orchestrator pause`, `orchestrator kill`.
///
/// They come over a socket in the data directory, which its owner alone can open. Only `up` itself sends signals: it knows
/// which of its children live, and lets one go on that is held up, however whoever asked for it ends.
final class UpControl: Service {
    private static let longestOrder = 512

    private let path: String
    private let processes: [SupervisedProcess]
    private let console: UpConsole
    private let world: World
    private let held = Mutex<Set<String>>([])

    /// Takes no orders yet.
    ///
    /// - Parameters:
    ///   - path: where the socket is to be.
    ///   - processes: whom the orders are for.
    ///   - console: shows what is done.
    ///   - world: clocks.
    init(path: String, processes: [SupervisedProcess], console: UpConsole, world: World) {
        self.path = path
        self.processes = processes
        self.console = console
        self.world = world
    }

    /// The socket's path.
    ///
    /// - Parameter dataDirectory: where `up` keeps the data.
    /// - Returns: a path in it.
    static func path(in dataDirectory: String) -> String { "\(dataDirectory)/up.socket" }

    /// Takes orders until a graceful shutdown.
    func run() async throws {
        let server: NIOAsyncChannel<NIOAsyncChannel<ByteBuffer, ByteBuffer>, Never>
        do {
            // Its data directory is locked: a socket that is there was left by an `up` that was killed.
            server = try await ServerBootstrap(group: NIOSingletons.posixEventLoopGroup)
                .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            // A long path, say. Whoever starts the processes can do without.
            console.say("'pause' and 'kill' do not work here: the socket \(path) cannot be made: \(error)")
            return try await gracefulShutdown()
        }
        chmod(path, 0o600)
        defer { unlink(path) }
        try await server.executeThenClose { clients in
            try await withThrowingDiscardingTaskGroup { group in
                for try await client in clients.cancelOnGracefulShutdown() {
                    group.addTask { await self.serve(client) }
                }
                // Whoever is held up goes on, to be stopped.
                group.cancelAll()
            }
        }
    }

    private func serve(_ client: NIOAsyncChannel<ByteBuffer, ByteBuffer>) async {
        await withDiscardingTaskGroup { group in
            do {
                try await client.executeThenClose { inbound, outbound in
                    guard let line = try await Self.line(from: inbound) else { return }
                    let (answer, pause) = take(line)
                    if let pause { group.addTask { await self.wait(pause.length, thenContinue: pause.process) } }
                    try await outbound.write(ByteBuffer(string: answer + "\n"))
                }
            } catch {
                // Whoever asked has gone; what was asked for is done.
            }
        }
    }

    private static func line(from inbound: NIOAsyncChannelInboundStream<ByteBuffer>) async throws -> String? {
        var text = ""
        for try await part in inbound {
            text += String(buffer: part)
            if let end = text.firstIndex(where: \.isNewline) { return String(text[..<end]) }
            if text.utf8.count > longestOrder { return nil }
        }
        return nil
    }

    private func take(_ line: String) -> (answer: String, pause: (process: SupervisedProcess, length: Duration)?) {
        guard let order = UpOrder(line) else { return ("error the order cannot be read", nil) }
        let names = processes.map(\.name)
        guard let name = order.process(among: names), let process = processes.first(where: { $0.name == name }) else {
            return ("error there is no process '\(order.name)' here; there are \(names.joined(separator: ", "))", nil)
        }
        let absent = "error \(name) does not run at this moment; it is being started again"
        switch order {
        case .kill:
            guard process.signal(SIGKILL) else { return (absent, nil) }
            console.say("\(name) is killed, as you asked")
            return ("ok \(name) is killed; it will be started again", nil)
        case .pause(_, let milliseconds):
            guard held.withLock({ $0.insert(name).inserted }) else { return ("error \(name) is held up already", nil) }
            guard process.signal(SIGSTOP) else {
                held.withLock { _ = $0.remove(name) }
                return (absent, nil)
            }
            let text = "\(name) is held up for \(Double(milliseconds) / 1000) s"
            console.say("\(text), as you asked")
            return ("ok \(text); then it goes on", (process, .milliseconds(milliseconds)))
        }
    }

    private func wait(_ length: Duration, thenContinue process: SupervisedProcess) async {
        // `try?`: cut short where all are to stop.
        try? await world.sleep(length)
        _ = held.withLock { $0.remove(process.name) }
        process.signal(SIGCONT)
        console.say("\(process.name) goes on")
    }
}
