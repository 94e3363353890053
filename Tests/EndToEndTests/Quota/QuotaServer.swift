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

/// A quota ledger behind HTTP, in the test's own process.
struct QuotaServer: Sendable {
    let name: String
    let port: Int
    let store: DurableStore
    private let authority: TokenAuthority
    private let client: JSONClient
    private let coordinatorURL: String
    private let participant: ParticipantService<QuotaLedger>

    /// A ledger of nobody.
    ///
    /// - Parameters:
    ///   - name: the participant's name, and that of its database.
    ///   - port: where it will listen.
    ///   - coordinatorURL: whom it asks for outcomes.
    ///   - folder: where its database will be.
    ///   - authority: verifies and issues tokens.
    ///   - client: makes its calls.
    /// - Throws: whatever its database meets.
    init(
        name: String,
        port: Int,
        coordinatorURL: String,
        folder: URL,
        authority: TokenAuthority,
        client: JSONClient
    ) throws {
        var logger = Logger(label: name)
        logger.logLevel = .critical
        var migrator = DatabaseMigrator()
        QuotaLedger.registerMigrations(in: &migrator)
        let path = folder.appendingPathComponent("\(name).sqlite").path
        self.name = name
        self.port = port
        self.coordinatorURL = coordinatorURL
        self.authority = authority
        self.client = client
        self.store = try DurableStore(path: path, migrator: migrator, logger: logger)
        // Slow enough that the other branches of a transaction hold their reservations when it refuses.
        self.participant = ParticipantService(
            resource: QuotaLedger(),
            store: store,
            world: .system,
            failpoints: try Failpoints("participant.reserve.before=pause(60)"),
            logger: logger
        )
    }

    /// Serves until the task is cancelled.
    func run() async throws {
        var api = API(authority: authority)
        participant.addRoutes(to: &api)
        let coordinator = CoordinatorClient(client: client, authority: authority, url: coordinatorURL)
        var logger = Logger(label: name)
        logger.logLevel = .critical
        let application = Application(
            responder: api.responder(),
            configuration: .init(address: .hostname("127.0.0.1", port: port)),
            services: [OutcomeInquiry(participant) { try await coordinator.outcome(of: $0) }],
            logger: logger
        )
        try await application.run()
    }

    /// Lets an author spend more posts.
    func grant(_ posts: Int, to author: String) async throws {
        try await store.write { database in
            try database.execute(
                sql: """
                    INSERT INTO account VALUES (?, ?, 0)
                    ON CONFLICT (author) DO UPDATE SET granted = granted + excluded.granted
                    """,
                arguments: [author, posts]
            )
        }
    }

    /// How many posts were spent, all authors together.
    func spent() async throws -> Int {
        try await store.read { try Int.fetchOne($0, sql: "SELECT coalesce(sum(spent), 0) FROM account") ?? 0 }
    }
}
