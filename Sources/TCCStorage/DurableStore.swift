public import Failpoints
public import GRDB
public import Logging
import Synchronization
import TCC

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A SQLite database whose writes are on disk before they are answered.
///
/// One writer takes all the operations that are waiting, applies them in one SQLite transaction, commits once, and only
/// then answers each (group commit: DeWitt et al., "Implementation Techniques for Main Memory Database Systems",
/// SIGMOD 1984). It adds no delay: while one commit is being synced, the next group gathers by itself.
///
/// - Operations that one caller hands over together are in one transaction, in their order.
/// - An operation that throws fails alone. It may be run twice: once with the others, and once more in a savepoint of
///   its own after one of them failed, so it must do nothing but read and write the database.
/// - A commit that fails and was cleanly rolled back (the disk is full) fails its operations with a 503 problem.
/// - A commit whose fate is unknown (a failed sync) ends the process: at the next start, recovery reads the truth.
public final class DurableStore: Sendable {
    private typealias Operation = @Sendable (Database) throws -> any Sendable

    /// What one caller hands over: operations that share a transaction, and what to do with their results.
    private struct Batch: Sendable {
        let operations: [Operation]
        let complete: @Sendable ([Result<any Sendable, any Error>]) -> Void
    }

    private struct Queue {
        var waiting: [Batch] = []
        var waitingOperations = 0
        var isDraining = false

        /// Gives a batch its place; false if too much waits already.
        mutating func add(_ batch: Batch, ofAtMost most: Int) -> Bool {
            // One that is alone is never too large.
            guard waiting.isEmpty || waitingOperations + batch.operations.count <= most else { return false }
            waiting.append(batch)
            waitingOperations += batch.operations.count
            return true
        }

        /// Takes what is committed next: batches of so many operations, or one that has more.
        mutating func takeGroup(ofAtMost most: Int) -> [Batch] {
            var (batches, operations) = (0, 0)
            for batch in waiting {
                operations += batch.operations.count
                if operations > most, batches > 0 { break }
                batches += 1
            }
            let group = Array(waiting.prefix(batches))
            waiting.removeFirst(batches)
            waitingOperations -= group.reduce(0) { $0 + $1.operations.count }
            isDraining = !group.isEmpty
            return group
        }
    }

    private static let largestGroup = 1024

    /// How many operations may wait for the disk; one more is refused.
    public static let mostWaitingOperations = 65536

    /// From how many bytes on a write-ahead log that readers keep from being begun anew is cut all the same.
    public static let mostLogBytes = WriteAheadLog.mostBytes

    private let writer: any DatabaseWriter
    /// A connection of its own for ``lookUp(_:)``; nil on one thread, where the writer's serves.
    private let finder: DatabaseQueue?
    /// Has the writer's connection do something, some time; nil leaves it to the writer.
    private let schedule: Scheduler?
    private let queue = Mutex(Queue())
    private let failpoints: Failpoints
    private let logger: Logger
    private let onUnknownCommit: @Sendable (any Error) -> Void
    private let mostWaiting: Int
    private let health = StoreHealth()
    /// The file and its log; nil for a database that somebody else opened.
    private let file: (path: String, log: WriteAheadLog)?

    private static let busyTimeoutMilliseconds: Int32 = 5000

