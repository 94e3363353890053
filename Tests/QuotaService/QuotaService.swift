import Failpoints
import Foundation
import GRDB
import Hummingbird
import Logging
import QuotaLedger
import TCC
import TCCHTTP
import TCCParticipant
import TCCStorage

/// What the service runs with, from the environment.
struct Settings {
    let port: Int
    let folder: String
    let coordinator: BaseURL
    let secret: Data
    let failpoints: Failpoints
    /// One process a database: a second one is refused.
    let lock: DirectoryLock

    init(_ environment: [String: String]) throws {
        let variables = Variables(environment, hasFlags: false)
        port = try variables.integer(nil, "PORT", default: 8083, in: 0...65535)
        folder = try variables.path(nil, "DATA_DIR", default: "./data/quota-service")
        coordinator = try variables.url(nil, "COORDINATOR_URL", default: "http://127.0.0.1:8080")
        failpoints = try Failpoints(environment["TCC_FAILPOINTS"])
        secret = try SharedSecret.read(try variables.path(nil, "SECRET_FILE", default: "./data/secret"))
        lock = try DirectoryLock(folder)
    }
}

/// Serves a quota ledger: the coordinator's three calls, and what an operator does with accounts.
@main
struct QuotaService {
    /// Runs until SIGTERM or SIGINT.
    static func main() async {
        let settings: Settings
        do { settings = try Settings(ProcessInfo.processInfo.environment) } catch { end("\(error)", 2) }
        do { try await serve(settings) } catch {
            end("cannot serve with PORT \(settings.port) and DATA_DIR \(settings.folder): \(error)", 1)
        }
    }

    private static func end(_ reason: String, _ code: Int32) -> Never {
        FileHandle.standardError.write(Data("error: \(reason)\n".utf8))
        exit(code)
    }

    private static func serve(_ settings: Settings) async throws {
        defer { settings.lock.release() }
        // Whoever reads the log slowly, or not at all, holds up nothing.
        let logger = Logger(label: "quota-service", factory: { StreamWriterLogHandler(label: $0) })
        var migrator = DatabaseMigrator()
        QuotaLedger.registerMigrations(in: &migrator)
        let store = try DurableStore(
            path: settings.folder + "/quota.sqlite",
            migrator: migrator,
            failpoints: settings.failpoints,
            logger: logger
        )
        let participant = ParticipantService(
            resource: QuotaLedger(),
            store: store,
            world: .system,
            failpoints: settings.failpoints,
            logger: logger
        )

        let authority = await TokenAuthority(secret: settings.secret, subject: "quota-service")
        var api = API(authority: authority)
        participant.addRoutes(to: &api)
        Accounts(store: store).addRoutes(to: &api)

        let client = JSONClient(connectionsPerHost: 8)
        let coordinator = CoordinatorClient(client: client, authority: authority, url: settings.coordinator)
        let application = Application(
            responder: api.responder(),
            // What RFC 9112 has a server refuse is refused, and nobody who is slow or idle keeps out the others.
            server: .strictHTTP1(),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: settings.port)),
            services: [
                // Without this one, a reservation whose coordinator died would hang.
                OutcomeInquiry(participant) { try await coordinator.outcome(of: $0) },
                // Without this one, the barrier would grow for ever.
                BarrierPruner(participant, retention: .seconds(86400)) { try await coordinator.horizon() },
            ],
            logger: logger
        )
        try await application.runService()
        try await client.shutdown()
        try store.close()
    }
}

/// The ledger's own routes, as any service has some: they know nothing of transactions.
struct Accounts: Sendable {
    let store: DurableStore

    private struct Grant: Decodable {
        let author: String
        let posts: Int
    }

    private struct Account: Encodable {
        let author: String
        let granted: Int
        let spent: Int
        let held: Int
    }

    func addRoutes(to api: inout API) {
        api.on(.post, "/v1/grants", allow: [.operator]) { request in
            let grant = try request.decode(Grant.self)
            guard grant.posts > 0 else { throw Problem.invalid("posts", "must be more than 0") }
            try await store.write { database in
                let sql = """
                    INSERT INTO account VALUES (?, ?, 0)
                    ON CONFLICT (author) DO UPDATE SET granted = granted + excluded.granted
                    """
                try database.execute(sql: sql, arguments: [grant.author, grant.posts])
            }
            return try .json(try await account(of: grant.author))
        }
        api.on(.get, "/v1/accounts/:author", allow: [.operator]) { request in
            try .json(try await account(of: request.context.parameters.get("author") ?? ""))
        }
    }

    private func account(of author: String) async throws -> Account {
        let account = try await store.read { database in
            let sql = """
                SELECT granted, spent, (SELECT count(*) FROM held WHERE author = ?1) AS held
                FROM account WHERE author = ?1
                """
            let row = try Row.fetchOne(database, sql: sql, arguments: [author])
            return row.map { Account(author: author, granted: $0["granted"], spent: $0["spent"], held: $0["held"]) }
        }
        guard let account else { throw Problem(404, "not-found", "This author was never granted a post.") }
        return account
    }
}
