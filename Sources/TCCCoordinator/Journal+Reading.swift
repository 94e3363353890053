public import GRDB
public import TCC
import Foundation

extension Journal {
    private static let columns = """
        gid, action, state, owner, labels, reason, stuck, created_at, decided_at, finished_at, timeline
        """

    /// A transaction as the journal has it.
    ///
    /// - Parameters:
    ///   - gid: the transaction.
    ///   - database: the connection.
    /// - Returns: the transaction with its branches and timeline, or nil if there is none.
    /// - Throws: whatever SQLite meets, or a ``JournalError`` or `DecodingError` if the journal is damaged.
    public static func transaction(_ gid: GlobalTransactionID, in database: Database) throws -> TransactionRecord? {
        let select = try database.cachedStatement(sql: "SELECT \(columns) FROM transactions WHERE gid = ?")
        return try Row.fetchOne(select, arguments: [gid.description]).map { try record($0, in: database) }
    }

    /// Transactions, newest first.
    ///
    /// - Parameters:
    ///   - state: only those in this state.
    ///   - owner: only those that this caller began.
    ///   - before: only earlier ones.
    ///   - limit: how many at most.
    ///   - database: the connection.
    /// - Returns: the transactions, each with its branches and timeline.
    /// - Throws: whatever SQLite meets, or a ``JournalError`` or `DecodingError` if the journal is damaged.
    public static func transactions(
        state: TransactionState?,
        owner: String?,
        before: GlobalTransactionID?,
        limit: Int,
        in database: Database
    ) throws -> [TransactionRecord] {
        var conditions: [String] = []
        var arguments: [any DatabaseValueConvertible] = []
        if let owner {
            conditions.append("owner = ?")
            arguments.append(owner)
        }
        // What is unfinished or cancelled is few among many: those have partial indexes, which the planner would pass
        // over for the owner's, and their conditions have to be spelled out.
        var index = ""
        if let state {
            conditions.append("state = '\(state.rawValue)'")
            if !state.isFinished {
                conditions.append("finished_at IS NULL")
                index = "INDEXED BY transactions_unfinished"
            } else if state == .cancelled {
                index = "INDEXED BY transactions_cancelled\(owner == nil ? "" : "_by_owner")"
            }
        }
        if let before {
            conditions.append("gid < ?")
            arguments.append(before.description)
        }
        arguments.append(limit)
        let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        let select = try database.cachedStatement(
            sql: "SELECT \(columns) FROM transactions \(index) \(filter) ORDER BY gid DESC LIMIT ?"
        )
        return try Row.fetchAll(select, arguments: StatementArguments(arguments)).map { try record($0, in: database) }
    }

    private static func record(_ row: Row, in database: Database) throws -> TransactionRecord {
        let text: String = row[2]
        guard let state = TransactionState(rawValue: text) else { throw JournalError("unknown state '\(text)'") }
        var record = TransactionRecord(
            gid: try gid(row[0]),
            action: row[1],
            owner: row[3],
            labels: try value(row[4]),
            branches: [],
            createdAt: Timestamp(milliseconds: row[7])
        )
        record.state = state
        record.reason = try (row[5] as String?).map { try reason($0) }
        record.isStuck = row[6]
        record.decidedAt = (row[8] as Int64?).map(Timestamp.init(milliseconds:))
        record.finishedAt = (row[9] as Int64?).map(Timestamp.init(milliseconds:))
        record.timeline = TimelineText.events(row[10])
        let select = try database.cachedStatement(
            sql: "SELECT name, state, attempts, last_error FROM branches WHERE gid = ? ORDER BY position"
        )
        record.branches = try Row.fetchAll(select, arguments: [row[0] as String])
            .map { row in
                let (name, state): (String, String) = (row[0], row[1])
                guard let name = ParticipantName(name), let state = BranchState(rawValue: state) else {
                    throw JournalError("unknown branch '\(name)' or state '\(state)'")
                }
                return BranchRecord(name: name, state: state, attempts: row[2], lastError: row[3])
            }
        return record
    }

    private static func value<Value: Decodable>(_ json: String) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(json.utf8))
    }
}
