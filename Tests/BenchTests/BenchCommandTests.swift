import ArgumentParser
import Benchmark
import Foundation
import Testing

@Suite("bench", .timeLimit(.minutes(5)))
struct BenchCommandTests {
    private final class Bundle {}

    private static func bench(_ arguments: [String]) throws -> (code: Int32, output: Data) {
        let tests = Foundation.Bundle(for: Bundle.self).bundleURL
        let process = Process()
        // In the folder of the tests; on macOS these are a folder of their own in it.
        let places = [tests, tests.deletingLastPathComponent()].map { $0.appending(path: "bench") }
        let program = places.first { FileManager.default.isExecutableFile(atPath: $0.path) }
        let executable: URL = try #require(program)
        process.executableURL = executable
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let written = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, written)
    }

    private static func report(_ arguments: [String]) throws -> BenchReport {
        let (code, output) = try bench(arguments)
        try #require(code == 0)
        return try JSONDecoder().decode(BenchReport.self, from: output)
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
    func usage(arguments: [String]) throws { #expect(try Self.bench(arguments).code == 2) }

    @Test("A publish is measured, with what it costs each process")
    func publish() throws {
        let report = try Self.report(
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
    func recovery() throws {
        let report = try Self.report(["recovery", "--in-flight", "3", "--rounds", "1", "--json"])
        let figure = try #require(report.figures.first)
        #expect(figure.clients == 3)
        #expect((figure.milliseconds["ready"] ?? 0) > 0)
        #expect((figure.milliseconds["ended"] ?? 0) > 0)
    }
}
