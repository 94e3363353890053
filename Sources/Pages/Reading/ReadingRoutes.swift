import HTTPTypes
import Hummingbird
import NIOCore
import Posts
import TCC
import TCCHTTP

extension Pages {
    /// What everybody may read.
    var readingRoutes: [PageRoute] {
        [
            PageRoute(.get, "/") { try await list($0, author: nil) },
            PageRoute(.get, "/authors/:") { try await list($0, author: $0.path[1]) },
            PageRoute(.get, "/posts/:", post),
            PageRoute(.get, "/feed.atom", feed),
            PageRoute(.get, "/assets/:", asset),
            // What a browser asks for where a page names no icon, as the feed does not.
            PageRoute(.get, "/favicon.ico") { _ in answer(Assets.icon, caching: "public, max-age=86400") },
        ]
    }

    private func list(_ visit: Visit, author: String?) async throws -> Response {
        if let author, !(1...64).contains(author.unicodeScalars.count) {
            throw PageFailure.problem(Problem(404, "not-found", "No author has such a name."))
        }
        let cursor = visit.query["cursor"]
        let found = try await gatherer.posts(of: author, cursor: cursor)
        let model = ListModel(found.items, nextCursor: found.nextCursor, author: author, cursor: cursor, visit.words)
        return publicPage(visit, "list", model, title: model.heading)
    }

    private func post(_ visit: Visit) async throws -> Response {
        let post = try await gatherer.post(visit.identifier(1))
        let model = PostModel(post, reader: visit.session?.author, policy: policy, visit.words)
        return publicPage(visit, "post", model, title: model.title)
    }

    private func feed(_ visit: Visit) async throws -> Response {
        let found = try await gatherer.posts(of: nil, cursor: nil, limit: 50)
        let xml = AtomFeed.write(found.items, publicURL: publicURL, visit.words)
        return publicAnswer(visit, xml, type: "application/atom+xml; charset=utf-8")
    }

    private func asset(_ visit: Visit) throws -> Response {
        guard let asset = Assets.all.first(where: { $0.path == "/assets/" + visit.path[1] }) else {
            throw PageFailure.problem(Problem(404, "not-found", ""))
        }
        // Its name changes with it.
        return answer(asset, caching: "public, max-age=31536000, immutable")
    }

    private func answer(_ asset: Asset, caching: String) -> Response {
        var headers = securityHeaders
        headers[.contentType] = asset.contentType
        headers[.cacheControl] = caching
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: asset.text)))
    }
}
