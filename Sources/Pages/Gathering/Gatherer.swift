import HTTPTypes
import NIOCore
import Posts
import TCC
import TCCHTTP

/// Calls the services, as the one who visits: with the author's own token, or none.
struct Gatherer: Sendable {
    /// The services.
    enum Service: Hashable, Sendable {
        case draft
        case online
        case orchestrator
        /// The orchestrator, where it runs a transaction.
        case transactions
    }

    let client: JSONClient
    let services: PageServices
    let places: ServicePlaces<Service>

    private func url(_ service: Service) -> String {
        switch service {
        case .draft: services.draftURL
        case .online: services.onlineURL
        case .orchestrator, .transactions: services.coordinatorURL
        }
    }

    /// Makes a call, unless so many wait for the service already that no more pages should.
    private func call(
        _ method: HTTPRequest.Method,
        _ service: Service,
        _ path: String,
        token: String?,
        headers: [(String, String)] = [],
        body: ByteBuffer? = nil
    ) async throws -> JSONClient.Answer {
        try await places.call(service) {
            try await client.call(
                method,
                url(service) + path,
                token: token,
                headers: headers,
                body: body,
                timeout: service == .transactions ? services.transactionTimeout : services.callTimeout
            )
        }
    }

    /// Reads something.
    ///
    /// - Throws: ``PageFailure/problem(_:)``, 503 `no-answer` if nothing can be read now.
    func get<Value: Decodable>(
        _ type: Value.Type,
        _ service: Service,
        _ path: String,
        token: String? = nil
    ) async throws -> Value {
        let noAnswer = PageFailure.problem(Problem(503, "no-answer", "A service does not answer."))
        let answer: JSONClient.Answer
        do {
            answer = try await twice { try await call(.get, service, path, token: token) }
        } catch {
            throw noAnswer
        }
        guard answer.status == 200, let value = answer.decode(type) else { throw failure(of: answer) ?? noAnswer }
        return value
    }

    /// Asks again where the connection was lost: one that was idle may just have been closed.
    private func twice<Value>(_ call: () async throws -> Value) async throws -> Value {
        do { return try await call() } catch let failure as CallFailure where failure.code == .connectionLost {
            return try await call()
        }
    }

    /// Saves a text: creates a draft, or makes the next revision of one.
    ///
    /// - Parameters:
    ///   - text: the text.
    ///   - draft: the draft; nil for a new one.
    ///   - revision: what its head has to be.
    ///   - isKept: whether the author saves, so that the revision stays in the history, and the one before.
    ///   - token: the author's.
    /// - Returns: the draft as saved.
    /// - Throws: ``PageFailure``; ``PageFailure/unknown`` if it may have been saved.
    func save(
        _ text: PostText,
        to draft: UUIDv7?,
        ifRevision revision: Int?,
        isKept: Bool,
        token: String
    ) async throws -> Draft {
        let answer: JSONClient.Answer
        do {
            answer = try await call(
                draft == nil ? .post : .put,
                .draft,
                "/v1/drafts" + (draft.map { "/\($0)" } ?? "") + (isKept ? "?keep=true" : ""),
                token: token,
                headers: revision.map { [("if-match", EntityTag.of($0))] } ?? [],
                body: try JSONCoding.encode(text)
            )
        } catch {
            throw PageFailure.problem(Problem(503, "no-answer", "The draft service does not answer."))
        }
        guard answer.status == 200 || answer.status == 201, let saved = answer.decode(Draft.self) else {
            throw failure(of: answer) ?? PageFailure.problem(Problem(503, "no-answer", "The draft service is ill."))
        }
        return saved
    }

    /// Runs a transaction over both libraries.
    ///
    /// - Returns: the transaction, confirmed or decided so.
    /// - Throws: ``PageFailure``; ``PageFailure/unknown`` if no answer came.
    func run(
        _ method: HTTPRequest.Method,
        _ path: String,
        key: String,
        ifRevision revision: Int?,
        token: String
    ) async throws -> TransactionRecord {
        let answer: JSONClient.Answer
        do {
            answer = try await call(
                method,
                .transactions,
                path,
                token: token,
                headers: [("idempotency-key", key)] + (revision.map { [("if-match", EntityTag.of($0))] } ?? [])
            )
        } catch is ServicePlaces<Service>.Full {
            throw PageFailure.problem(Problem(503, "no-answer", "The orchestrator does not answer. Nothing was begun."))
        } catch {
            throw PageFailure.unknown
        }
        guard answer.status == 200 || answer.status == 202, let record = answer.decode(TransactionRecord.self) else {
            throw answer.status == 500 ? PageFailure.unknown : failure(of: answer) ?? PageFailure.unknown
        }
        return record
    }

    /// Has the draft service look at an author's token.
    ///
    /// - Parameter token: the token.
    /// - Throws: ``PageFailure/signInNeeded`` if it is none; another ``PageFailure`` if nobody can say.
    func checkToken(_ token: String) async throws {
        _ = try await get(Page<Draft>.self, .draft, "/v1/drafts?limit=1", token: token)
    }

