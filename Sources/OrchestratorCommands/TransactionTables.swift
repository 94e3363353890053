package import TCC
package import TCCHTTP

/// Transactions for people.
package enum TransactionTables {
    /// A list.
    package static func list(_ page: Page<TransactionRecord>) -> String {
        guard !page.items.isEmpty else { return "There are no such transactions." }
        var table = Table([
            .init("GID"), .init("ACTION"), .init("STATE"), .init("POST"), .init("REVISION", isNumeric: true),
            .init("BEGUN"), .init("TOOK", isNumeric: true), .init("REASON"),
        ])
        for record in page.items {
            table.add([
                record.gid.description, record.action, state(of: record), record.labels["postID"]?.string ?? "-",
                record.labels["revision"]?.integer.map { String($0) } ?? "-", record.createdAt.description,
                record.finishedAt.map { milliseconds(from: record.createdAt, to: $0) } ?? "-",
                record.reason?.code ?? "",
            ])
        }
        return PostTables.withMore(table.text, page.nextCursor)
    }

    /// One, with its branches and its timeline.
    package static func details(_ record: TransactionRecord) -> String {
        [facts(record), branches(record), timeline(record)].joined(separator: "\n\n")
    }

    private static func facts(_ record: TransactionRecord) -> String {
        var table = Table([.init("transaction"), .init(record.gid.description)])
        table.add(["action", record.action])
        table.add(["state", state(of: record)])
        if let reason = record.reason { table.add(["reason", reason.code]) }
        for (name, label) in [("postID", "post"), ("revision", "revision")] {
            let value = record.labels[name]
            if let text = value?.string ?? value?.integer.map({ String($0) }) { table.add([label, text]) }
        }
        table.add(["begun", record.createdAt.description])
        if let moment = record.decidedAt { table.add(["decided", since(record.createdAt, moment)]) }
        if let moment = record.finishedAt { table.add(["finished", since(record.createdAt, moment)]) }
        return table.text
    }

    private static func branches(_ record: TransactionRecord) -> String {
        var table = Table([
            .init("BRANCH"), .init("STATE"), .init("ATTEMPTS", isNumeric: true), .init("LAST ERROR"),
        ])
        for branch in record.branches {
            table.add([
                branch.name.description, branch.state.rawValue, String(branch.attempts), branch.lastError ?? "-",
            ])
        }
        return table.text
    }

    private static func timeline(_ record: TransactionRecord) -> String {
        var table = Table([.init("AFTER", isNumeric: true), .init("EVENT"), .init("BRANCH"), .init("DETAIL")])
        for event in record.timeline {
            table.add([
                milliseconds(from: record.createdAt, to: event.at), event.event.rawValue,
                event.branch?.description ?? "", event.detail ?? "",
            ])
        }
        return table.text
    }

    private static func state(of record: TransactionRecord) -> String {
        record.isStuck ? "\(record.state.rawValue), STUCK" : record.state.rawValue
    }

    private static func milliseconds(from start: Timestamp, to end: Timestamp) -> String {
        "\(end.milliseconds - start.milliseconds) ms"
    }

    private static func since(_ start: Timestamp, _ moment: Timestamp) -> String {
        "\(moment) (after \(milliseconds(from: start, to: moment)))"
    }
}
