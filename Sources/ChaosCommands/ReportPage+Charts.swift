import Hosting
import Verification

extension ReportPage {
    private static let mostBars = 180
    private static let mostListedFaults = 500

    /// A fault, from when until when.
    private struct Span {
        var fault: RecordedFault
        var from: Double
        var to: Double
    }

    private var spans: [Span] {
        recording.lines.compactMap { line in
            guard case .fault(let fault) = line.event else { return nil }
            return Span(fault: fault, from: line.at, to: max(line.at, fault.untilMilliseconds ?? line.at))
        }
    }

    /// The last moment that a chart shows: the dumps come all at once after it.
    private var domainMilliseconds: Double {
        max(1000, recording.lines.last { !$0.event.isFinalState && !$0.event.isEnd }?.at ?? 0)
    }

    // MARK: Publishes

    /// Publishes over time, and below them the faults.
    var throughput: Markup {
        let times = recording.publishTimes
        let domain = domainMilliseconds
        let width = Self.barSeconds(domain)
        var counts = Array(repeating: 0, count: Int((domain / 1000 / width).rounded(.up)))
        for time in times { counts[min(Int(time / 1000 / width), counts.count - 1)] += 1 }
        let rates = counts.map { Double($0) / width }
        let top = Self.ceiling(rates.max() ?? 0)
        let bars = rates.enumerated().filter { $0.element > 0 }
            .map { index, rate -> Markup in
                let height = rate / top * 100
                let from = Double(index) * width
                return """
                    <rect x="\(Double(index) + 0.08)" y="\(100 - height)" width="0.84" height="\(height)">\
                    <title>\(from) s: \(rate) a second</title></rect>
                    """
            }
        let scale = Double(counts.count) * width * 1000
        let kills = spans.filter { $0.fault.kind == .kill }
            .map { span -> Markup in
                let x = span.from / scale * Double(counts.count)
                return "<line x1=\"\(x)\" x2=\"\(x)\" y1=\"0\" y2=\"100\"/>"
            }
        let each = width == 1 ? "" : ", in bars of \(Int(width)) s"
        return """
            <section><h2>Publishes a second, and the faults</h2>
            <p class="note">\(counted(times.count, "publish")) answered 200 or 202\(each). Thin lines: a process is killed.\
            \(healedNote)</p>
            <div class="chart">
            <div class="y"><span>\(Self.number(top))</span><span>\(Self.number(top / 2))</span><span>0</span></div>
            <svg class="plot" viewBox="0 0 \(counts.count) 100" preserveAspectRatio="none" role="img" \
            aria-label="Publishes a second over \(seconds(domain)); at most \(Self.number(rates.max() ?? 0))">
            <g class="grid"><line x1="0" x2="\(counts.count)" y1="0" y2="0"/>\
            <line x1="0" x2="\(counts.count)" y1="50" y2="50"/></g>
            <g class="kills">\(kills)</g>
            <g class="bars">\(bars)</g>
            <g class="axis"><line x1="0" x2="\(counts.count)" y1="100" y2="100"/></g>
            </svg>
            \(lanes(scale: scale))
            \(axis(scale: scale))
            </div>
            \(listOfFaults)
            </section>
            """
    }

    private var healedNote: String {
        recording.lines.last { $0.event == .healed }.map { " The last fault was taken back at \(moment($0.at)) s." }
            ?? ""
    }

    private func lanes(scale: Double) -> Markup {
        let byKind = Dictionary(grouping: spans, by: \.fault.kind)
        let lanes = FaultKind.allCases.compactMap { kind -> Markup? in
            guard let spans = byKind[kind] else { return nil }
            let marks = spans.map { span -> Markup in
                let (x, end) = (span.from / scale * 1000, min(span.to, scale) / scale * 1000)
                let shape: Markup =
                    end > x ? "<rect x=\"\(x)\" y=\"1\" width=\"\(end - x)\" height=\"8\"/>" : ""
                return """
                    <g><title>\(moment(span.from)) s: \(kind.rawValue) of \(span.fault.party)\
                    \(span.fault.detail.map { ", \($0)" } ?? "")</title>\(shape)\
                    <line x1="\(x)" x2="\(x)" y1="1" y2="9"/></g>
                    """
            }
            return """
                <div class="lane">\(kind.rawValue) <b>\(spans.count)</b></div>
                <svg class="strip" viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" \
                aria-label="\(counted(spans.count, "fault")) of the kind \(kind.rawValue)">\(marks)</svg>

                """
        }
        let returns = recording.lines.compactMap { line -> Markup? in
            guard case .ready(let party, let milliseconds) = line.event else { return nil }
            let x = line.at / scale * 1000
            return """
                <g><title>\(moment(line.at)) s: \(party), \(seconds(milliseconds)) after its start</title>\
                <line x1="\(x)" x2="\(x)" y1="1" y2="9"/></g>
                """
        }
        let back: Markup = """
            <div class="lane">ready again <b>\(returns.count)</b></div>
            <svg class="strip back" viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" \
            aria-label="Processes that had died were ready again">\(returns)</svg>

            """
        return "\(lanes)\(if: !returns.isEmpty, back)"
    }

