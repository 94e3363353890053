import Hosting

/// A report as one page of HTML, which needs nothing else and runs no script.
package struct BenchPage: Sendable {
    private let report: BenchReport

    /// A page.
    ///
    /// - Parameter report: what it shows.
    package init(_ report: BenchReport) { self.report = report }

    /// The page.
    package var html: String {
        let page: Markup = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>swift-tcc: how fast it is</title>
            <style>
            \(Self.style)
            </style>
            </head>
            <body>
            <main>
            <p class="kind">swift-tcc</p>
            <h1>How fast it is</h1>
            <p class="note"><code>\(report.command)</code></p>
            <p class="note">\(report.startedAt), \(report.build) build, \(report.processors) processors\(load)</p>
            \(charts)
            <section><h2>All figures</h2>
            <div class="wide"><table>
            <thead><tr><th>What</th><th class="n">Clients</th><th class="n">On disk</th><th class="n">Per second</th>
            <th class="n">p50 ms</th><th class="n">p99 ms</th><th class="n">CPU µs</th><th class="n">Syncs</th>
            <th class="n">Others</th></tr></thead>
            <tbody>
            \((report.figures + report.floors).map(row))
            </tbody></table></div>
            \(noise)
            \(disk)
            </section>
            \(notes)
            </main>
            </body>
            </html>

            """
        return page.description
    }

    private var noise: Markup {
        guard (report.figures + report.floors).contains(where: { $0.noisyRounds > 0 }) else { return "" }
        return "<p class=\"note\">* A round was noisy: others took much of the machine.</p>"
    }

    private var load: Markup {
        guard let before = report.loadBefore, let after = report.loadAfter else { return "" }
        return ", load \(before) before and \(after) after"
    }

    private var disk: Markup {
        guard let disk = report.disk else { return "" }
        return """
            <p class="note">The disk: \(BenchReport.whole(disk.perSecond)) syncs of 4 KiB a second, median \
            \(BenchReport.milliseconds(disk.sync.p50)) ms.</p>
            """
    }

    private var notes: Markup {
        guard !report.notes.isEmpty else { return "" }
        let items: [Markup] = report.notes.map { "<li>\($0)</li>" }
        return "<section><h2>Notes</h2><ul>\(items)</ul></section>"
    }

    private func row(_ figure: Figure) -> Markup {
        func number(_ value: Double?, _ text: (Double) -> String) -> Markup {
            "<td class=\"n\">\(value.map(text) ?? "")</td>"
        }
        let others = figure.rounds.compactMap(\.foreignShare).max()
        let mark = figure.noisyRounds > 0 ? " *" : ""
        return """
            <tr><th scope="row">\(figure.name)\(mark)</th><td class="n">\(figure.clients)</td>\
            <td class="n">\(figure.history.map { "\($0)" } ?? "")</td>\
            \(number(figure.perSecond, BenchReport.whole))\(number(figure.latency?.p50, BenchReport.milliseconds))\
            \(number(figure.latency?.p99, BenchReport.milliseconds))\(number(figure.cpuTotal, BenchReport.whole))\
            \(number(figure.syncs.map { $0.values.reduce(0, +) }, BenchReport.hundredth))\
            \(number(others.map { $0 * 100 }) { BenchReport.whole($0) + " %" })</tr>
            """
    }

    // MARK: Curves

    private var charts: [Markup] {
        let all = report.figures + report.floors
        var charts: [Markup] = []
        let names = all.reduce(into: [String]()) { if !$0.contains($1.name) { $0.append($1.name) } }
        func curves(_ figures: [Figure], _ x: (Figure) -> Int?, _ y: (Figure) -> Double?) -> [BenchChart.Curve] {
            names.compactMap { name in
                let points = figures.filter { $0.name == name }
                    .compactMap { figure -> BenchChart.Point? in
                        guard let x = x(figure), let y = y(figure) else { return nil }
                        return BenchChart.Point(x: Double(x), y: y)
                    }
                return points.isEmpty ? nil : BenchChart.Curve(name: name, points: points.sorted { $0.x < $1.x })
            }
        }
        let plain = all.filter { $0.history == nil }
        let rates = curves(plain, { $0.clients }, { $0.perSecond })
        if !rates.isEmpty {
            charts.append(BenchChart(title: "Done a second, by clients", unit: "/s", curves: rates).markup)
        }
        let measured = report.figures.filter { $0.history == nil }
        let latencies = names.flatMap { name in
            [("p50", \Figure.Latency.p50), ("p99", \Figure.Latency.p99)]
                .flatMap { percentile, path in
                    curves(measured.filter { $0.name == name }, { $0.clients }, { $0.latency?[keyPath: path] })
                        .map { BenchChart.Curve(name: "\($0.name) \(percentile)", points: $0.points) }
                }
        }
        if !latencies.isEmpty {
            charts.append(BenchChart(title: "How long one takes, by clients", unit: " ms", curves: latencies).markup)
        }
        let history = curves(report.figures, { $0.history.map { max(1, $0) } }, { $0.perSecond })
        if !history.isEmpty {
            let title = "Done a second, by transactions on disk"
            charts.append(BenchChart(title: title, unit: "/s", curves: history).markup)
        }
        return charts
    }
}
