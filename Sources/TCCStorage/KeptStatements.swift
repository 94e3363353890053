public import GRDB
internal import GRDBSQLite

// Statements of the hot paths, prepared once for each connection, bound and read without records or dictionaries:
//
//     try database.run("UPDATE barrier SET state = ? WHERE gid = ?", .text("confirmed"), .text(gid.description))
//     let revision = try database.first("SELECT revision FROM posts WHERE id = ?", .text(id)) { $0.integer(0) }
//     if try database.hasRow("SELECT 1 FROM staged WHERE post_id = ?", .text(id)) { … }
//     try database.each("SELECT gid FROM barrier WHERE state = ?", .text("reserved")) { gids.append($0.text(0)) }
//
// They run on SQLite's own functions, beside GRDB's: no transaction observer sees them, so BEGIN and COMMIT stay GRDB's.

/// A value that is bound to a statement's parameter.
public enum StatementValue: Hashable, Sendable {
    /// `NULL`
    case null
    /// A whole number.
    case integer(Int64)
    /// A text.
    case text(String)
    /// A text's UTF-8 as a blob, which keeps NUL characters.
    case utf8(String)
    /// Bytes as a blob.
    case bytes([UInt8])

    /// A whole number, or `NULL` for nil.
    public static func integer(_ value: Int?) -> StatementValue { value.map { .integer(Int64($0)) } ?? .null }

    /// A text, or `NULL` for nil.
    public static func text(orNull value: String?) -> StatementValue { value.map(StatementValue.text) ?? .null }

    /// A text's UTF-8 as a blob, or `NULL` for nil.
    public static func utf8(orNull value: String?) -> StatementValue { value.map(StatementValue.utf8) ?? .null }
}

/// One row of a statement's result, for as long as the closure runs that is handed it.
public struct StatementRow: ~Copyable {
    fileprivate let statement: SQLiteStatement

    /// Whether a column is `NULL`.
    public func isNull(_ column: Int) -> Bool { sqlite3_column_type(statement, Int32(column)) == SQLITE_NULL }

    /// A column as a whole number; `NULL` is 0.
    public func integer(_ column: Int) -> Int64 { sqlite3_column_int64(statement, Int32(column)) }

    /// A column as a whole number, or nil for `NULL`.
    public func optionalInteger(_ column: Int) -> Int64? { isNull(column) ? nil : integer(column) }

    /// A column, a text or a blob of UTF-8, as a text; `NULL` is empty.
    public func text(_ column: Int) -> String { withBytes(column) { String(decoding: $0, as: UTF8.self) } }

    /// A column, a text or a blob of UTF-8, as a text, or nil for `NULL`.
    public func optionalText(_ column: Int) -> String? { isNull(column) ? nil : text(column) }

    /// A column's bytes, of a blob or of a text's UTF-8.
    public func bytes(_ column: Int) -> [UInt8] { withBytes(column) { [UInt8]($0) } }

    /// Whether a column's bytes, of a blob or of a text's UTF-8, are those of a text.
    public func equals(_ column: Int, _ text: String) -> Bool { withBytes(column) { $0.elementsEqual(text.utf8) } }

    private func withBytes<Value>(_ column: Int, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        // First the pointer, then the length: SQLite converts a number to a text when it is asked for the pointer.
        let start = sqlite3_column_blob(statement, Int32(column))
        return body(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, Int32(column)))))
    }
}

extension Database {
    /// Runs a statement that returns no rows.
    ///
    /// - Parameters:
    ///   - sql: one statement, always the same text for the same purpose: it is kept prepared under it.
    ///   - values: for its parameters, in their order.
    /// - Throws: a `DatabaseError`.
    public func run(_ sql: String, _ values: StatementValue...) throws {
        try step(sql, values) { _ in false }
    }

