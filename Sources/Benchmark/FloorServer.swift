import ArgumentParser
import Foundation
import GRDB
import Hosting
import Hummingbird
import Logging
import NIOCore
import Supervision
import TCC
import TCCHTTP
import TCCStorage

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The servers of the floors: as little as does the same writes, on the same HTTP server and the same SQLite.
enum FloorServer {
    /// Which.
    enum Kind: String, Hashable, Sendable, CaseIterable, ExpressibleByArgument {
        /// `POST /insert`: one durable insert; those that wait are committed together.
        case ingress
        /// `POST /try`, `POST /confirm`: a local transaction each, and a commit each.
        case plain
        /// `POST /insert`: both tables in one local transaction, and a commit each.
        case local
    }

    private struct Body: Decodable {
        var gid: String?
        var title: String?
        var content: String?
    }

    private static let largestBody = 1 << 20
    private static let schema = """
        CREATE TABLE reservations (id TEXT PRIMARY KEY, title BLOB, content BLOB) WITHOUT ROWID;
        CREATE TABLE drafts (id TEXT PRIMARY KEY, title BLOB, content BLOB);
        CREATE TABLE posts (id TEXT PRIMARY KEY, title BLOB, content BLOB);
        """

    /// Serves until its standard input ends.
    ///
    /// - Parameters:
    ///   - kind: which.
    ///   - port: where.
    ///   - folder: an empty folder for its database.
    /// - Throws: whatever keeps it from serving.
    static func run(_ kind: Kind, port: Int, folder: String) async throws {
        endWithStandardInput()
        FileLimit.raise()
        let router = Router()
        let path = "\(folder)/floor.sqlite"
        switch kind {
        case .ingress: try addGroupCommit(to: router, path)
        case .plain: try addTryAndConfirm(to: router, path)
        case .local: try addLocalTransaction(to: router, path)
        }
        var logger = Logger(label: "floor")
        logger.logLevel = .error
        let server = Application(
            responder: router.buildResponder(),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { _ in
                print("\(ChildLife.servingPrefix)http://127.0.0.1:\(port)")
                fflush(nil)
            },
            logger: logger
        )
        try await server.runService()
    }

    private static func endWithStandardInput() {
        Thread.detachNewThread {
            var byte: UInt8 = 0
            while true {
                let count = read(STDIN_FILENO, &byte, 1)
                if count == 0 || (count < 0 && errno != EINTR) { exit(0) }
            }
        }
    }

    private static func addGroupCommit(to router: Router<BasicRequestContext>, _ path: String) throws {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("floor") { try $0.execute(sql: schema) }
        let store = try DurableStore(path: path, migrator: migrator, logger: Logger(label: "floor"))
        router.post("/insert") { request, _ in
            let body = try await body(of: request)
            let id = World.system.makeIdentifier().description
            try await store.write { try insert(id, body, into: "posts", in: $0) }
            return answer(id)
        }
    }

    private static func addTryAndConfirm(to router: Router<BasicRequestContext>, _ path: String) throws {
        let queue = try openQueue(path)
        router.post("/try") { request, _ in
            let body = try await body(of: request)
            let id = body.gid ?? ""
            try await queue.write { try insert(id, body, into: "reservations", in: $0) }
            return answer(id)
        }
        router.post("/confirm") { request, _ in
            let id = try await body(of: request).gid ?? ""
            try await queue.write { database in
                try database
                    .cachedStatement(
                        sql: "INSERT INTO posts SELECT id, title, content FROM reservations WHERE id = ?"
                    )
                    .execute(arguments: [id])
                try database.cachedStatement(sql: "DELETE FROM reservations WHERE id = ?").execute(arguments: [id])
            }
            return answer(id)
        }
    }

    private static func addLocalTransaction(to router: Router<BasicRequestContext>, _ path: String) throws {
        let queue = try openQueue(path)
        router.post("/insert") { request, _ in
            let body = try await body(of: request)
            let id = World.system.makeIdentifier().description
            try await queue.write { database in
                try insert(id, body, into: "drafts", in: database)
                try insert(id, body, into: "posts", in: database)
            }
            return answer(id)
        }
    }

    /// A database as one would open it without a library: durable, and each transaction by itself.
    private static func openQueue(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.journalMode = .wal
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        try queue.write { try $0.execute(sql: schema) }
        return queue
    }

    private static func body(of request: Request) async throws -> Body {
        try JSONCoding.decode(Body.self, from: try await request.body.collect(upTo: largestBody))
    }

    private static func insert(_ id: String, _ body: Body, into table: String, in database: Database) throws {
        try database.cachedStatement(sql: "INSERT INTO \(table) (id, title, content) VALUES (?, ?, ?)")
            .execute(arguments: [id, Data((body.title ?? "").utf8), Data((body.content ?? "").utf8)])
    }

    private static func answer(_ id: String) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "application/json; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: #"{"id":"\#(id)"}"#))
        )
    }
}

/// The hidden command that is a server of the floors.
struct FloorServerCommand: AsyncParsableCommand {
    /// Its name.
    static let name = "floor-server"
    /// How it is called.
    static let configuration = CommandConfiguration(
        commandName: name,
        abstract: "Serve a floor; 'bench' starts it by itself.",
        shouldDisplay: false
    )

    @Option(help: "Which floor.")
    var kind: FloorServer.Kind

    @Option(help: "Where it listens.")
    var port: Int

    @Option(help: "An empty folder for its database.")
    var dataDir: String

    /// Serves.
    mutating func run() async throws { try await FloorServer.run(kind, port: port, folder: dataDir) }
}