    /// Opens or creates a database in WAL mode with `synchronous = FULL`, and migrates it.
    ///
    /// - Parameters:
    ///   - path: the database file.
    ///   - migrator: brings its schema up to date.
    ///   - failpoints: what a test asked for.
    ///   - logger: where a fatal commit is reported.
    ///   - mostWaiting: how many operations may wait for the disk.
    ///   - mostLogBytes: how long the write-ahead log may be before writers wait a moment for its readers.
    ///   - onUnknownCommit: what to do after a commit of unknown fate; the default ends the process with code 70.
    /// - Throws: whatever SQLite meets.
    public init(
        path: String,
        migrator: DatabaseMigrator,
        failpoints: Failpoints = .none,
        logger: Logger,
        mostWaiting: Int = DurableStore.mostWaitingOperations,
        mostLogBytes: Int = DurableStore.mostLogBytes,
        onUnknownCommit: @escaping @Sendable (any Error) -> Void = DurableStore.endProcess
    ) throws {
        var configuration = Configuration()
        configuration.label = "store"
        configuration.maximumReaderCount = 4
        // Whoever looks at the file with a tool of its own may hold a lock for a moment, above all after a crash, when the
        // first to come recovers the log: that must not keep a server from starting.
        configuration.busyMode = .timeout(Double(Self.busyTimeoutMilliseconds) / 1000)
        configuration.prepareDatabase { database in
            #if canImport(Darwin)
            // On Apple's systems fsync leaves the data in the drive's cache.
            try database.execute(sql: "PRAGMA fullfsync = 1; PRAGMA checkpoint_fullfsync = 1")
            #endif
            try database.execute(sql: "PRAGMA temp_store = MEMORY")
        }
        let pool = try DatabasePool(path: path, configuration: configuration)
        self.writer = pool
        self.schedule = nil
        self.failpoints = failpoints
        self.logger = logger
        self.mostWaiting = mostWaiting
        self.onUnknownCommit = onUnknownCommit
        let log = WriteAheadLog(
            of: path,
            busyTimeoutMilliseconds: Self.busyTimeoutMilliseconds,
            mostBytes: mostLogBytes
        )
        self.file = (path, log)
        // GRDB sets NORMAL when it enters WAL mode, after `prepareDatabase`: under NORMAL a commit is not synced.
        try pool.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
            try database.execute(sql: "PRAGMA journal_size_limit = \(WriteAheadLog.usualBytes)")
        }
        try migrator.migrate(pool)
        // What the last life left, if it was killed or somebody was reading at its end.
        if log.bytes > WriteAheadLog.usualBytes {
            pool.writeWithoutTransaction {
                log.cut($0, waitingMilliseconds: WriteAheadLog.longestLastWaitMilliseconds)
            }
        }
        configuration.label = "finder"
        configuration.readonly = true
        self.finder = try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Has something done later, on the thread that is the only one.
    package typealias Scheduler = @Sendable (_ work: @escaping @Sendable () -> Void) -> Void

    /// A store over a database that somebody else opened and migrated, on one thread: for a simulator.
    ///
    /// - Parameters:
    ///   - queue: the database; it outlives the store, as a disk does a process.
    ///   - failpoints: what happens at the places around a commit.
    ///   - schedule: when a group of waiting operations is applied.
    ///   - logger: where a fatal commit is reported.
    ///   - onUnknownCommit: what to do after a commit of unknown fate.
    package init(
        over queue: DatabaseQueue,
        failpoints: Failpoints,
        schedule: @escaping Scheduler,
        logger: Logger,
        onUnknownCommit: @escaping @Sendable (any Error) -> Void
    ) {
        self.writer = queue
        self.finder = nil
        self.file = nil
        self.mostWaiting = Self.mostWaitingOperations
        self.schedule = schedule
        self.failpoints = failpoints
        self.logger = logger
        self.onUnknownCommit = onUnknownCommit
    }

    /// Ends the process with code 70, answering nobody.
    public static let endProcess: @Sendable (any Error) -> Void = { _ in _exit(70) }

    /// Runs an operation; when this returns, what it wrote is on disk.
    ///
    /// - Parameters:
    ///   - operation: reads and writes the database, and nothing else; its errors come back to the caller.
    ///   - whenQueued: runs as soon as the operation has its place, or was refused one: every operation that is asked for
    ///     afterwards sees what this one wrote, if anything.
    /// - Returns: what the operation returned.
    /// - Throws: what the operation threw, or a 503 problem if the disk is full or too much waits for it.
    public func write<Value: Sendable>(
        _ operation: @escaping @Sendable (Database) throws -> Value,
        whenQueued: () -> Void = {}
    ) async throws -> Value {
        let results = await withCheckedContinuation { continuation in
            let batch = Batch(operations: [operation]) { continuation.resume(returning: $0) }
            if !enqueue(batch) { batch.complete([.failure(Self.overloaded)]) }
            whenQueued()
        }
        return try Self.typed(results[0]).get()
    }

    /// Runs operations in one transaction, in their order; when this returns, what they wrote is on disk.
    ///
    /// - Parameters:
    ///   - operations: each reads and writes the database, and nothing else; one that throws fails alone.
    ///   - whenQueued: runs as soon as the operations have their place, or were refused one: every operation that is
    ///     asked for afterwards sees what these wrote, if anything.
    /// - Returns: for each operation what it returned, or what it threw, or a 503 problem if the disk is full or too much
    ///   waits for it.
    public func write<Value: Sendable>(
        all operations: [@Sendable (Database) throws -> Value],
        whenQueued: () -> Void = {}
    ) async -> [Result<Value, any Error>] {
        if operations.isEmpty {
            whenQueued()
            return []
        }
        // One by one: an array of functions cannot be cast to one of functions that return something more general.
        let untyped = operations.map { operation -> Operation in { try operation($0) } }
        let results = await withCheckedContinuation { continuation in
            let batch = Batch(operations: untyped) { continuation.resume(returning: $0) }
            if !enqueue(batch) { batch.complete(untyped.map { _ in .failure(Self.overloaded) }) }
            whenQueued()
        }
        return results.map { Self.typed($0) }
    }