    /// Runs a query for its first row.
    ///
    /// - Parameters:
    ///   - sql: one statement, kept prepared under its text.
    ///   - values: for its parameters, in their order.
    ///   - read: reads the row; it must not run the same statement.
    /// - Returns: what `read` returned, or nil if there is no row.
    /// - Throws: a `DatabaseError`, or what `read` throws.
    public func first<Value>(
        _ sql: String,
        _ values: StatementValue...,
        read: (borrowing StatementRow) throws -> Value
    ) throws -> Value? {
        var value: Value?
        try step(sql, values) {
            value = try read($0)
            return false
        }
        return value
    }

    /// Runs a query for whether it has a row.
    ///
    /// - Parameters:
    ///   - sql: one statement, kept prepared under its text.
    ///   - values: for its parameters, in their order.
    /// - Returns: whether it has a row.
    /// - Throws: a `DatabaseError`.
    public func hasRow(_ sql: String, _ values: StatementValue...) throws -> Bool {
        var hasRow = false
        try step(sql, values) { _ in
            hasRow = true
            return false
        }
        return hasRow
    }

    /// Runs a query for all of its rows.
    ///
    /// - Parameters:
    ///   - sql: one statement, kept prepared under its text.
    ///   - values: for its parameters, in their order.
    ///   - read: reads a row; it must not run the same statement.
    /// - Throws: a `DatabaseError`, or what `read` throws.
    public func each(
        _ sql: String,
        _ values: StatementValue...,
        read: (borrowing StatementRow) throws -> Void
    ) throws {
        try step(sql, values) {
            try read($0)
            return true
        }
    }

    private func step(
        _ sql: String,
        _ values: [StatementValue],
        _ goesOn: (borrowing StatementRow) throws -> Bool
    ) throws {
        let statement = try cachedStatement(sql: sql).sqliteStatement
        precondition(sqlite3_stmt_busy(statement) == 0, "a statement is run within itself: \(sql)")
        precondition(sqlite3_bind_parameter_count(statement) == values.count, "values for each parameter of \(sql)")
        // Whoever runs it next binds all of its values anew.
        defer { sqlite3_reset(statement) }
        for (index, value) in values.enumerated() {
            try check(Self.bind(value, at: Int32(index + 1), of: statement), sql)
        }
        while true {
            let code = sqlite3_step(statement)
            if code == SQLITE_DONE { return }
            guard code == SQLITE_ROW else { return try check(code, sql) }
            guard try goesOn(StatementRow(statement: statement)) else { return }
        }
    }

    private static func bind(_ value: StatementValue, at index: Int32, of statement: SQLiteStatement) -> Int32 {
        // SQLite copies what is bound: it outlives this function.
        let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        switch value {
        case .null:
            return sqlite3_bind_null(statement, index)
        case .integer(let value):
            return sqlite3_bind_int64(statement, index, value)
        case .text(var text):
            return text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) {
                    // Without a pointer SQLite binds NULL: an empty text has one all the same.
                    guard let start = $0.baseAddress else { return sqlite3_bind_text(statement, index, "", 0, copied) }
                    return sqlite3_bind_text(statement, index, start, Int32($0.count), copied)
                }
            }
        case .utf8(var text):
            return text.withUTF8 { bind(UnsafeRawBufferPointer($0), at: index, of: statement) }
        case .bytes(let bytes):
            return bytes.withUnsafeBytes { bind($0, at: index, of: statement) }
        }
    }

    private static func bind(_ blob: UnsafeRawBufferPointer, at index: Int32, of statement: SQLiteStatement) -> Int32 {
        guard let start = blob.baseAddress, !blob.isEmpty else { return sqlite3_bind_zeroblob(statement, index, 0) }
        let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        return sqlite3_bind_blob(statement, index, start, Int32(blob.count), copied)
    }

    private func check(_ code: Int32, _ sql: String) throws {
        if code == SQLITE_OK { return }
        // A closed connection has no message.
        let message = sqliteConnection.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) }
        throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message, sql: sql)
    }
}