    private func axis(scale: Double) -> Markup {
        let step = Self.niceCeiling(scale / 1000 / 6)
        let ticks = stride(from: 0, through: scale / 1000, by: step)
            .map { second -> Markup in
                let place = second * 1000 / scale * 100
                let edge = place > 94 ? " class=\"last\"" : ""
                return "<span\(edge) style=\"left:\(place)%\">\(Self.number(second))\(second == 0 ? " s" : "")</span>"
            }
        return "<div class=\"x\">\(ticks)</div>"
    }

    private var listOfFaults: Markup {
        let rows = spans.prefix(Self.mostListedFaults)
            .map { span -> Markup in
                let length: Markup = span.to > span.from ? "\(seconds(span.to - span.from))" : ""
                return """
                    <tr><td class="n">\(moment(span.from))</td><td>\(span.fault.kind.rawValue)</td>\
                    <td>\(span.fault.party)</td><td class="n">\(length)</td><td>\(span.fault.detail ?? "")</td></tr>

                    """
            }
        guard !rows.isEmpty else { return "<p class=\"note\">There were no faults.</p>" }
        let more = spans.count - rows.count
        return """
            <details><summary>Every fault</summary><div class="wide"><table>
            <thead><tr><th class="n">at, s</th><th>kind</th><th>where</th><th class="n">for</th><th>what</th></tr></thead>
            <tbody>\(rows)</tbody></table></div>
            \(if: more > 0, "<p class=\"note\">And \(more) more.</p>")</details>
            """
    }

    // MARK: Distributions

    /// How long it took until what a death had interrupted had ended.
    var recovery: Markup {
        let (recoveries, starts) = (recording.recoveries, recording.starts)
        guard !recoveries.values.isEmpty || !starts.values.isEmpty else {
            return """
                <section><h2>Recovery</h2><p class="note">No process died and came back, or none was waited for.</p></section>
                """
        }
        return """
            <section><h2>Recovery</h2>
            <p class="note">How long it took, from when a process that had died was ready again, until every transaction that
            was unfinished then had ended. Before that it needs to start: until its /readyz answers 200.\
            \(if: recoveries.values.isEmpty, " None could be measured; these are the starts.")</p>
            \(histogram(recoveries.values.isEmpty ? starts : recoveries))
            \(percentiles([("recovery", recoveries), ("start", starts)]))
            </section>
            """
    }

    /// How long one library showed a revision before the other.
    var window: Markup {
        let reads = recording.tornReads
        guard !reads.isEmpty else {
            return """
                <section><h2>One library before the other</h2>
                <p class="note">No reader saw a revision in both libraries.</p></section>
                """
        }
        let draftFirst = reads.count { $0.first == .draft }
        let resolution: Markup =
            recording.run?.lookMilliseconds.map { "Readers looked every \(seconds($0)): no window is known better." }
            ?? "How often the readers looked was not recorded: a shorter window is not seen as it was."
        let milliseconds = Distribution(reads.map(\.milliseconds))
        return """
            <section><h2>One library before the other</h2>
            <p class="note">Between the two confirms one library shows a revision before the other: the project promises no
            isolation, and this is how long it lasts. \(counted(reads.count, "revision")) seen in both libraries, \(draftFirst) first
            in the draft service, \(reads.count - draftFirst) first in the online service. \(resolution)</p>
            \(histogram(milliseconds))
            \(percentiles([("window", milliseconds)]))
            </section>
            """
    }

    private func histogram(_ distribution: Distribution) -> Markup {
        let bins = distribution.histogram()
        let most = bins.map(\.count).max() ?? 1
        let rows = bins.map { bin -> Markup in
            let share = Double(bin.count) / Double(most) * 100
            return """
                <tr><th scope="row">\(range(bin))</th><td class="n">\(Self.grouped(bin.count))</td>\
                <td><svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">\
                <rect x="0" y="0" width="\(share)" height="10"/></svg></td></tr>

                """
        }
        return bins.isEmpty ? "" : "<table class=\"histogram\"><tbody>\(rows)</tbody></table>"
    }

