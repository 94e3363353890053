package import Hosting
package import TCC

/// A transaction's timeline as a picture: a row a moment, a lane a process.
package struct TimelineDiagram: Hashable, Sendable {
    /// What happened in a lane.
    package enum Happening: Hashable, Sendable {
        /// The process did something.
        case step(String)
        /// It said no.
        case refusal(String)
        /// It died; its lane ends here.
        case death(String)
        /// It is back; its lane goes on here.
        case birth(String)
    }

    /// Something that happened.
    package struct Row: Hashable, Sendable {
        /// When.
        package var at: Timestamp
        /// In which lane, counted from 0.
        package var lane: Int
        /// What.
        package var what: Happening

        /// Makes a row.
        ///
        /// - Parameters:
        ///   - at: when.
        ///   - lane: in which lane, counted from 0.
        ///   - what: what happened.
        package init(at: Timestamp, lane: Int, what: Happening) {
            self.at = at
            self.lane = lane
            self.what = what
        }
    }

    private static let timeWidth = 7
    private static let gap = 3
    private let lanes: [String]
    private let rows: [Row]

    /// A diagram of a transaction: its coordinator's lane first, then a lane a branch.
    ///
    /// - Parameters:
    ///   - record: the transaction.
    ///   - lanes: the lanes' titles: the coordinator's, and the branches' in the record's order.
    ///   - seen: what was seen besides, such as a death that the coordinator cannot know of.
    package init(_ record: TransactionRecord, lanes: [String], seen: [Row] = []) {
        self.lanes = lanes
        let known = record.timeline.map { event in
            let lane = event.branch.flatMap { name in record.branches.firstIndex { $0.name == name } }
            return Row(at: event.at, lane: lane.map { $0 + 1 } ?? 0, what: Self.happening(event, record))
        }
        // Stable: of what happened in one millisecond, what the journal says first comes first.
        let all = (known + seen).enumerated()
        self.rows = all.sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }

    private static func happening(_ event: TimelineEvent, _ record: TransactionRecord) -> Happening {
        switch event.event {
        case .begun: .step("begun, on disk")
        case .tried: event.tried == .reserved ? .step("reserved") : .refusal("refused")
        case .decided: .step("decided: \(record.state.decision?.rawValue ?? "?"), on disk")
        case .acknowledged: .step(record.state.decision == .confirm ? "confirmed" : "cancelled")
        case .stuck: .refusal("stuck")
        case .finished: .step("finished")
        }
    }

    /// The picture.
    ///
    /// - Parameter style: what it is shown on.
    /// - Returns: its lines, without a last line's end.
    package func text(_ style: TerminalStyle = .text) -> String {
        let widths = lanes.indices.map { lane in
            ([lanes[lane]] + rows.filter { $0.lane == lane }.map { "  \($0.what.text)" })
                .map(TerminalText.width(of:)).max() ?? 0
        }
        var lines = [line("ms", zip(lanes, widths).map { Self.pad($0, to: $1) })]
        var alive = lanes.map { _ in true }
        let start = rows.first?.at.milliseconds ?? 0
        for row in rows {
            let cells = lanes.indices.map { lane in
                guard lane == row.lane else {
                    return (alive[lane] ? style.paint("│", .faint) : " ") + Self.pad("", to: widths[lane] - 1)
                }
                let text = "\(row.what.mark) \(row.what.text)"
                let blank = Self.pad("", to: widths[lane] - TerminalText.width(of: text))
                return style.paint(text, row.what.tone) + blank
            }
            if case .death = row.what { alive[row.lane] = false }
            if case .birth = row.what { alive[row.lane] = true }
            lines.append(line(String(row.at.milliseconds - start), cells))
        }
        return lines.joined(separator: "\n")
    }

    private func line(_ time: String, _ cells: [String]) -> String {
        let time = String(repeating: " ", count: max(0, Self.timeWidth - time.count)) + time
        var line = ([time] + cells).joined(separator: String(repeating: " ", count: Self.gap))
        while line.last == " " { line.removeLast() }
        return line
    }

    private static func pad(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - TerminalText.width(of: text)))
    }
}

extension TimelineDiagram.Happening {
    fileprivate var mark: String {
        switch self {
        case .step: "●"
        case .refusal: "✗"
        case .death: "✗"
        case .birth: "↻"
        }
    }

    fileprivate var tone: TerminalStyle.Tone {
        switch self {
        case .step: .good
        case .refusal, .birth: .caution
        case .death: .bad
        }
    }

    fileprivate var text: String {
        switch self {
        case .step(let text), .refusal(let text), .death(let text), .birth(let text): text
        }
    }
}
