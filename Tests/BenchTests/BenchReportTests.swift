import Benchmark
import Foundation
import Testing

@Suite("The report")
struct BenchReportTests {
    private static func figure(
        _ name: String,
        _ clients: Int,
        _ rates: [Double],
        foreign: Double = 0
    ) throws -> Figure {
        var figure = Figure(name: name, clients: clients)
        figure.rounds = rates.map { Figure.Round(perSecond: $0, foreignShare: foreign) }
        var histogram = LatencyHistogram()
        for milliseconds in 1...100 { histogram.record(milliseconds * 1000) }
        figure.latency = Figure.Latency(histogram)
        figure.cpuMicroseconds = ["orchestrator": 200, "draft-service": 80, "bench": 40]
        figure.syncs = ["orchestrator": 0.5, "draft-service": 0.25]
        figure.peakMemoryBytes = ["orchestrator": 64 << 20]
        return figure
    }

    private static func report() throws -> BenchReport {
        var report = BenchReport(command: "bench <publish>", startedAt: "then", build: "release", processors: 2)
        report.loadBefore = "0.10 0.20 0.30"
        report.figures = [
            try figure("publish", 64, [900, 1100, 1000], foreign: 0.02),
            try figure("publish", 256, [1500], foreign: 0.3),
        ]
        report.floors = [try figure("ingress floor", 64, [4000])]
        var syncs = LatencyHistogram()
        syncs.record(250)
        report.disk = DiskFloor(perSecond: 3000, sync: try #require(Figure.Latency(syncs)))
        report.notes = ["one & only"]
        report.relate()
        return report
    }

    @Test("The median round counts, and each figure is a ratio to floors with as many clients")
    func ratios() throws {
        let report = try Self.report()
        #expect(report.figures[0].perSecond == 1000)
        #expect(report.figures[0].ratios["ingress floor"] == 0.25)
        #expect(report.figures[1].ratios["ingress floor"] == nil)
        let syncs = try #require(report.figures[0].ratios[BenchReport.syncRatio])
        #expect((195...205).contains(syncs))
        #expect(report.figures[0].cpuTotal == 280)
    }

    @Test("A round in which others took more than a tenth is noisy, and says so")
    func noise() throws {
        let report = try Self.report()
        #expect(report.figures[0].noisyRounds == 0)
        #expect(report.figures[1].noisyRounds == 1)
        #expect(!Figure.Round(perSecond: 1, foreignShare: 0.1).isNoisy)
        #expect(!Figure.Round(perSecond: 1).isNoisy)
        let lines = report.text.split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("publish") && $0.contains("256") && $0.contains("NOISY 1/1") })
        #expect(lines.contains { $0.hasPrefix("publish") && $0.contains("1000") && !$0.contains("NOISY") })
    }

    @Test("The table has what was measured, and what it cost")
    func table() throws {
        let text = try Self.report().text
        for piece in [
            "bench <publish>, release build, 2 processors, load before 0.10 0.20 0.30", "3000 fdatasync a second",
            "0.25 of ingress floor", "orchestrator 200 µs, 0.50 syncs, 64 MiB", "note: one & only",
        ] { #expect(text.contains(piece), "\(piece)") }
    }

    @Test("Milliseconds have three digits that count", arguments: [(0.254, "0.25"), (12.34, "12.3"), (1234.4, "1234")])
    func milliseconds(number: Double, text: String) { #expect(BenchReport.milliseconds(number) == text) }

    @Test("JSON comes back as it went")
    func json() throws {
        let report = try Self.report()
        let data = try JSONEncoder().encode(report)
        #expect(try JSONDecoder().decode(BenchReport.self, from: data) == report)
    }

    @Test("The page has curves, is text where text is, and loads nothing")
    func page() throws {
        let html = BenchPage(try Self.report()).html
        #expect(html.hasPrefix("<!DOCTYPE html>"))
        #expect(html.contains("<code>bench &lt;publish&gt;</code>"))
        #expect(html.contains("<path d=\"M"))
        #expect(html.contains("publish p99"))
        #expect(html.contains("prefers-color-scheme: dark"))
        #expect(html.contains("one &amp; only"))
        for outside in ["<script", "http://", "https://", "@import", "src=", "href="] {
            #expect(!html.contains(outside), "\(outside)")
        }
    }

    @Test("Numbers of clients", arguments: [("1,16,64", [1, 16, 64]), ("7", [7])])
    func counts(text: String, values: [Int]) { #expect(Counts(argument: text)?.values == values) }

    @Test("What is no number of clients", arguments: ["", "0", "1,,2", "-1", "x", "1, 2"])
    func noCounts(text: String) { #expect(Counts(argument: text) == nil) }

    @Test("Floors are measured with many clients, if there are many")
    func floorClients() {
        #expect(Floors.clients(for: [1, 16, 64, 256]) == [64, 256])
        #expect(Floors.clients(for: [1, 4]) == [4])
        #expect(Floors.clients(for: []) == [])
    }
}
