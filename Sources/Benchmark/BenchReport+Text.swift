import Foundation
import OrchestratorCommands

extension BenchReport {
    /// The report for people: lines, without a last line's end.
    package var text: String {
        var parts = [heading]
        if let disk {
            parts.append(
                """
                disk: \(Self.whole(disk.perSecond)) fdatasync a second (4 KiB appends), median \
                \(Self.milliseconds(disk.sync.p50)) ms, p99 \(Self.milliseconds(disk.sync.p99)) ms
                """
            )
        }
        if !floors.isEmpty { parts.append("floors and baselines\n" + Self.table(floors).text) }
        if !figures.isEmpty { parts.append("measured\n" + Self.table(figures).text) }
        let costs = Self.costs(floors + figures)
        if let costs { parts.append("what each costs\n" + costs.text) }
        let remarks = remarks
        if !remarks.isEmpty { parts.append(remarks.joined(separator: "\n")) }
        return parts.joined(separator: "\n\n")
    }

    private var heading: String {
        let load = [loadBefore.map { "load before \($0)" }, loadAfter.map { "after \($0)" }].compactMap { $0 }
        return (["\(command)", "\(build) build, \(processors) processors"] + load).joined(separator: ", ")
    }

    private static func table(_ figures: [Figure]) -> Table {
        let hasHistory = figures.contains { $0.history != nil }
        var columns: [Table.Column] = [.init("what"), .init("clients", isNumeric: true)]
        if hasHistory { columns.append(.init("on disk", isNumeric: true)) }
        columns += ["per second", "p50 ms", "p99 ms", "max ms", "p99/p50", "others' CPU"]
            .map { .init($0, isNumeric: true) }
        columns.append(.init("remarks"))
        var table = Table(columns)
        for figure in figures {
            var cells = [figure.name, "\(figure.clients)"]
            if hasHistory { cells.append(figure.history.map { "\($0)" } ?? "") }
            let latency = figure.latency
            cells += [
                figure.perSecond.map { whole($0) } ?? "", latency.map { milliseconds($0.p50) } ?? "",
                latency.map { milliseconds($0.p99) } ?? "", latency.map { milliseconds($0.max) } ?? "",
                latency.map { $0.p50 > 0 ? tenth($0.p99 / $0.p50) : "" } ?? "", foreign(figure), remark(figure),
            ]
            table.add(cells)
        }
        return table
    }

    /// The share that others took in the worst round.
    private static func foreign(_ figure: Figure) -> String {
        let worst = figure.rounds.compactMap(\.foreignShare).max()
        return worst.map { "\(whole($0 * 100)) %" } ?? ""
    }

    private static func remark(_ figure: Figure) -> String {
        var words: [String] = []
        if figure.noisyRounds > 0 { words.append("NOISY \(figure.noisyRounds)/\(figure.rounds.count)") }
        for (name, ratio) in figure.ratios.sorted(by: { $0.key < $1.key }) {
            words.append(name == syncRatio ? "\(tenth(ratio)) \(name)" : "\(hundredth(ratio)) of \(name)")
        }
        for (name, value) in figure.milliseconds.sorted(by: { $0.key < $1.key }) {
            words.append("\(name) \(milliseconds(value)) ms")
        }
        if let refused = figure.refused {
            words.append(
                """
                429: \(refused.count), p50 \(milliseconds(refused.p50)) p99 \(milliseconds(refused.p99)) \
                max \(milliseconds(refused.max)) ms
                """
            )
        }
        for (name, count) in figure.failures.sorted(by: { $0.key < $1.key }) { words.append("\(name): \(count)") }
        return words.joined(separator: "; ")
    }

    private static func costs(_ figures: [Figure]) -> Table? {
        guard figures.contains(where: { !$0.cpuMicroseconds.isEmpty }) else { return nil }
        var table = Table([
            .init("what"), .init("clients", isNumeric: true), .init("CPU µs", isNumeric: true),
            .init("generator", isNumeric: true), .init("syncs", isNumeric: true), .init("of them, for each"),
        ])
        for figure in figures {
            let names = figure.cpuMicroseconds.keys.filter { $0 != Figure.generator }.sorted()
            let each = names.map { name in
                let syncs = figure.syncs?[name].map { ", \(hundredth($0)) syncs" } ?? ""
                let memory = figure.peakMemoryBytes[name].map { ", \($0 >> 20) MiB" } ?? ""
                return "\(name) \(whole(figure.cpuMicroseconds[name] ?? 0)) µs\(syncs)\(memory)"
            }
            table.add([
                figure.name, "\(figure.clients)", figure.cpuTotal.map { whole($0) } ?? "",
                figure.cpuMicroseconds[Figure.generator].map { whole($0) } ?? "",
                figure.syncs.map { hundredth($0.values.reduce(0, +)) } ?? "", each.joined(separator: "; "),
            ])
        }
        return table
    }

    private var remarks: [String] {
        var lines = notes.map { "note: \($0)" }
        if build == "debug" { lines.append("note: a debug build is several times slower; build with -c release") }
        if (floors + figures).contains(where: { $0.noisyRounds > 0 }) {
            lines.append(
                "note: in a NOISY round others took more than \(Self.whole(Figure.mostForeign * 100)) % of the machine"
            )
        }
        return lines
    }

    // MARK: Numbers

    static func whole(_ number: Double) -> String { String(Int(number.rounded())) }
    static func tenth(_ number: Double) -> String { String(format: "%.1f", number) }
    static func hundredth(_ number: Double) -> String { String(format: "%.2f", number) }

    /// Milliseconds with three digits that count.
    package static func milliseconds(_ number: Double) -> String {
        switch number {
        case ..<10: String(format: "%.2f", number)
        case ..<100: String(format: "%.1f", number)
        default: whole(number)
        }
    }
}