    /// Runs operations in one transaction, each between two places where a test may have it fail.
    ///
    /// The failpoints are the store's. A pause at one of them holds all operations: they are written together, and
    /// answered together.
    ///
    /// - Parameters:
    ///   - operations: each reads and writes the database, and nothing else; one that throws fails alone.
    ///   - places: of an operation, by its index: where nothing of it is written, and where it is on disk and not answered.
    /// - Returns: for each operation what it returned, or what it or a failpoint threw.
    public func write<Value: Sendable>(
        all operations: [@Sendable (Database) throws -> Value],
        between places: (Int) -> (before: Failpoint, after: Failpoint)
    ) async -> [Result<Value, any Error>] {
        var results: [Result<Value, any Error>?] = Array(repeating: nil, count: operations.count)
        for index in results.indices {
            do { try await failpoints.pass(places(index).before) } catch { results[index] = .failure(error) }
        }
        let passed = results.indices.filter { results[$0] == nil }
        for (index, result) in zip(passed, await write(all: passed.map { operations[$0] })) {
            results[index] = result
            do { try await failpoints.pass(places(index).after) } catch { results[index] = .failure(error) }
        }
        return results.compactMap { $0 }
    }

    private static func typed<Value>(_ result: Result<any Sendable, any Error>) -> Result<Value, any Error> {
        result.map { value in
            guard let value = value as? Value else { preconditionFailure("an operation returns one type") }
            return value
        }
    }

    /// Reads a snapshot that has everything whose write was answered, and nothing that is not on disk.
    ///
    /// - Parameter operation: reads the database.
    /// - Returns: what the operation returned.
    /// - Throws: what the operation threw.
    public func read<Value: Sendable>(_ operation: @escaping @Sendable (Database) throws -> Value) async throws -> Value
    {
        // One thread has nobody to wait for.
        if schedule != nil { return try readNow(operation) }
        return try await writer.read(operation)
    }

    /// Reads a row or two at once, on the caller's thread: what ``read(_:)`` reads, without its scheduling, where the
    /// answer is found by a key.
    ///
    /// Lookups wait for one another, so it is for nothing that takes long.
    ///
    /// - Parameter operation: one query by a key; several need not see the same snapshot.
    /// - Returns: what the operation returned.
    /// - Throws: what the operation threw.
    public func lookUp<Value>(_ operation: (Database) throws -> Value) throws -> Value {
        guard let finder else { return try readNow(operation) }
        return try finder.unsafeRead(operation)
    }

    /// Without a transaction: on one thread nothing comes in between.
    private func readNow<Value>(_ operation: (Database) throws -> Value) throws -> Value {
        try writer.writeWithoutTransaction(operation)
    }

    /// Whether the last commit that had something to write is on disk.
    public var isWritable: Bool { health.isWritable }

    /// Whether what is written now reaches the disk: a flag as long as commits succeed, and after one that failed a small
    /// write of its own, so that it heals although nobody else writes.
    ///
    /// - Returns: false while the disk is full, say; at once while another such write is under way.
    public func canWrite() async -> Bool {
        if isWritable { return file.map { DiskRoom.isLeft(beside: $0.path) } ?? true }
        await health.probe {
            try await write { database in
                // The file's header, which is written although nothing changes.
                let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
                try database.execute(sql: "PRAGMA user_version = \(version)")
            }
        }
        return isWritable
    }

    /// Closes the database; further operations fail.
    ///
    /// All that was written is in its one file then, unless somebody else is reading it.
    public func close() throws {
        if let file {
            writer.writeWithoutTransaction {
                file.log.cut($0, waitingMilliseconds: WriteAheadLog.longestLastWaitMilliseconds)
            }
        }
        try finder?.close()
        try writer.close()
        if let file { WriteAheadLog.remove(of: file.path) }
    }

    private static let overloaded = Problem(
        503,
        "overloaded",
        "More waits for the disk here than may wait. Nothing was changed; try again in a moment.",
        retryAfterSeconds: 1
    )

    /// Whether a batch has its place.
    private func enqueue(_ batch: Batch) -> Bool {
        let (hasPlace, mustDrain) = queue.withLock {
            guard $0.add(batch, ofAtMost: mostWaiting) else { return (false, false) }
            let wasDraining = $0.isDraining
            $0.isDraining = true
            return (true, !wasDraining)
        }
        guard mustDrain else { return hasPlace }
        if let schedule {
            let writer = writer
            schedule { writer.writeWithoutTransaction { self.drain($0) } }
        } else {
            writer.asyncWriteWithoutTransaction { self.drain($0) }
        }
        return true
    }

