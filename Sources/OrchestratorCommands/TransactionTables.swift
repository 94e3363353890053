package import Hosting
package import TCC
package import TCCHTTP

/// Transactions for people.
package enum TransactionTables {
    /// A list.
    package static func list(
        _ page: Page<TransactionRecord>,
        _ style: TerminalStyle = .text,
        columns: Int = .max
    ) -> String {
        guard !page.items.isEmpty else { return "There are no such transactions." }
        var table = Table([
            .init("GID"), .init("ACTION", rank: 1), .init("STATE"), .init("POST", rank: 4),
            .init("REVISION", isNumeric: true, rank: 3), .init("BEGUN", rank: 5),
            .init("TOOK", isNumeric: true, rank: 2), .init("REASON"),
        ])
        for record in page.items {
            let took = record.finishedAt.map { milliseconds(from: record.createdAt, to: $0) }
            let revision = record.labels["revision"]?.integer.map { String($0) }
            table.add([
                .init(record.gid.description), .init(record.action), record.stateCell,
                .init(record.labels["postID"]?.string ?? "-"), .init(revision ?? "-"),
                .init(record.createdAt.description, .faint), .init(took ?? "-"), .init(record.reason?.code ?? ""),
            ])
        }
        return PostTables.withMore(table.text(style, fitting: columns), page.nextCursor)
    }

    /// One in a line, as it is at a moment.
    package static func line(_ record: TransactionRecord, at now: Timestamp) -> String {
        let state = record.isStuck ? "\(record.state.rawValue), STUCK" : record.state.rawValue
        let errors = record.branches.compactMap { WatchFrame.error(of: $0, in: record) }
        let parts = [now.description, record.gid.description, record.action, state, WatchFrame.branches(of: record)]
        return TerminalText.printable((parts + errors).joined(separator: "  "))
    }

    /// One, with its branches and its timeline.
    package static func details(_ record: TransactionRecord, _ style: TerminalStyle = .text) -> String {
        [facts(record), branches(record), timeline(record)].map { $0.text(style) }.joined(separator: "\n\n")
    }

    private static func facts(_ record: TransactionRecord) -> Table {
        var table = Table([.init("transaction"), .init(record.gid.description)])
        table.add(["action", record.action])
        table.add([.init("state"), record.stateCell])
        if let reason = record.reason { table.add(["reason", reason.code]) }
        for (name, label) in [("postID", "post"), ("revision", "revision")] {
            let value = record.labels[name]
            if let text = value?.string ?? value?.integer.map({ String($0) }) { table.add([label, text]) }
        }
        table.add(["begun", record.createdAt.description])
        if let moment = record.decidedAt { table.add(["decided", since(record.createdAt, moment)]) }
        if let moment = record.finishedAt { table.add(["finished", since(record.createdAt, moment)]) }
        return table
    }

    private static func branches(_ record: TransactionRecord) -> Table {
        var table = Table([
            .init("BRANCH"), .init("STATE"), .init("ATTEMPTS", isNumeric: true), .init("LAST ERROR"),
        ])
        for branch in record.branches {
            table.add([
                .init(branch.name.description), .init(branch.state.rawValue, branch.state.tone),
                .init(String(branch.attempts)), .init(branch.lastError ?? "-"),
            ])
        }
        return table
    }

    private static func timeline(_ record: TransactionRecord) -> Table {
        var table = Table([.init("AFTER", isNumeric: true), .init("EVENT"), .init("BRANCH"), .init("DETAIL")])
        for event in record.timeline {
            table.add([
                milliseconds(from: record.createdAt, to: event.at), event.event.rawValue,
                event.branch?.description ?? "", event.detail ?? "",
            ])
        }
        return table
    }

    private static func milliseconds(from start: Timestamp, to end: Timestamp) -> String {
        "\(end.milliseconds - start.milliseconds) ms"
    }

    private static func since(_ start: Timestamp, _ moment: Timestamp) -> String {
        "\(moment) (after \(milliseconds(from: start, to: moment)))"
    }
}
