package import GRDB
import NIOCore
package import TCC
import TCCHTTP

/// What of a database cannot be read as the contract has it.
package struct Unreadable: Error, Hashable, CustomStringConvertible {
    /// What it is.
    package let description: String
}

extension JournalEntry {
    /// A journal, oldest transaction first.
    ///
    /// - Parameters:
    ///   - database: the orchestrator's.
    ///   - prefix: what the names of its tables begin with, where there is a second set.
    /// - Returns: its transactions.
    /// - Throws: ``Unreadable``, or whatever SQLite meets.
    package static func all(in database: Database, tables prefix: String = "") throws -> [JournalEntry] {
        let branches = Dictionary(
            grouping: try Row.fetchAll(
                database.cachedStatement(
                    sql: "SELECT gid, name, state, acknowledged FROM \(prefix)branches ORDER BY position"
                )
            ),
            by: { row -> String in row["gid"] }
        )
        return try Row.fetchAll(database.cachedStatement(sql: "SELECT * FROM \(prefix)transactions ORDER BY gid"))
            .map { row in
                let state = try read(TransactionState(rawValue: row["state"]), "the state \(row["state"] as String)")
                let labels = try JSONCoding.decode(
                    [String: JSONValue].self,
                    from: ByteBuffer(string: row["labels"] as String)
                )
                return JournalEntry(
                    gid: try read(GlobalTransactionID(row["gid"] as String), "a gid"),
                    state: state,
                    branches: try (branches[row["gid"]] ?? [])
                        .map { branch in
                            Branch(
                                name: try read(ParticipantName(branch["name"] as String), "a branch's name"),
                                state: try read(BranchState(rawValue: branch["state"]), "a branch's state"),
                                isAcknowledged: branch["acknowledged"]
                            )
                        },
                    decisions: (row["timeline"] as String).split(separator: "\n")
                        .filter { $0.contains("\tdecided\t") }.count,
                    caller: row["caller"],
                    liveKey: row["live_key"],
                    postID: labels["postID"]?.string.flatMap { UUIDv7($0) },
                    revision: labels["revision"]?.integer.map { Int($0) },
                    decidedAt: row["decided_at"],
                    isFinished: row["finished_at"] != nil
                )
            }
    }
}

extension BarrierRow {
    /// A participant's barrier.
    ///
    /// - Parameters:
    ///   - participant: whose.
    ///   - database: its database.
    ///   - prefix: what the table's name begins with, where there is a second one.
    /// - Returns: its rows.
    /// - Throws: ``Unreadable``, or whatever SQLite meets.
    package static func all(
        of participant: String,
        in database: Database,
        tables prefix: String = ""
    ) throws -> [BarrierRow] {
        try Row.fetchAll(database.cachedStatement(sql: "SELECT gid, branch, state FROM \(prefix)barrier ORDER BY gid"))
            .map { row in
                BarrierRow(
                    participant: participant,
                    gid: try read(GlobalTransactionID(row["gid"] as String), "a gid"),
                    branch: row["branch"],
                    state: try read(BranchOutcome(rawValue: row["state"]), "a barrier's state")
                )
            }
    }
}

extension Violation {
    /// What an answer says that is not so at the moment when it leaves; later it may have become true.
    ///
    /// - Parameters:
    ///   - status: its status.
    ///   - gid: the transaction that it names.
    ///   - read: reads what is on the disk of a participant, or of the orchestrator for nil; nil if there is no such disk.
    /// - Returns: a violation for each thing.
    /// - Throws: whatever SQLite meets.
    package static func untrue(
        _ status: Int,
        _ gid: GlobalTransactionID,
        read: (_ participant: String?, _ select: (Database) throws -> [String]) throws -> [String]?
    ) throws -> [Violation] {
        func column(_ sql: String, of participant: String?, _ arguments: StatementArguments) throws -> [String]? {
            try read(participant) { try String.fetchAll($0.cachedStatement(sql: sql), arguments: arguments) }
        }
        let name = gid.description
        guard let state = try column("SELECT state FROM transactions WHERE gid = ?", of: nil, [name]) else { return [] }
        let told: Decision = (200..<300).contains(status) ? .confirm : .cancel
        guard state.first.flatMap({ TransactionState(rawValue: $0)?.decision }) == told else {
            return [Violation(1, "\(gid) was answered \(status) and the disk had \(state.first ?? "nothing")")]
        }
        guard status == 200 else { return [] }
        return try (column("SELECT name FROM branches WHERE gid = ? ORDER BY position", of: nil, [name]) ?? [])
            .filter { branch in
                let sql = "SELECT state FROM barrier WHERE gid = ? AND branch = ?"
                let state = try column(sql, of: branch, [name, branch])
                return state.map { $0 != [BranchOutcome.confirmed.rawValue] } ?? false
            }
            .map { Violation(4, "\(gid) was answered 200 and \($0) had not confirmed") }
    }

    private static let holds = ["draft": "reservations", "online": "staged", "quota": "held"]

    /// 6, behind the barrier: what a resource holds although nothing is reserved any more.
    ///
    /// - Parameters:
    ///   - participant: whose resource.
    ///   - database: its database.
    /// - Returns: a violation for each hold.
    /// - Throws: whatever SQLite meets.
    package static func leftHolds(of participant: String, in database: Database) throws -> [Violation] {
        guard let table = holds[participant] else { return [] }
        return try String.fetchAll(database.cachedStatement(sql: "SELECT gid FROM \(table) ORDER BY gid"))
            .map { Violation(6, "\($0) is still held by the resource of \(participant)") }
    }

    private static let posts = ["draft": [("drafts", "id"), ("revisions", "post_id")], "online": [("posts", "id")]]

    /// 3, behind the API: what a library still has of posts that it was to forget.
    ///
    /// - Parameters:
    ///   - deleted: the posts.
    ///   - participant: which library.
    ///   - database: its database.
    /// - Returns: a violation for each post and table that it is in.
    /// - Throws: whatever SQLite meets.
    package static func remains(
        of deleted: [UUIDv7],
        at participant: String,
        in database: Database
    ) throws -> [Violation] {
        try (posts[participant] ?? [])
            .flatMap { table, column in
                let select = try database.cachedStatement(sql: "SELECT 1 FROM \(table) WHERE \(column) = ? LIMIT 1")
                return
                    try deleted
                    .filter { try Bool.fetchOne(select, arguments: [$0.description]) != nil }
                    .map { Violation(3, "\($0) was deleted and is in \(participant)'s table \(table)") }
            }
    }
}

private func read<Value>(_ value: Value?, _ what: String) throws -> Value {
    guard let value else { throw Unreadable(description: "\(what) cannot be read") }
    return value
}
