package import Hosting
package import TCC

/// What a watch looks like on a terminal of a given size.
package struct WatchFrame: Hashable, Sendable {
    /// From this width on there is room for whole ids, and for actions.
    private static let wide = 112
    private static let shortID = 8
    /// As many of the ended ones keep their place, however many are in flight.
    private static let fewestEnded = 3

    /// What is known.
    package var watch: TransactionWatch
    /// Where the orchestrator is.
    package var url: String
    /// The time.
    package var now: Timestamp
    /// The terminal's size.
    package var size: TerminalSize
    /// What it can show.
    package var style: TerminalStyle

    /// Makes a frame.
    ///
    /// - Parameters:
    ///   - watch: what is known.
    ///   - url: where the orchestrator is.
    ///   - now: the time.
    ///   - size: the terminal's size.
    ///   - style: what it can show.
    package init(_ watch: TransactionWatch, url: String, now: Timestamp, size: TerminalSize, style: TerminalStyle) {
        self.watch = watch
        self.url = url
        self.now = now
        self.size = size
        self.style = style
    }

    /// As many lines as the terminal has at most, none wider than it.
    package var lines: [String] {
        Array(([head, trouble] + body(height: size.rows - 2)).prefix(max(0, size.rows)))
    }

    private var head: String {
        let stuck = watch.inFlight.count { $0.isStuck }
        let more = watch.isPartial ? "+" : ""
        let counts = "\(watch.inFlight.count)\(more) in flight" + (stuck == 0 ? "" : ", \(stuck) STUCK")
        return line("\(Self.clock(now))  \(counts)  \(url)", stuck == 0 ? .strong : .alarm)
    }

    private var trouble: String {
        guard let outage = watch.outage else { return "" }
        let what = outage.reason.map { "no list" + " since \(Self.clock(outage.since)): \($0)" }
        return line("\(what ?? "not reachable since \(Self.clock(outage.since))"), trying again", .bad)
    }

    private func line(_ text: String, _ tone: TerminalStyle.Tone?) -> String {
        style.paint(TerminalText.shortened(text, to: size.columns), tone)
    }

    /// The time of day, in UTC as everywhere.
    private static func clock(_ time: Timestamp) -> String { time.description.dropFirst(11).prefix(8) + "Z" }

    // MARK: The table

    private func body(height: Int) -> [String] {
        let inFlight = watch.inFlight
        guard !inFlight.isEmpty || !watch.ended.isEmpty else { return [line("There are no transactions yet.", nil)] }
        let isWide = size.columns >= Self.wide
        var table = Table(
            isWide
                ? [.init("GID"), .init("ACTION")] + Self.columns
                : [.init("GID")] + Self.columns
        )
        // More than fit are not laid out at all.
        let shownInFlight = inFlight.prefix(max(0, height))
        let shownEnded = watch.ended.prefix(max(0, height))
        for record in shownInFlight + shownEnded { table.add(cells(record, isWide: isWide)) }
        let rows = table.lines(style, cutTo: size.columns)
        let heading = rows[0]
        let blocks = zip(shownInFlight, rows.dropFirst()).map { [$1] + errors(of: $0) }
        let endedRows = Array(rows.dropFirst(1 + shownInFlight.count))
        return [heading] + fit(blocks, of: inFlight.count, endedRows, height: height - 1)
    }

    private static let columns: [Table.Column] = [
        .init("STATE"), .init("AGE", isNumeric: true), .init("TOOK", isNumeric: true), .init("BRANCHES (CALLS)"),
    ]

    /// What is in flight goes first, but a few of the ended ones keep their place.
    private func fit(_ blocks: [[String]], of count: Int, _ ended: [String], height: Int) -> [String] {
        let needed = blocks.reduce(0) { $0 + $1.count }
        let reserved = min(ended.count, max(0, height / 3), Self.fewestEnded)
        guard needed > height - reserved || blocks.count < count else {
            return Array(blocks.joined()) + ended.prefix(height - needed)
        }
        var shown: [String] = []
        var number = 0
        for block in blocks {
            guard shown.count + block.count < height - reserved else { break }
            shown += block
            number += 1
        }
        shown.append(line("\u{2026} and \(count - number) more in flight", .busy))
        return Array((shown + ended.prefix(reserved)).prefix(max(0, height)))
    }

    private func cells(_ record: TransactionRecord, isWide: Bool) -> [Table.Cell] {
        let gid = record.gid.description
        let took = record.finishedAt.map { Self.duration($0.milliseconds - record.createdAt.milliseconds) }
        let own: [Table.Cell] = [
            record.stateCell, .init(Self.duration(now.milliseconds - record.createdAt.milliseconds), .faint),
            .init(took ?? "-"), .init(Self.branches(of: record)),
        ]
        return isWide
            ? [.init(gid), .init(record.action)] + own
            : [.init("\u{2026}" + gid.suffix(Self.shortID))] + own
    }

    /// Each branch with its state and how many calls were made to it; the state of an ended one is the transaction's.
    package static func branches(of record: TransactionRecord) -> String {
        let branches =
            record.branches
            .map { branch in
                let state = record.state.isFinished ? "" : " \(branch.state.rawValue)"
                return "\(branch.name)\(state) (\(branch.attempts))"
            }
            .joined(separator: ", ")
        return record.reason.map { "\(branches): \($0.code)" } ?? branches
    }

    private func errors(of record: TransactionRecord) -> [String] {
        record.branches.compactMap { branch in
            Self.error(of: branch, in: record).map { line("  \($0)", record.isStuck ? .alarm : .bad) }
        }
    }

    /// What keeps a branch from doing what was decided.
    package static func error(of branch: BranchRecord, in record: TransactionRecord) -> String? {
        guard !record.state.isFinished, branch.state != .confirmed, branch.state != .cancelled else { return nil }
        return branch.lastError.map { "\(branch.name): \($0)" }
    }

    /// A duration in at most six characters.
    package static func duration(_ milliseconds: Int64) -> String {
        switch max(0, milliseconds) {
        case let short where short < 1000: "\(short) ms"
        case let short where short < 10_000: "\(short / 1000).\(short / 100 % 10) s"
        case let long where long < 100_000: "\(long / 1000) s"
        case let long where long < 6_000_000: "\(long / 60_000) min"
        case let long where long < 172_800_000: "\(long / 3_600_000) h"
        case let long: "\(long / 86_400_000) d"
        }
    }
}
