import Failpoints
import Foundation
import GRDB
import Hummingbird
import Logging
import TCC
import TCCCoordinator
import TCCHTTP
import TCCStorage

/// What the service runs with, from the environment.
struct Settings {
    let port: Int
    let folder: String
    let quota: BaseURL
    let boosts: BaseURL
    let secret: Data
    let failpoints: Failpoints
    /// One process a journal: a second one is refused.
    let lock: DirectoryLock

    init(_ environment: [String: String]) throws {
        let variables = Variables(environment, hasFlags: false)
        port = try variables.integer(nil, "PORT", default: 8090, in: 0...65535)
        folder = try variables.path(nil, "DATA_DIR", default: "./data/promotion-service")
        quota = try variables.url(nil, "QUOTA_URL", default: "http://127.0.0.1:8083")
        boosts = try variables.url(nil, "BOOSTS_URL", default: "http://127.0.0.1:8084")
        failpoints = try Failpoints(environment["TCC_FAILPOINTS"])
        secret = try SharedSecret.read(try variables.path(nil, "SECRET_FILE", default: "./data/secret"))
        lock = try DirectoryLock(folder)
    }
}

/// A service that coordinates transactions of its own: to promote a post costs one of the author's posts and one boost.
@main
struct PromotionService {
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
        let logger = Logger(label: "promotion-service", factory: { StreamWriterLogHandler(label: $0) })
        var migrator = DatabaseMigrator()
        Journal.registerMigrations(in: &migrator)
        let store = try DurableStore(
            path: settings.folder + "/journal.sqlite",
            migrator: migrator,
            failpoints: settings.failpoints,
            logger: logger
        )

        let authority = await TokenAuthority(secret: settings.secret, subject: "promotion-service")
        let client = JSONClient(connectionsPerHost: 64)
        let calls = ParticipantClient(client: client, authority: authority, callTimeout: .seconds(1))
        let coordinator = Coordinator(
            participants: [
                Participant(name: .quota, url: settings.quota), Participant(name: .boosts, url: settings.boosts),
            ],
            settings: Coordinator.Settings(),
            store: store,
            call: { await calls.call($0, $1) },
            world: .system,
            failpoints: settings.failpoints,
            logger: logger
        )
        // Before anything else: what the last life left undecided is decided now.
        try await coordinator.recover()

        let transactions = CoordinatorRoutes(coordinator)
        var api = API(authority: authority)
        transactions.add(to: &api)
        Promotions(transactions: transactions).addRoutes(to: &api)

        let application = Application(
            responder: api.responder(),
            // What RFC 9112 has a server refuse is refused, and nobody who is slow or idle keeps out the others.
            server: .strictHTTP1(),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: settings.port)),
            services: [coordinator, JournalPruner(coordinator)],
            logger: logger
        )
        try await application.runService()
        try await client.shutdown()
        try store.close()
    }
}

extension ParticipantName {
    static let quota = ParticipantName("quota")!
    static let boosts = ParticipantName("boosts")!
}

/// What authors do here: every promotion is one transaction over two ledgers.
struct Promotions: Sendable {
    let transactions: CoordinatorRoutes

    private struct Promotion: Decodable {
        let post: String
    }

    private struct Payload: Encodable, Sendable {
        let author: String
    }

    func addRoutes(to api: inout API) {
        api.on(.post, "/v1/promotions", allow: [.author]) { request in
            try await transactions.respond(to: request) { request in
                let promotion = try request.decode(Promotion.self)
                let payload = Payload(author: request.subject)
                return TransactionRequest(
                    action: "promote",
                    branches: [
                        .init(participant: .quota, payload: payload),
                        .init(participant: .boosts, payload: payload),
                    ],
                    owner: request.subject,
                    labels: ["post": .string(promotion.post)]
                )
            }
        }
    }
}
