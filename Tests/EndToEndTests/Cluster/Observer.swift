import HTTPTypes
import Harness
import TCC
import TCCHTTP
import Verification

/// A reader that looks at both libraries again and again while a scenario runs.
struct Observer {
    private struct Page<Item: Decodable & Sendable>: Decodable, Sendable {
        let items: [Item]
    }

    let cluster: Cluster

    /// Looks until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            for author in cluster.history.content.authors.sorted() { await look(at: author) }
            // `try?`: a cancelled sleep ends the loop by its condition.
            try? await Task.sleep(for: .milliseconds(15))
        }
    }

    private func look(at author: String) async {
        let posts = await read(Page<PostView>.self, .online, "/v1/posts?limit=100&author=\(author)", as: nil)
        for post in posts?.items ?? [] {
            cluster.history.saw(.init(library: .online, post: post.id, revision: post.revision, title: post.title))
        }
        let drafts = await read(Page<DraftView>.self, .draft, "/v1/drafts?limit=100", as: .author(author))
        for draft in drafts?.items ?? []
        where draft.status == "published" && draft.publishedRevision == draft.revision {
            cluster.history.saw(.init(library: .draft, post: draft.id, revision: draft.revision, title: draft.title))
        }
    }

    private func read<Value: Decodable>(
        _ type: Value.Type,
        _ role: ServerRole,
        _ path: String,
        as caller: Caller?
    ) async -> Value? {
        // `try?`: a server that is down or paused shows nothing.
        let answer = try? await cluster.call(role, .get, path, as: caller, timeout: .milliseconds(500))
        return answer?.status == 200 ? answer?.decode(type) : nil
    }
}
