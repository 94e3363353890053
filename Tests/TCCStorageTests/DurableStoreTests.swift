import Dispatch
import Failpoints
import GRDB
import Logging
import TCC
import TCCStorage
import Testing

// One after the other: some of them hold a thread.
@Suite("A database whose writes are on disk before they are answered", .serialized)
struct DurableStoreTests {
    private struct Refusal: Error, Hashable {
        let number: Int
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("notes") { database in
            try database.execute(sql: "CREATE TABLE notes (number INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)")
        }
        return migrator
    }

    private func withStore(
        failpoints: String? = nil,
        mostWaiting: Int = DurableStore.mostWaitingOperations,
        onUnknownCommit: @escaping @Sendable (any Error) -> Void = { Issue.record("a commit of unknown fate: \($0)") },
        _ body: (DurableStore) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let store = try DurableStore(
                path: directory + "/notes.db",
                migrator: Self.migrator,
                failpoints: try Failpoints(failpoints),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                mostWaiting: mostWaiting,
                onUnknownCommit: onUnknownCommit
            )
            try await body(store)
            try store.close()
        }
    }

    @Test("It waits for another process that holds the file for a moment")
    func heldByAnother() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/notes.db"
            let open = {
                try DurableStore(
                    path: path,
                    migrator: Self.migrator,
                    logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
                )
            }
            try open().close()
            let other = try DatabaseQueue(path: path)
            // In WAL mode this keeps everybody else out, as recovery after a crash does.
            try await other.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT")
            }
            DispatchQueue.global()
                .asyncAfter(deadline: .now() + .milliseconds(100)) {
                    // `try?`: a queue that stays open fails the test by itself.
                    try? other.close()
                }
            try open().close()
        }
    }

    private static func insert(_ number: Int, in database: Database) throws {
        try database.execute(sql: "INSERT INTO notes VALUES (?, ?)", arguments: [number, "note \(number)"])
    }

    private func numbers(_ store: DurableStore) async throws -> [Int] {
        try await store.read { try Int.fetchAll($0, sql: "SELECT number FROM notes ORDER BY number") }
    }

    /// Counts the commits of a connection.
    private final class CommitCounter: TransactionObserver, Sendable {
        let commits = Recorder<Void>()
        func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { true }
        func databaseDidChange(with event: DatabaseEvent) {}
        func databaseDidCommit(_ db: Database) { commits.record(()) }
        func databaseDidRollback(_ db: Database) {}
    }

    /// Runs operations that are in the queue together: the writer is held until all of them have been handed over.
    private func asOneGroup<Value: Sendable>(
        _ store: DurableStore,
        _ operations: [@Sendable (Database) throws -> Value]
    ) async -> [Result<Value, any Error>] {
        let (isHeld, holds) = AsyncStream<Void>.makeStream()
        let mayGoOn = DispatchSemaphore(value: 0)
        let begun = Recorder<Int>()
        return await withTaskGroup(of: (Int, Result<Value, any Error>)?.self) { group in
            group.addTask {
                // `try?`: this one only holds the writer.
                try? await store.write { _ in
                    holds.finish()
                    mayGoOn.wait()
                }
                return nil
            }
            for await _ in isHeld {}
            for (index, operation) in operations.enumerated() {
                group.addTask {
                    begun.record(index)
                    do { return (index, .success(try await store.write(operation))) } catch {
                        return (index, .failure(error))
                    }
                }
            }
            while begun.events.count < operations.count { await Task.yield() }
            mayGoOn.signal()
            var results: [Int: Result<Value, any Error>] = [:]
            for await case (let index, let result)? in group { results[index] = result }
            return operations.indices.compactMap { results[$0] }
        }
    }

    // MARK: On disk

    @Test func theWriterSyncsEachCommitToItsWriteAheadLog() async throws {
        try await withStore { store in
            let pragmas = try await store.write { database in
                [
                    try String.fetchOne(database, sql: "PRAGMA synchronous"),
                    try String.fetchOne(database, sql: "PRAGMA journal_mode"),
                ]
            }
            #expect(
                pragmas == ["2", "wal"],
                "2 is FULL; GRDB's own choice under WAL is 1, NORMAL, which does not sync"
            )
        }
    }

    @Test func whatWasAnsweredIsReadAtOnceAndByTheNextLife() async throws {
        try await withTemporaryDirectory { directory in
            func open() throws -> DurableStore {
                try DurableStore(
                    path: directory + "/notes.db",
                    migrator: Self.migrator,
                    logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
                )
            }
            let first = try open()
            let answer = try await first.write { database in
                try Self.insert(1, in: database)
                return "written"
            }
            #expect(answer == "written")
            #expect(try await numbers(first) == [1])
            try first.close()
            let second = try open()
            #expect(try await numbers(second) == [1])
            try second.close()
        }
    }

    @Test func aLookupFindsWhatWasAnsweredAndNothingElse() async throws {
        try await withStore { store in
            let count: @Sendable () throws -> Int64? = {
                try store.lookUp { try $0.first("SELECT count(*) FROM notes") { $0.integer(0) } }
            }
            #expect(try count() == 0)
            try await store.write { try Self.insert(1, in: $0) }
            #expect(try count() == 1)
            try await store.write { database in
                try Self.insert(2, in: database)
                // The writer sees it; it is not on disk, and so nobody else does.
                #expect(try count() == 1)
            }
            #expect(try count() == 2)
            #expect(throws: DatabaseError.self) { try store.lookUp { try Self.insert(3, in: $0) } }
        }
    }

    // MARK: Groups

    @Test func whatWaitsHasABound() async throws {
        try await withStore(mostWaiting: 10) { store in
            let results = await asOneGroup(store, (1...30).map { number in { try Self.insert(number, in: $0) } })
            let refused = results.compactMap { result -> Problem? in
                guard case .failure(let error) = result else { return nil }
                return error as? Problem
            }
            // The writer may have taken a first few before it was held.
            #expect((10...20).contains(refused.count), "\(refused.count) refused")
            #expect(refused.allSatisfy { $0.status == 503 && $0.code == "overloaded" && $0.retryAfterSeconds == 1 })
            #expect(try await numbers(store).count == 30 - refused.count)
            // One that has more than may wait goes when it is alone.
            let batch = await store.write(all: (101...120).map { number in { try Self.insert(number, in: $0) } })
            for result in batch { try result.get() }
        }
    }

    @Test func operationsThatWaitTogetherShareACommit() async throws {
        try await withStore { store in
            let counter = CommitCounter()
            try await store.write { $0.add(transactionObserver: counter) }
            let before = counter.commits.events.count
            let results = await asOneGroup(store, (1...300).map { number in { try Self.insert(number, in: $0) } })
            #expect(results.count == 300)
            for result in results { try result.get() }
            let commits = counter.commits.events.count - before
            // The held one, the 300, and perhaps a last few that were not quite handed over.
            #expect((2...10).contains(commits), "\(commits) commits")
            #expect(try await numbers(store) == Array(1...300))
        }
    }

    @Test func oneCallersWritesAreAppliedInTheirOrder() async throws {
        try await withStore { store in
            for number in 1...10 {
                let count = try await store.write { database in
                    try Self.insert(number, in: database)
                    return try Int.fetchOne(database, sql: "SELECT count(*) FROM notes")
                }
                #expect(count == number)
            }
        }
    }

    @Test func anOperationSeesWhatThoseBeforeItInItsGroupWrote() async throws {
        try await withStore { store in
            let results = await asOneGroup(
                store,
                (1...20)
                    .map { number in
                        { database in
                            try Self.insert(number, in: database)
                            return try Int.fetchOne(database, sql: "SELECT count(*) FROM notes") ?? 0
                        }
                    }
            )
            let counts = try results.map { try $0.get() }
            #expect(counts.sorted() == Array(1...20))
        }
    }

    @Test func anOperationThatThrowsBeforeItWritesFailsAlone() async throws {
        try await withStore { store in
            let results = await asOneGroup(
                store,
                (1...10)
                    .map { number in
                        { database in
                            if number == 4 { throw Refusal(number: number) }
                            try Self.insert(number, in: database)
                        }
                    }
            )
            try expectOnly(4, toFailIn: results)
            #expect(try await numbers(store) == [1, 2, 3, 5, 6, 7, 8, 9, 10])
        }
    }

    @Test func anOperationThatThrowsAfterItWroteFailsAloneAndLeavesNothing() async throws {
        try await withStore { store in
            let results = await asOneGroup(
                store,
                (1...10)
                    .map { number in
                        { database in
                            try Self.insert(number, in: database)
                            if number == 4 { throw Refusal(number: number) }
                        }
                    }
            )
            try expectOnly(4, toFailIn: results)
            #expect(try await numbers(store) == [1, 2, 3, 5, 6, 7, 8, 9, 10])
        }
    }

    @Test func severalOfAGroupFailEachForItsOwnReason() async throws {
        try await withStore { store in
            let results = await asOneGroup(
                store,
                (1...30)
                    .map { number in
                        { database in
                            if number % 3 == 0 { throw Refusal(number: number) }
                            try Self.insert(number, in: database)
                            if number % 5 == 0 { throw Refusal(number: number) }
                        }
                    }
            )
            for (index, result) in results.enumerated() {
                let number = index + 1
                if number % 3 == 0 || number % 5 == 0 {
                    #expect(throws: Refusal(number: number)) { try result.get() }
                } else {
                    try result.get()
                }
            }
            #expect(try await numbers(store) == (1...30).filter { $0 % 3 != 0 && $0 % 5 != 0 })
        }
    }

    @Test func anOperationThatBreaksAConstraintFailsAlone() async throws {
        try await withStore { store in
            try await store.write { try Self.insert(4, in: $0) }
            let results = await asOneGroup(
                store,
                (1...6)
                    .map { number in
                        { database in
                            try database.execute(
                                sql: "INSERT INTO notes VALUES (?, ?)",
                                arguments: [100 + number, "first of \(number)"]
                            )
                            try Self.insert(number, in: database)
                        }
                    }
            )
            for (index, result) in results.enumerated() {
                guard index == 3 else {
                    try result.get()
                    continue
                }
                #expect(throws: DatabaseError.self) { try result.get() }
            }
            #expect(try await numbers(store) == [1, 2, 3, 4, 5, 6, 101, 102, 103, 105, 106])
        }
    }

    // MARK: Batches

    @Test func aBatchIsOneCommitInItsOrderWhateverElseWaits() async throws {
        try await withStore { store in
            let counter = CommitCounter()
            try await store.write { $0.add(transactionObserver: counter) }
            let before = counter.commits.events.count
            // More than a group has at most: a batch is never split.
            let results = await store.write(
                all: (1...1500)
                    .map { number in
                        { database in
                            try Self.insert(number, in: database)
                            return try Int.fetchOne(database, sql: "SELECT count(*) FROM notes") ?? 0
                        }
                    }
            )
            let counts = try results.map { try $0.get() }
            #expect(counts == Array(1...1500))
            #expect(counter.commits.events.count - before == 1)

            try await withThrowingTaskGroup { group in
                for caller in 2...9 {
                    group.addTask {
                        let results = await store.write(
                            all: (0..<400).map { number in { try Self.insert(caller * 10_000 + number, in: $0) } }
                        )
                        for result in results { try result.get() }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await numbers(store).count == 1500 + 8 * 400)
        }
    }

    @Test func anOperationOfABatchFailsAloneAndLeavesNothing() async throws {
        try await withStore { store in
            let results = await store.write(
                all: (1...10)
                    .map { number in
                        { database in
                            try Self.insert(number, in: database)
                            if number == 4 { throw Refusal(number: number) }
                        }
                    }
            )
            try expectOnly(4, toFailIn: results)
            #expect(try await numbers(store) == [1, 2, 3, 5, 6, 7, 8, 9, 10])
        }
    }

    @Test func aCommitThatIsRolledBackFailsAWholeBatch() async throws {
        try await withStore(failpoints: "storage.commit.before=error@1") { store in
            let results = await store.write(all: (1...3).map { number in { try Self.insert(number, in: $0) } })
            for result in results {
                let problem = #expect(throws: Problem.self) { try result.get() }
                #expect(problem?.code == "storage-full")
            }
            #expect(results.count == 3)
            let written = try await numbers(store)
            #expect(written == [])
        }
    }

    @Test func anEmptyBatchIsNoCommit() async throws {
        try await withStore(failpoints: "storage.commit.before=error") { store in
            let none: [@Sendable (Database) throws -> Int] = []
            #expect(await store.write(all: none).isEmpty)
        }
    }

    private func expectOnly(_ number: Int, toFailIn results: [Result<Void, any Error>]) throws {
        #expect(results.count == 10)
        for (index, result) in results.enumerated() {
            if index == number - 1 {
                #expect(throws: Refusal(number: number)) { try result.get() }
            } else {
                try result.get()
            }
        }
    }

    // MARK: Commits that fail

    @Test func aCommitThatIsRolledBackIs503AndWritesNothing() async throws {
        try await withStore(failpoints: "storage.commit.before=error@1") { store in
            let problem = await #expect(throws: Problem.self) { try await store.write { try Self.insert(1, in: $0) } }
            #expect(problem?.status == 503)
            #expect(problem?.code == "storage-full")
            #expect(problem?.retryAfterSeconds == 1)
            #expect(try await numbers(store) == [])
            try await store.write { try Self.insert(1, in: $0) }
            #expect(try await numbers(store) == [1], "and the next one finds room")
        }
    }

    @Test func aCommitThatIsRolledBackFailsItsWholeGroup() async throws {
        // The first commit is that of the operation which holds the writer.
        try await withStore(failpoints: "storage.commit.before=error@2") { store in
            let results = await asOneGroup(store, (1...5).map { number in { try Self.insert(number, in: $0) } })
            var failed: [Int] = []
            for (index, result) in results.enumerated() {
                guard case .failure(let error) = result else { continue }
                #expect((error as? Problem)?.code == "storage-full")
                failed.append(index + 1)
            }
            #expect(!failed.isEmpty)
            let written = try await numbers(store)
            #expect(written == (1...5).filter { !failed.contains($0) })
        }
    }

    @Test func aCommitOfUnknownFateEndsTheProcessBeforeAnybodyIsAnswered() async throws {
        let order = Recorder<String>()
        try await withStore(
            failpoints: "storage.commit.after=error@1",
            onUnknownCommit: { _ in order.record("ended") },
            { store in
                await #expect(throws: FailpointError.self) { try await store.write { try Self.insert(1, in: $0) } }
                order.record("answered")
                let written = try await numbers(store)
                #expect(written == [1], "in truth it was on disk: the next start reads that")
            }
        )
        #expect(order.events == ["ended", "answered"])
    }
}
