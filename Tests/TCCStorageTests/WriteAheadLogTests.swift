import Failpoints
import Foundation
import GRDB
import Logging
import TCC
import TCCStorage
import Testing

@Suite("The write-ahead log of a store", .serialized, .timeLimit(.minutes(1)))
struct WriteAheadLogTests {
    private static let usualBytes = 8 << 20

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("notes") { database in
            try database.execute(sql: "CREATE TABLE notes (number INTEGER PRIMARY KEY, text BLOB NOT NULL)")
        }
        return migrator
    }

    private static func open(
        _ path: String,
        failpoints: String? = nil,
        mostLogBytes: Int = DurableStore.mostLogBytes
    ) throws -> DurableStore {
        try DurableStore(
            path: path,
            migrator: migrator,
            failpoints: try Failpoints(failpoints),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            mostLogBytes: mostLogBytes
        )
    }

    private static func bytes(_ path: String) -> Int {
        // `try?`: a file that is not there has no bytes.
        (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    }

    private static func files(_ directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
    }

    /// Writes so many groups of a quarter of a megabyte.
    private static func write(_ groups: Int, to store: DurableStore) async throws {
        for _ in 0..<groups {
            try await store.write {
                try $0.execute(sql: "INSERT INTO notes (text) VALUES (zeroblob(262144))")
            }
        }
    }

    private static func count(_ path: String) throws -> Int? {
        let queue = try DatabaseQueue(path: path)
        let count = try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM notes") }
        try queue.close()
        return count
    }

    /// Somebody who has begun to read and goes on.
    private static func startReading(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let reader = try DatabaseQueue(path: path, configuration: configuration)
        try reader.writeWithoutTransaction { database in
            try database.execute(sql: "BEGIN")
            _ = try Int.fetchOne(database, sql: "SELECT count(*) FROM notes")
        }
        return reader
    }

    @Test func aCleanEndLeavesOneFileThatHasEverything() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/notes.db"
            let store = try Self.open(path)
            try await Self.write(3, to: store)
            // Every connection of the store has been used.
            _ = try await store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM notes") }
            _ = try store.lookUp { try Int.fetchOne($0, sql: "SELECT count(*) FROM notes") }
            try store.close()
            #expect(try Self.files(directory) == ["notes.db"])
            try FileManager.default.copyItem(atPath: path, toPath: directory + "/backup.db")
            #expect(try Self.count(directory + "/backup.db") == 3)
        }
    }

    @Test func aReaderDoesNotKeepAnEndFromCopyingAllItCan() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/notes.db"
            let store = try Self.open(path)
            try await Self.write(3, to: store)
            let reader = try Self.startReading(path)
            let start = ContinuousClock.now
            try store.close()
            #expect(ContinuousClock.now - start < .seconds(10))
            #expect(Self.bytes(path) > 3 * 262_144, "all that the reader reads is copied")
            try await reader.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
            try reader.close()
            #expect(try Self.count(path) == 3)
        }
    }

    @Test func aLogThatAReaderMadeGrowIsCutWhenTheReaderIsGone() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/notes.db"
            let store = try Self.open(path)
            try await Self.write(1, to: store)
            let reader = try Self.startReading(path)
            try await Self.write(80, to: store)
            #expect(Self.bytes(path + "-wal") > 2 * Self.usualBytes)
            try reader.close()
            try await Self.write(20, to: store)
            #expect(Self.bytes(path + "-wal") <= Self.usualBytes)
            try store.close()
        }
    }

    @Test func aLogThatHasGrownTooLongIsCutAlsoWhileOthersReadALittle() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/notes.db"
            let store = try Self.open(path, mostLogBytes: 1 << 20)
            // One who reads comes before the other has gone, always.
            var reader = try Self.startReading(path)
            var longest = 0
            for _ in 0..<40 {
                try await Self.write(4, to: store)
                let next = try Self.startReading(path)
                try reader.close()
                reader = next
                longest = max(longest, Self.bytes(path + "-wal"))
            }
            try reader.close()
            try await Self.write(20, to: store)
            #expect(Self.bytes(path + "-wal") <= Self.usualBytes)
            try store.close()
        }
    }

    @Test func theNextLifeCutsWhatAKilledOneLeft() async throws {
        try await withTemporaryDirectory { directory in
            let (path, copy) = (directory + "/notes.db", directory + "/killed.db")
            let store = try Self.open(path)
            try await Self.write(1, to: store)
            let reader = try Self.startReading(path)
            try await Self.write(80, to: store)
            // As it is on disk when it is killed now.
            for suffix in ["", "-wal"] {
                try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
            }
            let next = try Self.open(copy)
            #expect(Self.bytes(copy + "-wal") <= Self.usualBytes)
            #expect(try await next.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM notes") } == 81)
            try next.close()
            try reader.close()
            try store.close()
        }
    }

    @Test func everyCommitIsStillSynced() async throws {
        try await withTemporaryDirectory { directory in
            let store = try Self.open(directory + "/notes.db")
            let settings = try await store.write { database in
                try ["synchronous", "journal_size_limit", "busy_timeout"]
                    .map { try Int.fetchOne(database, sql: "PRAGMA \($0)") }
            }
            #expect(settings == [2, Self.usualBytes, 5000])
            try store.close()
        }
    }

    // MARK: Whether it can write

    @Test func aCommitThatFailsIsSaidUntilOneSucceeds() async throws {
        try await withTemporaryDirectory { directory in
            let store = try Self.open(directory + "/notes.db", failpoints: "storage.commit.before=error@2")
            #expect(store.isWritable)
            try await Self.write(1, to: store)
            #expect(store.isWritable)
            await #expect(throws: Problem.self) { try await Self.write(1, to: store) }
            #expect(!store.isWritable)
            try await store.write { _ in }
            #expect(!store.isWritable, "nothing was written")
            try await Self.write(1, to: store)
            #expect(store.isWritable)
            try store.close()
        }
    }

    @Test func itHealsAlthoughNobodyElseWrites() async throws {
        try await withTemporaryDirectory { directory in
            let failpoints = "storage.commit.before=error@1;storage.commit.before=error@2"
            let store = try Self.open(directory + "/notes.db", failpoints: failpoints)
            await #expect(throws: Problem.self) { try await Self.write(1, to: store) }
            #expect(!store.isWritable)
            #expect(await !store.canWrite(), "the disk is full still")
            #expect(await store.canWrite())
            #expect(store.isWritable)
            try store.close()
        }
    }
}
