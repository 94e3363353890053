import Foundation
import GRDB
import TCCStorage
import Testing

@Suite("Statements that are kept prepared")
struct KeptStatementsTests {
    private func withDatabase(_ body: (Database) throws -> Void) throws {
        let queue = try DatabaseQueue()
        try queue.write { database in
            try database.execute(sql: "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT UNIQUE, blob BLOB)")
            try body(database)
        }
    }

    @Test func whatWasWrittenIsRead() throws {
        try withDatabase { database in
            try database.run("INSERT INTO notes VALUES (?, ?, ?)", .integer(7), .text("seven"), .bytes([0, 255, 7]))
            let row = try database.first("SELECT id, text, blob FROM notes WHERE id = ?", .integer(7)) {
                ($0.integer(0), $0.text(1), $0.bytes(2))
            }
            #expect(try #require(row) == (7, "seven", [0, 255, 7]))
            #expect(try database.hasRow("SELECT 1 FROM notes WHERE text = ?", .text("seven")))
            #expect(try !database.hasRow("SELECT 1 FROM notes WHERE text = ?", .text("eight")))
            #expect(try database.first("SELECT id FROM notes WHERE id = 8") { $0.integer(0) } == nil)
        }
    }

    @Test func nullIsToldFromNothing() throws {
        try withDatabase { database in
            try database.run("INSERT INTO notes VALUES (1, ?, ?)", .text(orNull: nil), .utf8(orNull: nil))
            try database.run("INSERT INTO notes VALUES (2, ?, ?)", .text(""), .utf8(""))
            for (id, isNull) in [(1, true), (2, false)] {
                let read = try database.first("SELECT text, blob FROM notes WHERE id = ?", .integer(id)) {
                    ($0.isNull(0), $0.isNull(1), $0.optionalText(0) == nil, $0.text(1))
                }
                #expect(try #require(read) == (isNull, isNull, isNull, ""))
            }
            let types = try database.first("SELECT typeof(text), typeof(blob) FROM notes WHERE id = 2") {
                [$0.text(0), $0.text(1)]
            }
            #expect(types == ["text", "blob"])
            #expect(StatementValue.integer(nil as Int?) == .null)
        }
    }

    @Test func aTextInABlobKeepsNULAndLooksAsGRDBsData() throws {
        let text = "a\0ü/\"🙂"
        try withDatabase { database in
            try database.run("INSERT INTO notes VALUES (1, 'x', ?)", .utf8(text))
            let read = try database.first("SELECT blob FROM notes WHERE id = 1") {
                ($0.text(0), $0.equals(0, text), $0.equals(0, "a"))
            }
            #expect(try #require(read) == (text, true, false))
            let same = try Bool.fetchOne(database, sql: "SELECT blob = ? FROM notes", arguments: [Data(text.utf8)])
            #expect(same == true)
        }
    }

    @Test func aValueIsNeverThatOfTheRunBefore() throws {
        try withDatabase { database in
            for id in 1...3 as ClosedRange<Int64> {
                try database.run(
                    "INSERT INTO notes VALUES (?, ?, NULL)",
                    .integer(id),
                    id == 2 ? .null : .text("\(id)")
                )
            }
            var texts: [String?] = []
            try database.each("SELECT text FROM notes ORDER BY id") { texts.append($0.optionalText(0)) }
            #expect(texts == ["1", nil, "3"])
        }
    }

    @Test func anErrorIsTheDatabasesAndLeavesTheStatementUsable() throws {
        try withDatabase { database in
            let insert = "INSERT INTO notes VALUES (?, 'same', NULL)"
            try database.run(insert, .integer(1 as Int64))
            let error = #expect(throws: DatabaseError.self) { try database.run(insert, .integer(2 as Int64)) }
            #expect(error?.resultCode == .SQLITE_CONSTRAINT)
            #expect(error?.message?.contains("notes.text") == true)
            try database.run("DELETE FROM notes")
            try database.run(insert, .integer(2 as Int64))
            #expect(throws: DatabaseError.self) { try database.run("INSERT INTO nothing VALUES (1)") }
        }
    }

    private struct Stop: Error {}

    @Test func aReaderThatThrowsLeavesTheStatementUsable() throws {
        try withDatabase { database in
            try database.run("INSERT INTO notes VALUES (1, 'a', NULL), (2, 'b', NULL)")
            let select = "SELECT id FROM notes ORDER BY id"
            #expect(throws: Stop.self) { try database.each(select) { _ in throw Stop() } }
            #expect(try database.first(select) { $0.integer(0) } == 1)
        }
    }
}
