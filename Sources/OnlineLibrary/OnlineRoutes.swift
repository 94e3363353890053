import HTTPTypes
import Hummingbird
import Posts
import TCC
import TCCHTTP
import TCCStorage

/// What readers read over HTTP: public, read-only.
struct OnlineRoutes: Sendable {
    let store: DurableStore
    let cache: ReadersCache

    func add(to api: inout API) {
        api.on(.get, "/v1/posts", allow: nil, handler: list)
        api.on(.get, "/v1/posts/:id", allow: nil, handler: show)
    }

    private func show(_ request: APIRequest) async throws -> Response {
        let id = try request.identifier()
        let answer = try await cache.post(id) {
            // A row by its key: on this thread, without the readers' scheduling.
            guard let post = try store.lookUp({ try OnlineStore.post(id, in: $0) }) else { return nil }
            let headers: HTTPFields = [.eTag: EntityTag.of(post.revision)]
            return try ReadyAnswer(post, headers: headers, revision: post.revision)
        }
        guard let answer, let revision = answer.revision else { throw Problem.postNotFound }
        if let known = request.head.headerFields[.ifNoneMatch], try EntityTag.matches(known, revision, weak: true) {
            return Response(status: .notModified, headers: [.eTag: EntityTag.of(revision)])
        }
        return answer.response
    }

    private func list(_ request: APIRequest) async throws -> Response {
        let page = try PageRequest(request)
        let author = request.query("author")
        let place = try ListPlace.of(cursor: page.after)
        let read = {
            let posts = try await store.read {
                try OnlineStore.posts(of: author, after: place, limit: page.limit + 1, in: $0)
            }
            return try ReadyAnswer(
                Page(rows: posts, limit: page.limit) { ListPlace(time: $0.publishedAt, id: $0.id).text }
            )
        }
        guard place == nil, let first = ReadersCache.FirstPage(author: author, limit: page.limit) else {
            return try await read().response
        }
        return try await cache.page(first, read: read).response
    }
}

extension ReadyAnswer {
    /// A value as JSON.
    fileprivate init(_ value: some Encodable, headers: HTTPFields = [:], revision: Int? = nil) throws {
        var headers = headers
        headers[.contentType] = "application/json; charset=utf-8"
        self.init(headers: headers, body: try JSONCoding.encode(value), revision: revision)
    }

    /// The answer.
    fileprivate var response: Response {
        Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: body))
    }
}
