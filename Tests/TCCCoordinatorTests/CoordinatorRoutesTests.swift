import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import TCC
import TCCCoordinator
import TCCHTTP
import Testing

@Suite("A coordinator's routes", .timeLimit(.minutes(1)))
struct CoordinatorRoutesTests {
    private struct Client: Sendable {
        let http: any TestClientProtocol
        let authority: TokenAuthority
        let life: CoordinatorUnderTest

        func send(
            _ method: HTTPRequest.Method,
            _ path: String,
            as role: Role = .operator,
            subject: String = "olga",
            headers: HTTPFields = [:],
            body: String? = nil
        ) async throws -> TestResponse {
            var headers = headers
            let token = try await authority.issue(for: Caller(subject: subject, role: role), lifetime: .seconds(60))
            headers[.authorization] = "Bearer \(token)"
            return try await http.execute(
                uri: path,
                method: method,
                headers: headers,
                body: body.map { ByteBuffer(string: $0) }
            )
        }

        /// Begins a transaction; time passes until it is answered.
        func begin(
            _ body: String = CoordinatorRoutesTests.body,
            as role: Role = .operator,
            subject: String = "olga",
            headers: HTTPFields = [:]
        ) async throws -> TestResponse {
            try await life.passing {
                try await send(.post, "/v1/transactions", as: role, subject: subject, headers: headers, body: body)
            }
        }
    }

    private static let key = HTTPField.Name("Idempotency-Key")!
    private static let body = """
        {"action":"publish","branches":[{"participant":"draft","payload":{}},{"participant":"online","payload":[1]}]}
        """

    private func withClient(
        failpoints: String? = nil,
        settings: Coordinator.Settings = .init(),
        _ body: @Sendable @escaping (Client) async throws -> Void
    ) async throws {
        try await withCoordinator(failpoints: failpoints, settings: settings) { life in
            let secret = Data("0123456789abcdef0123456789abcdef".utf8)
            let authority = await TokenAuthority(secret: secret, subject: "orchestrator")
            var api = API(authority: authority)
            CoordinatorRoutes(life.coordinator).add(to: &api)
            try await Application(responder: api.responder())
                .test(.router) { http in
                    try await body(Client(http: http, authority: authority, life: life))
                }
        }
    }

    private func problem(_ response: TestResponse) throws -> Problem {
        #expect(response.headers[.contentType] == "application/problem+json")
        return try JSONDecoder().decode(Problem.self, from: Data(response.body.readableBytesView))
    }

    private func transaction(_ response: TestResponse) throws -> TransactionRecord {
        try JSONDecoder().decode(TransactionRecord.self, from: Data(response.body.readableBytesView))
    }

    // MARK: What a caller may conclude

    @Test func a200IsATransactionThatIsConfirmedEverywhere() async throws {
        try await withClient { client async throws in
            let response = try await client.begin()
            #expect(response.status == .ok)
            let record = try transaction(response)
            #expect(record.state == .confirmed)
            #expect(client.life.peers.rows(of: record.gid) == ["draft": .confirmed, "online": .confirmed])
            let shown = try await client.send(.get, "/v1/transactions/\(record.gid)")
            #expect(try transaction(shown).state == .confirmed, "whoever looks after the answer sees no less")
        }
    }

    @Test func a202IsDecidedAndSaysWhereToLook() async throws {
        try await withClient { client async throws in
            client.life.peers.script("online", .confirm, .unanswered)
            let response = try await client.begin()
            #expect(response.status == .accepted)
            let record = try transaction(response)
            #expect(record.state == .confirming)
            #expect(response.headers[.location] == "/v1/transactions/\(record.gid)")
        }
    }

    @Test func aRefusalIsTheParticipantsCodeWithTheGid() async throws {
        try await withClient { client async throws in
            client.life.peers.script("draft", .try, .answers(409, "publish-in-progress", retryAfterSeconds: 1))
            let response = try await client.begin()
            #expect(response.status == .conflict)
            #expect(response.headers[.retryAfter] == "1")
            let problem = try problem(response)
            #expect(problem.code == "publish-in-progress")
            let gid = try #require(problem.extensions["gid"]?.string.flatMap { GlobalTransactionID($0) })
            let outcome = try await client.send(.get, "/v1/outcomes/\(gid)", as: .service)
            #expect(String(buffer: outcome.body) == #"{"outcome":"cancel"}"#)
        }
    }

