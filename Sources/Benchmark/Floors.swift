import Foundation
import Supervision
import TCC
import TCCHTTP

/// What could be done with less: measured in the same run, so that every figure is also a ratio.
package enum Floors {
    /// One process whose one endpoint makes one group-committed durable insert.
    static let ingress = "ingress floor"
    /// Two services without a library, a commit for each write, and a client that makes the four calls.
    static let plain = "four calls, no library"
    /// Our participants, and a client that makes the four calls.
    static let participants = "four calls, our participants"
    /// One service that writes both tables of one database in one local transaction.
    static let local = "one local transaction"

    private static let diskTime = Duration.seconds(1)

    /// Measures all of them.
    ///
    /// - Parameters:
    ///   - clients: with how many clients each.
    ///   - measurement: measures.
    ///   - session: gets the figures into its report.
    /// - Throws: whatever keeps them from being measured.
    static func measure(clients: [Int], _ measurement: Measurement, _ session: BenchSession) async throws {
        session.progress.show("disk: fdatasync")
        session.report.disk = try DiskFloor.measure(in: session.folder, for: diskTime)
        for clients in clients {
            try await served([.ingress], session) { ports, workers in
                try await measurement.figure(ingress, clients: clients, .insert(port: ports[0]), workers: workers)
            }
            try await served([.plain, .plain], session) { ports, workers in
                try await measurement.figure(plain, clients: clients, .plainWrites(ports: ports), workers: workers)
            }
            let figure = try await session.withStack { stack in
                let script = Script.participantCalls(
                    ports: [stack.port(.draft), stack.port(.online)],
                    token: try await stack.token(.service),
                    author: BenchStack.author
                )
                let workers = stack.workers.filter { $0.name != BenchStack.Server.orchestrator.rawValue }
                return try await measurement.figure(participants, clients: clients, script, workers: workers)
            }
            session.report.floors.append(figure)
            try await served([.local], session) { ports, workers in
                try await measurement.figure(local, clients: clients, .insert(port: ports[0]), workers: workers)
            }
        }
    }

    /// Which of the counts floors are measured with: those from 64 on, where there is something to compare.
    ///
    /// - Parameter clients: what is measured.
    /// - Returns: some of them; the greatest if all are smaller.
    package static func clients(for clients: [Int]) -> [Int] {
        let many = clients.filter { $0 >= 64 }
        return many.isEmpty ? clients.max().map { [$0] } ?? [] : many
    }

    /// Starts servers of floors, and puts the figure into the report.
    private static func served(
        _ kinds: [FloorServer.Kind],
        _ session: BenchSession,
        _ measure: ([Int], [Measurement.Worker]) async throws -> Figure
    ) async throws {
        let folder = try session.makeFolder()
        let figure = try await Children.with { children in
            var ports: [Int] = []
            var workers: [Measurement.Worker] = []
            for (number, (kind, port)) in zip(kinds, FreePorts.choose(kinds.count)).enumerated() {
                let data = folder.appending(path: "\(number)")
                try FileManager.default.createDirectory(at: data, withIntermediateDirectories: false)
                let name = kinds.count == 1 ? "server" : "server \(number + 1)"
                let arguments = [
                    FloorServerCommand.name, "--kind", kind.rawValue, "--port", "\(port)", "--data-dir",
                    data.path(percentEncoded: false),
                ]
                let life = ChildLife(
                    ChildCommand(name: name, program: OwnPrograms.path("bench"), arguments: arguments)
                )
                children.start(life)
                guard try await life.serving.value() != nil, let pid = life.pid else {
                    let last = life.tail.last ?? "it says nothing"
                    throw BenchFailure(BenchFailure.broken, "the server of a floor does not start: \(last)")
                }
                ports.append(port)
                workers.append(Measurement.Worker(name: name, pid: pid))
            }
            return try await measure(ports, workers)
        }
        session.report.floors.append(figure)
        try session.remove(folder)
    }
}