    /// A token for an author of any name, where the orchestrator gives them out: for trials on one's own machine.
    ///
    /// - Parameter author: the name.
    /// - Returns: the token.
    /// - Throws: ``PageFailure/problem(_:)``: 404 where the orchestrator gives none.
    func developmentToken(for author: String) async throws -> String {
        struct Answer: Decodable {
            var token: String
        }
        let noAnswer = PageFailure.problem(Problem(503, "no-answer", "The orchestrator does not answer."))
        let answer: JSONClient.Answer
        do {
            answer = try await call(
                .post,
                .orchestrator,
                "/v1/development/tokens",
                token: nil,
                body: try JSONCoding.encode(["author": author])
            )
        } catch {
            throw noAnswer
        }
        guard answer.status == 200, let token = answer.decode(Answer.self)?.token else {
            throw failure(of: answer) ?? noAnswer
        }
        return token
    }

    private func failure(of answer: JSONClient.Answer) -> PageFailure? {
        guard (400...599).contains(answer.status), var problem = answer.decode(Problem.self) else { return nil }
        problem.status = answer.status
        if problem.status == 401 { return .signInNeeded }
        return .problem(problem)
    }
}

extension Gatherer {
    private static let pageLength = 20

    /// What readers see, newest first.
    func posts(of author: String?, cursor: String?, limit: Int = pageLength) async throws -> Page<Post> {
        try await page(from: cursor) { cursor in
            let query = Self.query([("author", author), ("cursor", cursor), ("limit", String(limit))])
            return try await get(Page<Post>.self, .online, "/v1/posts" + query)
        }
    }

    /// A page of a list from a place on; the first one if there is no such place, as in an address that was cut short.
    private func page<Item>(from cursor: String?, _ read: (String?) async throws -> Page<Item>) async throws -> Page<
        Item
    > {
        guard let cursor, !cursor.isEmpty else { return try await read(nil) }
        do { return try await read(cursor) } catch PageFailure.problem(let problem) where problem.status == 422 {
            return try await read(nil)
        }
    }

    /// A post as readers see it.
    func post(_ id: UUIDv7) async throws -> Post { try await get(Post.self, .online, "/v1/posts/\(id)") }

    /// An author's drafts.
    func drafts(_ search: DraftSearch, token: String) async throws -> Page<Draft> {
        try await page(from: search.cursor) { cursor in
            let query = Self.query([
                ("q", search.words), ("status", search.status), ("cursor", cursor),
                ("limit", String(Self.pageLength)),
            ])
            return try await get(Page<Draft>.self, .draft, "/v1/drafts" + query, token: token)
        }
    }

    /// A draft.
    func draft(_ id: UUIDv7, token: String) async throws -> Draft {
        try await get(Draft.self, .draft, "/v1/drafts/\(id)", token: token)
    }

    /// A draft's revisions, newest first.
    func revisions(of id: UUIDv7, cursor: String?, token: String) async throws -> Page<RevisionSummary> {
        try await page(from: cursor) { cursor in
            let query = Self.query([("cursor", cursor), ("limit", "50")])
            return try await get(Page<RevisionSummary>.self, .draft, "/v1/drafts/\(id)/revisions" + query, token: token)
        }
    }

    /// A revision with its text.
    func revision(_ number: Int, of id: UUIDv7, token: String) async throws -> RevisionText {
        try await get(RevisionText.self, .draft, "/v1/drafts/\(id)/revisions/\(number)", token: token)
    }

    /// A transaction.
    func transaction(_ gid: UUIDv7, token: String) async throws -> TransactionRecord {
        try await get(TransactionRecord.self, .orchestrator, "/v1/transactions/\(gid)", token: token)
    }

    /// The newest transaction of a post, of those of late.
    func latestTransaction(of post: UUIDv7, token: String) async throws -> TransactionRecord? {
        let page = try await get(Page<TransactionRecord>.self, .orchestrator, "/v1/transactions?limit=20", token: token)
        return page.items.first { $0.labels["postID"] == .string(post.description) }
    }

    private static func query(_ parameters: [(String, String?)]) -> String {
        let pairs = parameters.compactMap { name, value in value.map { "\(name)=\(FormBody.encoded($0))" } }
        return pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
    }
}

/// Which drafts are looked for.
struct DraftSearch: Hashable, Sendable {
    var words: String?
    var status: String?
    var cursor: String?
}

/// A revision as a list has it.
struct RevisionSummary: Hashable, Sendable, Codable {
    var revision: Int
    var title: String
    var createdAt: Timestamp
    var contentBytes: Int
    var isHead: Bool
    var isPublished: Bool
}

/// A revision with its text.
struct RevisionText: Hashable, Sendable, Codable {
    var revision: Int
    var title: String
    var content: String
    var createdAt: Timestamp
    var isHead: Bool
    var isPublished: Bool
}
