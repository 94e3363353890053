import Failpoints
import Foundation
import GRDB
import Hummingbird
import Logging
import TCC
import TCCCoordinator
import TCCHTTP
import TCCStorage

/// A service that coordinates transactions of its own: to promote a post costs one of the author's posts and one boost.
@main
struct PromotionService {
    /// Runs until SIGTERM or SIGINT.
    static func main() async throws {
        let environment = ProcessInfo.processInfo.environment
        let port = environment["PORT"].flatMap { Int($0) } ?? 8090
        let folder = environment["DATA_DIR"] ?? "./data/promotion-service"
        let secret = try Data(contentsOf: URL(fileURLWithPath: environment["SECRET_FILE"] ?? "./data/secret"))
        let failpoints = try Failpoints(environment["TCC_FAILPOINTS"])
        let logger = Logger(label: "promotion-service")

        // One process a journal: a second one is refused here.
        let lock = try DirectoryLock(folder)
        defer { lock.release() }
        var migrator = DatabaseMigrator()
        Journal.registerMigrations(in: &migrator)
        let store = try DurableStore(
            path: folder + "/journal.sqlite",
            migrator: migrator,
            failpoints: failpoints,
            logger: logger
        )

        let authority = await TokenAuthority(secret: secret, subject: "promotion-service")
        let client = JSONClient(connectionsPerHost: 64)
        let calls = ParticipantClient(client: client, authority: authority, callTimeout: .seconds(1))
        let coordinator = Coordinator(
            participants: [
                Participant(name: .quota, url: environment["QUOTA_URL"] ?? "http://127.0.0.1:8083"),
                Participant(name: .boosts, url: environment["BOOSTS_URL"] ?? "http://127.0.0.1:8084"),
            ],
            settings: Coordinator.Settings(),
            store: store,
            call: { await calls.call($0, $1) },
            world: .system,
            failpoints: failpoints,
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
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
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