    @Test(
        arguments: [
            (ScriptedPeers.Turn.answers(409, "not-found"), 404, "not-found", nil),
            (.answers(422, "invalid-field"), 502, "participant-rejected", nil),
            (.unanswered, 503, "participant-unavailable", "1"),
            (.answers(410, "too-late"), 503, "deadline-passed", "1"),
        ] as [(ScriptedPeers.Turn, Int, String, String?)]
    )
    func whatIsCancelledHasTheStatusOfTheContract(
        turn: ScriptedPeers.Turn,
        status: Int,
        code: String,
        retryAfter: String?
    ) async throws {
        try await withClient { client async throws in
            client.life.peers.script("online", .try, turn)
            let response = try await client.begin()
            #expect(response.status.code == status)
            #expect(response.headers[.retryAfter] == retryAfter)
            #expect(try problem(response).code == code)
        }
    }

    @Test func whatCannotBeSaidIsNotAnsweredAtAll() async throws {
        try await withClient(failpoints: "coordinator.decide.before=error") { client async throws in
            let response = try await client.begin()
            #expect(response.status == .internalServerError)
            #expect(response.body.readableBytes == 0, "the router's test client cannot show a closed connection")
        }
    }

    @Test(arguments: [
        ("{", 400, "malformed-json"), (#"{"branches":[]}"#, 422, "invalid-field"),
        (#"{"action":"publish","branches":[]}"#, 422, "invalid-field"),
        (#"{"action":"publish","branches":[{"participant":"x","payload":1}]}"#, 422, "unknown-participant"),
        (#"{"action":"publish","branches":[{"participant":"X","payload":1}]}"#, 422, "invalid-field"),
        (#"{"action":"publish","branches":[{"participant":"draft"}]}"#, 422, "invalid-field"),
        (
            #"{"action":"a","branches":[{"participant":"draft","payload":1},{"participant":"draft","payload":1}]}"#,
            422,
            "duplicate-participant"
        ),
        (
            #"{"action":"a","branches":[{"participant":"draft","payload":1}],"timeoutMilliseconds":3600001}"#, 422,
            "invalid-field"
        ),
    ])
    func whatIsNoRequestBeginsNothing(body: String, status: Int, code: String) async throws {
        try await withClient { client async throws in
            let response = try await client.begin(body)
            #expect(response.status.code == status)
            #expect(try problem(response).code == code)
            #expect(client.life.peers.calls.isEmpty)
        }
    }

    // MARK: Keys

    @Test func theSameKeyGivesTheSameTransactionAndAnotherRequestIs422() async throws {
        try await withClient { client async throws in
            let headers: HTTPFields = [Self.key: "k"]
            let first = try transaction(try await client.begin(headers: headers))
            let again = try await client.begin(headers: headers)
            #expect(again.status == .ok)
            #expect(try transaction(again).gid == first.gid)
            let others: [(String, HTTPFields)] = [
                (Self.body + " ", headers), ("{", headers), (Self.body, [Self.key: "k", .ifMatch: "\"1\""]),
            ]
            for (body, headers) in others {
                let other = try await client.begin(body, headers: headers)
                #expect(other.status == .unprocessableContent)
                #expect(try problem(other).code == "idempotency-key-reused", "looked up before anything is read")
            }
            for (role, subject) in [(Role.operator, "oscar"), (.service, "olga")] {
                let stranger = try await client.begin(as: role, subject: subject, headers: headers)
                #expect(try transaction(stranger).gid != first.gid, "a key is its caller's")
            }
        }
    }

    @Test(arguments: ["", String(repeating: "k", count: 256)])
    func aKeyHas1To255Characters(key: String) async throws {
        try await withClient { client async throws in
            let response = try await client.begin(headers: [Self.key: key])
            #expect(response.status == .unprocessableContent)
            #expect(try problem(response).extensions["field"] == .string("Idempotency-Key"))
        }
    }

    /// As SwiftNIO reads the bytes FF and FE, each alone, and one with a tab.
    @Test(arguments: ["\u{FFFD}", "a\u{FFFD}b", "a\tb"])
    func aKeyIsUTF8WithoutControlCharacters(key: String) async throws {
        try await withClient { client async throws in
            let response = try await client.begin(headers: [Self.key: key])
            #expect(response.status == .unprocessableContent)
            #expect(try problem(response).extensions["field"] == .string("Idempotency-Key"))
        }
    }

    @Test func aRequestHasOneKey() async throws {
        try await withClient { client async throws in
            var headers: HTTPFields = [Self.key: "a"]
            headers.append(HTTPField(name: Self.key, value: "b"))
            #expect(try await client.begin(headers: headers).status == .unprocessableContent)
        }
    }

    // MARK: Who may look

    @Test func eachRouteHasItsRoles() async throws {
        try await withClient { client async throws in
            let gid = client.life.clock.world.makeIdentifier()
            let routes: [(HTTPRequest.Method, String, Set<Role>)] = [
                (.post, "/v1/transactions", [.operator, .service]), (.get, "/v1/transactions", [.operator, .author]),
                (.get, "/v1/transactions/\(gid)", [.operator, .author]),
                (.post, "/v1/transactions/\(gid)/retry", [.operator]), (.get, "/v1/outcomes", [.service]),
                (.get, "/v1/outcomes/\(gid)", [.service]),
            ]
            for (method, path, allowed) in routes {
                for role in Role.allCases {
                    let response = try await client.send(method, path, as: role, body: method == .post ? "{" : nil)
                    #expect((response.status == .forbidden) == !allowed.contains(role), "\(method) \(path) \(role)")
                }
                let none = try await client.http.execute(uri: path, method: method)
                #expect(none.status == .unauthorized)
            }
        }
    }

    @Test func anAuthorSeesItsOwnTransactionsOnly() async throws {
        try await withClient { client async throws in
            let request = CoordinatorUnderTest.request("draft", owner: "ada")
            let gid = try #require(try await client.life.run(request).gid)
            let path = "/v1/transactions/\(gid)"
            #expect(try await client.send(.get, path, as: .author, subject: "ada").status == .ok)
            #expect(try await client.send(.get, path).status == .ok)
            let bobs = try await client.send(.get, path, as: .author, subject: "bob")
            #expect(bobs.status == .notFound)
            #expect(try problem(bobs).code == "not-found")
            let list = try await client.send(.get, "/v1/transactions", as: .author, subject: "bob")
            #expect(String(buffer: list.body).contains(#""items":[]"#))
        }
    }

    // MARK: Lists

    @Test func aListComesInPagesNewestFirst() async throws {
        try await withClient { client async throws in
            var gids: [GlobalTransactionID] = []
            for _ in 0..<5 {
                gids.insert(try #require(try await client.life.publish().gid), at: 0)
                client.life.clock.advance(by: .milliseconds(1))
            }
            var seen: [GlobalTransactionID] = []
            var cursor = ""
            for _ in 0..<3 {
                let response = try await client.send(.get, "/v1/transactions?state=confirmed&limit=2\(cursor)")
                let page = try JSONDecoder()
                    .decode(Page<TransactionRecord>.self, from: Data(response.body.readableBytesView))
                seen += page.items.map(\.gid)
                cursor = page.nextCursor.map { "&cursor=\($0)" } ?? "none"
            }
            #expect(seen == gids)
            #expect(cursor == "none")
        }
    }

    @Test(arguments: [
        ("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit"), ("cursor=%25", "cursor"),
        ("cursor=bm8", "cursor"), ("state=done", "state"),
    ])
    func whatAListCannotDoIs422NamingIt(query: String, field: String) async throws {
        try await withClient { client async throws in
            let response = try await client.send(.get, "/v1/transactions?\(query)")
            #expect(response.status == .unprocessableContent)
            #expect(try problem(response).extensions["field"] == .string(field))
        }
    }

    // MARK: Operators and participants

    @Test func aRetryIs202UntilItHasEndedAnd404ForWhatIsNotThere() async throws {
        try await withClient { client async throws in
            client.life.peers.script("online", .confirm, .unanswered)
            let gid = try transaction(try await client.begin()).gid
            client.life.peers.script("online", .confirm, .works)
            #expect(try await client.send(.post, "/v1/transactions/\(gid)/retry").status == .accepted)
            _ = try await client.life.wait(for: gid) { $0.state == .confirmed }
            #expect(try await client.send(.post, "/v1/transactions/\(gid)/retry").status == .ok)
            let unknown = client.life.clock.world.makeIdentifier()
            #expect(try await client.send(.post, "/v1/transactions/\(unknown)/retry").status == .notFound)
            #expect(try await client.send(.get, "/v1/transactions/nonsense").status == .notFound)
        }
    }

    @Test func whoAsksForOutcomesIsToldThemAndHowFarBackTheyGo() async throws {
        try await withClient { client async throws in
            let horizon = try await client.send(.get, "/v1/outcomes", as: .service)
            #expect(String(buffer: horizon.body).contains(#""oldestUnfinished":null"#))
            #expect(String(buffer: horizon.body).contains(#""now":"\#(FakeClock.start)""#))
            let gid = client.life.clock.world.makeIdentifier()
            let unknown = try await client.send(.get, "/v1/outcomes/\(gid)", as: .service)
            #expect(String(buffer: unknown.body) == #"{"outcome":"cancel"}"#)
            let malformed = try await client.send(.get, "/v1/outcomes/7", as: .service)
            #expect(malformed.status == .unprocessableContent)
            let wrong = try await client.send(.delete, "/v1/transactions")
            #expect(wrong.status == .methodNotAllowed)
            #expect(wrong.headers[.allow] == "GET, HEAD, POST")
        }
    }
}
