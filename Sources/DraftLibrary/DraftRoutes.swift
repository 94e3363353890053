package import Failpoints
import GRDB
import HTTPTypes
import Hummingbird
import Posts
package import TCC
package import TCCHTTP
package import TCCStorage

/// What authors do with their drafts over HTTP.
package struct DraftRoutes: Sendable {
    private let store: DurableStore
    private let world: World
    private let failpoints: Failpoints

    /// Routes over a library.
    ///
    /// - Parameters:
    ///   - store: the library's database.
    ///   - world: clocks and chance.
    ///   - failpoints: what a test asked for.
    package init(store: DurableStore, world: World, failpoints: Failpoints) {
        self.store = store
        self.world = world
        self.failpoints = failpoints
    }

    /// Adds the routes to an API.
    ///
    /// - Parameter api: the API.
    package func add(to api: inout API) {
        api.on(.post, "/v1/drafts", allow: [.author], handler: create)
        api.on(.get, "/v1/drafts", allow: [.author], handler: list)
        api.on(.get, "/v1/drafts/:id", allow: [.author], handler: show)
        api.on(.put, "/v1/drafts/:id", allow: [.author], handler: edit)
        api.on(.get, "/v1/drafts/:id/revisions", allow: [.author], handler: listRevisions)
        api.on(.get, "/v1/drafts/:id/revisions/:revision", allow: [.author], handler: showRevision)
    }

    private func create(_ request: APIRequest) async throws -> Response {
        let text = try request.decode(PostText.self)
        try text.check()
        let (id, now, author) = (world.makeIdentifier(), world.wallClock(), request.subject)
        let isKept = try Self.isKept(request)
        let draft = try await save { try DraftStore.create(id, text, by: author, isKept: isKept, at: now, in: $0) }
        return try answer(draft, status: .created, headers: [.location: "/v1/drafts/\(id)"])
    }

    private func edit(_ request: APIRequest) async throws -> Response {
        let id = try request.identifier()
        let text = try request.decode(PostText.self)
        try text.check()
        let (now, author, expected) = (world.wallClock(), request.subject, request.head.headerFields[.ifMatch])
        let isKept = try Self.isKept(request)
        let draft = try await save { database in
            try DraftStore.edit(
                id,
                text,
                by: author,
                ifRevision: { revision in try expected.map { try EntityTag.matches($0, revision, weak: false) } ?? true
                },
                isKept: isKept,
                at: now,
                in: database
            )
        }
        return try answer(draft)
    }

    /// Whether a save says that its author made it, not an editor by itself: it stays in the history.
    private static func isKept(_ request: APIRequest) throws -> Bool {
        switch request.query("keep") {
        case nil, "false": false
        case "true": true
        default: throw Problem.invalid("keep", "must be true or false")
        }
    }

    private func save(_ operation: @escaping @Sendable (Database) throws -> Draft) async throws -> Draft {
        try await failpoints.pass(.draftSaveBefore)
        let draft = try await store.write(operation)
        try await failpoints.pass(.draftSaveAfter)
        return draft
    }

    private func show(_ request: APIRequest) async throws -> Response {
        let (id, author) = (try request.identifier(), request.subject)
        guard let draft = try await store.read({ try DraftStore.draft(id, of: author, in: $0) }) else {
            throw Problem.postNotFound
        }
        return try answer(draft)
    }

    private func list(_ request: APIRequest) async throws -> Response {
        let page = try PageRequest(request)
        let (author, source, place) = (request.subject, request.query("source"), try ListPlace.of(cursor: page.after))
        let filter = try request.query("status").map(DraftFilter.named)
        let words = try request.query("q").flatMap(SearchWords.init)
        let drafts = try await store.read {
            try DraftStore.drafts(
                of: author,
                source: source,
                filter: filter,
                words: words,
                after: place,
                limit: page.limit + 1,
                in: $0
            )
        }
        return try .json(Page(rows: drafts, limit: page.limit) { ListPlace(time: $0.updatedAt, id: $0.id).text })
    }

    private func listRevisions(_ request: APIRequest) async throws -> Response {
        let page = try PageRequest(request)
        let (id, author) = (try request.identifier(), request.subject)
        let before = try page.after.map { text in
            guard let revision = Int(text) else {
                throw Problem.invalid("cursor", "must be the nextCursor of a page of this list")
            }
            return revision
        }
        let revisions = try await store.read {
            try DraftStore.revisions(of: id, by: author, before: before, limit: page.limit + 1, in: $0)
        }
        guard let revisions else { throw Problem.postNotFound }
        return try .json(Page(rows: revisions, limit: page.limit) { String($0.revision) })
    }

    private func showRevision(_ request: APIRequest) async throws -> Response {
        let (id, author) = (try request.identifier(), request.subject)
        let number = request.context.parameters.get("revision").flatMap { Int($0) }
        let revision = try await store.read { database in
            try number.flatMap { try DraftStore.revision($0, of: id, by: author, in: database) }
        }
        guard let revision else { throw Problem(404, "not-found", "The draft has no such revision (any more).") }
        return try .json(revision)
    }

    private func answer(
        _ draft: Draft,
        status: HTTPResponse.Status = .ok,
        headers: HTTPFields = [:]
    ) throws -> Response {
        var headers = headers
        headers[.eTag] = EntityTag.of(draft.revision)
        return try .json(draft, status: status, headers: headers)
    }
}
