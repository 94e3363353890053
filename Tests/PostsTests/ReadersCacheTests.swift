import Failpoints
import Foundation
import GRDB
import HTTPTypes
import Logging
import NIOCore
import OnlineLibrary
import Posts
import Synchronization
import TCC
import TCCHTTP
import TCCParticipant
import TCCStorage
import Testing

@Suite("The readers' cache")
struct ReadersCacheTests {
    private struct Refusal: Error {}

    /// The live library with its barrier, and how often its database was read.
    private final class Library: Sendable {
        let resource = OnlineResource()
        let store: DurableStore
        let participant: ParticipantService<OnlineResource>
        private let readings = Mutex(0)

        init(_ directory: URL, failpoints: String? = nil) throws {
            var migrator = DatabaseMigrator()
            OnlineStore.registerMigrations(in: &migrator)
            Barrier.registerMigrations(in: &migrator)
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            store = try DurableStore(
                path: directory.appending(path: "online.db").path,
                migrator: migrator,
                failpoints: try Failpoints(failpoints),
                logger: logger
            )
            participant = ParticipantService(resource: resource, store: store, world: .system, logger: logger)
        }

        var cache: ReadersCache { resource.cache }

        func reserve(_ action: PostAction, _ payload: PostPayload) async throws -> BranchID {
            let call = BranchCall(
                gid: World.system.makeIdentifier(),
                branch: PostBranch.online,
                action: action.rawValue,
                deadline: World.system.wallClock() + .seconds(60),
                payload: payload
            )
            _ = try await participant.attempt(call)
            return call.id
        }

        func confirm(_ branch: BranchID, _ action: PostAction = .publish) async throws {
            _ = try await participant.carryOut(.confirm, branch, action: action.rawValue)
        }

        func publish(_ id: UUIDv7, revision: Int) async throws {
            try await confirm(try await reserve(.publish, payload(id, revision)))
        }

        func payload(_ id: UUIDv7, _ revision: Int) -> PostPayload {
            PostPayload(postID: id, author: "ann", revision: revision, title: "T\(revision)", content: "C")
        }

        /// The revision that readers are told, and whether the database was asked for it.
        func read(
            _ id: UUIDv7,
            afterReading: () async throws -> Void = {}
        ) async throws -> (revision: Int?, isRead: Bool) {
            let before = readings.withLock { $0 }
            let answer = try await cache.post(id) {
                readings.withLock { $0 += 1 }
                let post = try store.lookUp { try OnlineStore.post(id, in: $0) }
                try await afterReading()
                return post.map { ReadyAnswer(headers: [:], body: ByteBuffer(), revision: $0.revision) }
            }
            return (answer?.revision, readings.withLock { $0 } > before)
        }

        /// How many posts the first page has, and whether the database was asked for it.
        func list(afterReading: () async throws -> Void = {}) async throws -> (count: Int?, isRead: Bool) {
            let before = readings.withLock { $0 }
            let answer = try await cache.page(try #require(.init(author: nil, limit: 20))) {
                readings.withLock { $0 += 1 }
                let posts = try await store.read { try OnlineStore.posts(of: nil, after: nil, limit: 20, in: $0) }
                try await afterReading()
                return ReadyAnswer(headers: [:], body: ByteBuffer(), revision: posts.count)
            }
            return (answer.revision, readings.withLock { $0 } > before)
        }
    }

    private let id = World.system.makeIdentifier()

    private func withLibrary(failpoints: String? = nil, _ body: (Library) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "readers-cache-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }  // `try?`: the system clears what is left
        let library = try Library(directory, failpoints: failpoints)
        try await body(library)
        try library.store.close()
    }

    @Test("a post is read once, and again after its next confirm; another's confirm is nothing to it")
    func readOnce() async throws {
        try await withLibrary { library in
            try await library.publish(id, revision: 1)
            #expect(try await library.read(id) == (1, true))
            #expect(try await library.read(id) == (1, false))
            try await library.publish(World.system.makeIdentifier(), revision: 1)
            #expect(try await library.read(id) == (1, false))
            let branch = try await library.reserve(.publish, library.payload(id, 2))
            #expect(try await library.read(id) == (1, false), "a reservation changes nothing for readers")
            try await library.confirm(branch)
            #expect(try await library.read(id) == (2, true))
            #expect(try await library.read(id) == (2, false))
        }
    }

