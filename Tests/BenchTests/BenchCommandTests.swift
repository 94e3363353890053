import ArgumentParser
import Benchmark
import Foundation
import Supervision
import Testing

@Suite("bench", .timeLimit(.minutes(5)))
struct BenchCommandTests {
    private final class Bundle {}

    private static func bench(_ arguments: [String]) async throws -> ChildCommand.Ended {
        let tests = Foundation.Bundle(for: Bundle.self).bundleURL
        // In the folder of the tests; on macOS these are a folder of their own in it.
        let places = [tests, tests.deletingLastPathComponent()].map { $0.appending(path: "bench").path }
        let program = try #require(places.first { FileManager.default.isExecutableFile(atPath: $0) })
        return await ChildCommand(name: "bench", program: program, arguments: arguments).runToItsEnd()
    }

    private static func report(_ arguments: [String]) async throws -> BenchReport {
        let ended = try await bench(arguments)
        try #require(ended.death == .exited(0), "\(ended.error)")
        return try JSONDecoder().decode(BenchReport.self, from: Data(ended.output.utf8))
    }

    @Test("Every example in the help can be parsed")
    func examples() throws {
        for command in BenchCommand.configuration.subcommands where command.configuration.shouldDisplay {
            let lines = command.configuration.discussion.split(separator: "\n")
            let examples = lines.filter { $0.hasPrefix("  bench ") }
            #expect(!examples.isEmpty, "\(command)")
            for example in examples {
                let parsed = try BenchCommand.parseAsRoot(example.split(separator: " ").dropFirst().map(String.init))
                #expect(type(of: parsed) == command, "\(example)")
            }
        }
    }

    @Test(
        "Wrong numbers are wrong usage",
        arguments: [["publish", "--rounds", "0"], ["publish", "--concurrency", "0"]]
    )
    func usage(arguments: [String]) async throws {
        #expect(try await Self.bench(arguments).death == .exited(2))
    }

    @Test("A publish is measured, with what it costs each process")
    func publish() async throws {
        let report = try await Self.report(
            [
                "publish", "--concurrency", "2", "--duration", "1s", "--warm-up", "100ms", "--rounds", "1",
                "--no-floors", "--no-syncs", "--json",
            ]
        )
        let figure = try #require(report.figures.first)
        #expect(figure.failures == [:])
        #expect((figure.latency?.count ?? 0) > 0)
        #expect((figure.perSecond ?? 0) > 0)
        #if os(Linux)
        #expect(figure.cpuMicroseconds.count == 4)
        #expect(figure.peakMemoryBytes.count == 3)
        #endif
    }

    @Test("A recovery ends, and is measured")
    func recovery() async throws {
        let report = try await Self.report(["recovery", "--in-flight", "3", "--rounds", "1", "--json"])
        let figure = try #require(report.figures.first)
        #expect(figure.clients == 3)
        #expect((figure.milliseconds["ready"] ?? 0) > 0)
        #expect((figure.milliseconds["ended"] ?? 0) > 0)
    }
}
