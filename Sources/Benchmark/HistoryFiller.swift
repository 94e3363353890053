import Foundation
import GRDB
import TCC
import TCCHTTP

/// Fills databases with a past: each row is a copy of a real publish's, under names of its own.
///
/// Directly in SQLite, at some 100,000 transactions a second: to really publish a million takes many minutes.
enum HistoryFiller {
    /// A table, and the column that names the transaction or the post.
    private typealias Place = (table: String, key: String)

    private static let places: [BenchStack.Server: [Place]] = [
        .orchestrator: [("transactions", "gid"), ("branches", "gid")],
        .draft: [("barrier", "gid"), ("drafts", "id"), ("revisions", "post_id")],
        .online: [("barrier", "gid"), ("posts", "id")],
    ]
    private static let chunk = 50_000
    /// Far enough back that every copy is older than what is measured, and well within the retention.
    private static let age = Duration.seconds(12 * 3600)
    private static let span = 11 * 3_600_000

    /// Fills the databases of processes that do not run.
    ///
    /// - Parameters:
    ///   - stack: whose databases; at least one publish has ended in them.
    ///   - count: how many transactions.
    ///   - progress: says how far it is.
    /// - Throws: whatever SQLite meets.
    static func fill(_ stack: BenchStack, count: Int, _ progress: BenchProgress) throws {
        let start = (World.system.wallClock() - age).milliseconds
        for server in BenchStack.Server.allCases {
            var configuration = Configuration()
            configuration.foreignKeysEnabled = false
            configuration.journalMode = .wal
            let queue = try DatabaseQueue(
                path: stack.database(server).path(percentEncoded: false),
                configuration: configuration
            )
            try queue.writeWithoutTransaction { database in
                // What is being made here is nobody's yet; the checkpoint at the end is synced.
                try database.execute(sql: "PRAGMA synchronous = OFF; PRAGMA cache_size = -65536")
                for place in places[server] ?? [] {
                    for first in stride(from: 0, to: count, by: chunk) {
                        progress.show("filling \(server.rawValue), \(place.table): \(first) of \(count)")
                        let range = first..<min(count, first + chunk)
                        try copy(place, range, of: count, from: start, in: database)
                    }
                }
                try database.execute(sql: "PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)")
            }
            try queue.close()
        }
    }

    private static func copy(
        _ place: Place,
        _ range: Range<Int>,
        of count: Int,
        from start: Int64,
        in database: Database
    ) throws {
        let sample = "SELECT max(\(place.key)) FROM \(place.table)"
        guard let kind = try String.fetchOne(database, sql: "SELECT typeof((\(sample)))"), kind == "text" else {
            throw BenchFailure(BenchFailure.broken, "\(place.table).\(place.key) is no text; the filler is out of date")
        }
        let columns = try database.columns(in: place.table).map(\.name)
        // A UUID of version 7: a time in the past, and the number where chance would be.
        let name = """
            printf('%08x-%04x-7000-8000-%012x', (:start + n.i * :span / :count) >> 16, \
            (:start + n.i * :span / :count) & 65535, n.i)
            """
        let values = columns.map { $0 == place.key ? name : "s.\"\($0)\"" }
        try database.execute(
            sql: """
                INSERT INTO \(place.table) (\(columns.map { "\"\($0)\"" }.joined(separator: ", ")))
                WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :end)
                SELECT \(values.joined(separator: ", ")) FROM n
                CROSS JOIN (SELECT * FROM \(place.table) WHERE \(place.key) = (\(sample))) s
                """,
            arguments: [
                "start": start, "span": span, "count": count, "first": range.lowerBound, "end": range.upperBound,
            ]
        )
    }
}