    @Test("what was read before a confirm and comes after it is not kept")
    func overtakenRead() async throws {
        try await withLibrary { library in
            try await library.publish(id, revision: 1)
            let old = try await library.read(id) { try await library.publish(id, revision: 2) }
            #expect(old == (1, true), "this reader asked before the confirm")
            #expect(try await library.read(id) == (2, true))
            #expect(try await library.read(id) == (2, false))
            #expect(try await library.list { try await library.publish(id, revision: 3) } == (1, true))
            #expect(try await library.list().isRead)
        }
    }

    @Test("a post that readers did not see is not remembered as missing")
    func missing() async throws {
        try await withLibrary { library in
            let old = try await library.read(id) { try await library.publish(id, revision: 1) }
            #expect(old == (nil, true))
            #expect(try await library.read(id) == (1, true))
        }
    }

    @Test("a withdraw is seen by the next reader, of the post and of a list")
    func withdraw() async throws {
        try await withLibrary { library in
            try await library.publish(id, revision: 1)
            _ = (try await library.read(id), try await library.list())
            #expect(try await library.list() == (1, false))
            let branch = try await library.reserve(.withdraw, PostPayload(postID: id, author: "ann"))
            try await library.confirm(branch, .withdraw)
            #expect(try await library.read(id) == (nil, true))
            #expect(try await library.list() == (0, true))
        }
    }

    @Test("a list is read again after any confirm")
    func lists() async throws {
        try await withLibrary { library in
            #expect(try await library.list() == (0, true))
            #expect(try await library.list() == (0, false))
            try await library.publish(id, revision: 1)
            #expect(try await library.list() == (1, true))
            #expect(try await library.list() == (1, false))
        }
    }

    @Test("a confirm beside one that fails, in savepoints, is seen as well")
    func savepoints() async throws {
        try await withLibrary { library in
            try await library.publish(id, revision: 1)
            #expect(try await library.read(id) == (1, true))
            let branch = try await library.reserve(.publish, library.payload(id, 2))
            let resource = library.resource
            let confirm: @Sendable (Database) throws -> Void = {
                try resource.confirm(branch, at: World.system.wallClock(), in: $0)
            }
            let failure: @Sendable (Database) throws -> Void = {
                try $0.execute(sql: "DELETE FROM barrier")
                throw Refusal()
            }
            let results = await library.store.write(all: [confirm, failure])
            #expect(results.map { (try? $0.get()) != nil } == [true, false])
            #expect(try await library.read(id) == (2, true))
        }
    }

    @Test("a confirm that was rolled back changes nothing, then or later")
    func rollback() async throws {
        // Two commits to publish, one to reserve; the fourth, with the confirm, meets a full disk.
        try await withLibrary(failpoints: "storage.commit.before=error@4") { library in
            try await library.publish(id, revision: 1)
            #expect(try await library.read(id) == (1, true))
            let branch = try await library.reserve(.publish, library.payload(id, 2))
            await #expect(throws: Problem.self) { try await library.confirm(branch) }
            #expect(try await library.read(id) == (1, false))
            try await library.publish(World.system.makeIdentifier(), revision: 1)
            #expect(try await library.read(id) == (1, false))
            try await library.confirm(branch)
            #expect(try await library.read(id) == (2, true))
        }
    }

    @Test("under many writers, whoever reads after a confirm sees it")
    func manyAtOnce() async throws {
        try await withLibrary { library in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        let id = World.system.makeIdentifier()
                        for revision in 1...40 {
                            async let other = library.read(id)
                            try await library.publish(id, revision: revision)
                            #expect(try await library.read(id).revision == revision)
                            _ = try await other
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("no list is remembered by a name that nobody can have")
    func longNames() {
        let longest = String(repeating: "\u{1F600}", count: 64)
        #expect(ReadersCache.FirstPage(author: longest, limit: 20) != nil)
        #expect(ReadersCache.FirstPage(author: longest + "a", limit: 20) == nil)
    }
}