    /// Commits group after group until nothing waits; runs on the database's writer thread.
    private func drain(_ database: Database) {
        while true {
            // Whoever is ready to run hands over what it has, and shares the sync; with a processor to spare this is nothing.
            // A thread that is not the database's own has none to wait for.
            if schedule == nil { sched_yield() }
            let group = queue.withLock { $0.takeGroup(ofAtMost: Self.largestGroup) }
            if group.isEmpty { return }
            let operations = group.flatMap(\.operations)
            let changes = database.totalChangesCount
            let results: [Result<any Sendable, any Error>]
            do {
                results = try apply(operations, in: database, isolated: false)
                wrote(since: changes, database)
            } catch is NeedsIsolation {
                do {
                    results = try apply(operations, in: database, isolated: true)
                    wrote(since: changes, database)
                } catch {
                    results = failed(operations, error)
                }
            } catch {
                results = failed(operations, error)
            }
            var rest = results[...]
            for batch in group {
                batch.complete(Array(rest.prefix(batch.operations.count)))
                rest = rest.dropFirst(batch.operations.count)
            }
        }
    }

    private func wrote(since changes: Int, _ database: Database) {
        // A commit that has nothing to write says nothing of the disk.
        guard database.totalChangesCount != changes else { return }
        health.committed(true)
        file?.log.committed(database)
    }

    private func failed(_ operations: [Operation], _ error: any Error) -> [Result<any Sendable, any Error>] {
        health.committed(false)
        return operations.map { _ in .failure(Self.readable(error)) }
    }

    private struct NeedsIsolation: Error {}

    /// Applies a group in one transaction: without savepoints, which cost more than most operations, as long as every
    /// operation that throws has written nothing.
    private func apply(
        _ group: [Operation],
        in database: Database,
        isolated: Bool
    ) throws -> [Result<any Sendable, any Error>] {
        // As statements that are kept: GRDB's own functions have SQLite parse them each time.
        try database.cachedStatement(sql: "BEGIN IMMEDIATE TRANSACTION").execute()
        var results: [Result<any Sendable, any Error>] = []
        results.reserveCapacity(group.count)
        do {
            for operation in group {
                let changes = database.totalChangesCount
                do {
                    if isolated { try database.execute(sql: "SAVEPOINT operation") }
                    results.append(.success(try operation(database)))
                    if isolated { try database.execute(sql: "RELEASE operation") }
                } catch {
                    if isolated, database.isInsideTransaction {
                        try database.execute(sql: "ROLLBACK TO operation; RELEASE operation")
                    } else if !database.isInsideTransaction || database.totalChangesCount != changes {
                        throw isolated ? error : NeedsIsolation()
                    }
                    results.append(.failure(Self.readable(error)))
                }
            }
        } catch {
            try rollBack(database)
            throw error
        }
        try commit(database)
        return results
    }

    private func commit(_ database: Database) throws {
        do {
            try failpoints.passBlocking(.storageCommitBefore)
        } catch {
            try rollBack(database)
            throw DatabaseError(resultCode: .SQLITE_FULL, message: "\(error)")
        }
        do {
            try database.cachedStatement(sql: "COMMIT TRANSACTION").execute()
            try failpoints.passBlocking(.storageCommitAfter)
        } catch {
            // A full disk is met before the commit frame is written: rolled back, it is as if it had not been. After
            // any other error, a failed sync above all, the commit may or may not be there.
            if let code = (error as? DatabaseError)?.resultCode, code == .SQLITE_FULL || code == .SQLITE_BUSY {
                try rollBack(database)
                throw error
            }
            logger.critical(
                "The fate of a commit is unknown; ending so that the next start reads the truth from disk",
                metadata: ["error": "\(error)"]
            )
            onUnknownCommit(error)
            throw error
        }
    }

    private func rollBack(_ database: Database) throws {
        guard database.isInsideTransaction else { return }
        do {
            try database.rollback()
        } catch {
            logger.critical("A rollback failed; ending", metadata: ["error": "\(error)"])
            onUnknownCommit(error)
            throw error
        }
    }

    private static func readable(_ error: any Error) -> any Error {
        guard let error = error as? DatabaseError, error.resultCode == .SQLITE_FULL else { return error }
        return Problem(
            503,
            "storage-full",
            "The disk is full. Nothing was changed; try again when there is room.",
            retryAfterSeconds: 1
        )
    }
}