    private func range(_ bin: Distribution.Bin) -> String {
        if bin.lower == 0 { return "under \(Self.unit(bin.upper))" }
        let sameUnit = bin.upper < 1000 || bin.lower >= 1000
        return "\(sameUnit ? Self.number(bin.lower >= 1000 ? bin.lower / 1000 : bin.lower) : Self.unit(bin.lower))"
            + "\u{2013}\(Self.unit(bin.upper))"
    }

    private func percentiles(_ rows: [(name: String, values: Distribution)]) -> Markup {
        let cells = rows.filter { !$0.values.values.isEmpty }
            .map { row -> Markup in
                let values = [50.0, 90, 99, 100]
                    .map { percent -> Markup in
                        "<td class=\"n\">\(row.values.percentile(percent).map(seconds) ?? "")</td>"
                    }
                return """
                    <tr><th scope="row">\(row.name)</th><td class="n">\(row.values.values.count)</td>\(values)</tr>

                    """
            }
        return """
            <div class="wide"><table class="percentiles"><thead><tr><th></th><th class="n">count</th><th class="n">p50</th><th class="n">p90</th>\
            <th class="n">p99</th><th class="n">max</th></tr></thead><tbody>\(cells)</tbody></table></div>
            """
    }

    // MARK: Faults by kind

    /// How many faults of each kind, and which kinds are left out.
    var faultsByKind: Markup {
        let run = recording.run
        let rows = FaultKind.allCases.compactMap { kind -> Markup? in
            let count = recording.faults[kind, default: 0]
            let why = run?.leftOut[kind]
            guard count > 0 || why != nil || run?.faults.contains(kind) ?? false else { return nil }
            let text: Markup = why.map { "left out: \($0)" } ?? "\(kind.words)"
            return """
                <tr><th scope="row">\(kind.rawValue)</th><td class="n">\(why == nil ? "\(count)" : "\u{2013}")</td>\
                <td>\(text)</td></tr>

                """
        }
        let hits = recording.failpoints.sorted { $0.key < $1.key }
            .map {
                "<tr><th scope=\"row\"><code>\($0.key)</code></th><td class=\"n\">\($0.value)</td></tr>\n" as Markup
            }
        let failpoints: Markup =
            hits.isEmpty
            ? ""
            : """
            <details><summary>\(counted(hits.count, "failpoint")) reached</summary><table><tbody>\(hits)</tbody></table></details>
            """
        return """
            <section><h2>Faults by kind</h2>
            \(if: rows.isEmpty, "<p class=\"note\">There were none.</p>", else: "<table><tbody>\(rows)</tbody></table>")
            \(failpoints)</section>
            """
    }

    // MARK: Numbers

    /// The least of 1, 2, 5, 10, 20, 50 and so on that is not less than a value.
    private static func niceCeiling(_ value: Double) -> Double {
        var nice = 1.0
        var step = 0
        while nice < value, step < 60 {
            nice *= step % 3 == 1 ? 2.5 : 2
            step += 1
        }
        return nice
    }

    /// A round number that is not less than a value, and at least 1.
    private static func ceiling(_ value: Double) -> Double {
        var unit = 1.0
        while unit * 10 < value { unit *= 10 }
        return ([1, 1.2, 1.5, 2, 3, 4, 5, 6, 8].first { $0 * unit >= value } ?? 10) * unit
    }

    private static func barSeconds(_ milliseconds: Double) -> Double {
        niceCeiling(milliseconds / 1000 / Double(mostBars))
    }

    private static func number(_ value: Double) -> String { number(value, 1) }

    private static func unit(_ milliseconds: Double) -> String {
        milliseconds < 1000 ? "\(number(milliseconds)) ms" : "\(number(milliseconds / 1000)) s"
    }
}

extension RecordedEvent {
    fileprivate var isEnd: Bool {
        if case .end = self { true } else { false }
    }
}

extension FaultKind {
    fileprivate var words: String {
        switch self {
        case .kill: "a process is killed"
        case .pause: "a process is stopped for a while"
        case .partition: "a link is cut for a while"
        case .delay: "messages are late"
        case .loss: "requests are lost"
        case .duplicate: "requests come twice, or their bytes twice on one connection"
        case .replyLoss: "requests come and their answers are lost, or reset in the middle"
        case .diskFull: "a disk has no room for a while"
        case .clock: "a process\u{2019}s wall clock jumps"
        case .clockDay: "a process\u{2019}s wall clock is wrong by a day and more for a while"
        case .stall: "answers stop on their way, connections are never read"
        case .trickle: "requests and answers come one byte at a time"
        case .dns: "a name does not resolve, or late"
        case .descriptors: "a process has fewer files than there are connections to it for a while"
        case .stderr: "nobody reads what a process writes to standard error"
        case .failpoint: "a process is started with an armed failpoint"
        }
    }
}
