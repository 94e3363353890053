import HTTPTypes
import Hummingbird
import Posts
import TCC
import TCCHTTP
import TCCStorage

/// What readers read over HTTP: public, read-only.
struct OnlineRoutes: Sendable {
    let store: DurableStore

    func add(to api: inout API) {
        api.on(.get, "/v1/posts", allow: nil, handler: list)
        api.on(.get, "/v1/posts/:id", allow: nil, handler: show)
    }

    private func show(_ request: APIRequest) async throws -> Response {
        let id = try request.identifier()
        guard let post = try await store.read({ try OnlineStore.post(id, in: $0) }) else { throw Problem.postNotFound }
        let headers: HTTPFields = [.eTag: EntityTag.of(post.revision)]
        if let known = request.head.headerFields[.ifNoneMatch],
            try EntityTag.matches(known, post.revision, weak: true)
        {
            return Response(status: .notModified, headers: headers)
        }
        return try .json(post, headers: headers)
    }

    private func list(_ request: APIRequest) async throws -> Response {
        let page = try PageRequest(request)
        let author = request.query("author")
        let place = try ListPlace.of(cursor: page.after)
        let posts = try await store.read {
            try OnlineStore.posts(of: author, after: place, limit: page.limit + 1, in: $0)
        }
        return try .json(Page(rows: posts, limit: page.limit) { ListPlace(time: $0.publishedAt, id: $0.id).text })
    }
}
