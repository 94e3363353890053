import DraftLibrary
import Foundation
import GRDB
import HTTPTypes
import OnlineLibrary
import Posts
import TCC
import TCCHTTP
import Verification

/// A reader of one library that looks every few milliseconds, and notes what has changed.
///
/// It looks into the library's database, at what a request that comes at this moment would be answered from: a request
/// each time would cost more than all that is under test. ``APIReader`` sees to it that the services tell nothing else.
package struct LibraryReader: Sendable {
    /// How often it looks.
    package static let interval = Duration.milliseconds(2)
    private static let mostPosts = 1000

    let library: History.Library
    let file: URL
    let recorder: Recorder

    private struct Look: Hashable {
        var revision: Int
        var title: String
    }

    /// Looks until the task is cancelled.
    func run() async throws {
        while true {
            try await Task.sleep(for: Self.interval)
            do {
                try await watch()
            } catch is DatabaseError {
                // Its process is just being started, or killed; a connection of its own comes up again.
            }
        }
    }

    private func watch() async throws {
        guard FileManager.default.fileExists(atPath: file.path(percentEncoded: false)) else { return }
        let queue = try Databases.open(file)
        defer { try? queue.close() }  // `try?`: a reader has nothing to lose
        var version: Int?
        var before: [UUIDv7: Look] = [:]
        while true {
            let known = version
            let (current, posts) = try await queue.read { database in
                let current = try Int.fetchOne(database, sql: "PRAGMA data_version")
                return (current, current == known ? nil : try look(database))
            }
            version = current
            if let posts {
                note(posts, before)
                before = posts
            }
            try await Task.sleep(for: Self.interval)
        }
    }

    private func note(_ posts: [UUIDv7: Look], _ before: [UUIDv7: Look]) {
        for (id, look) in posts where before[id] != look {
            recorder.note(.saw(.init(library: library, post: id, revision: look.revision, title: look.title)))
        }
        for id in before.keys where posts[id] == nil { recorder.note(.gone(library, post: id)) }
    }

    /// What readers see, or the drafts say that they see.
    private func look(_ database: Database) throws -> [UUIDv7: Look] {
        var posts: [UUIDv7: Look] = [:]
        switch library {
        case .online:
            for post in try OnlineStore.posts(of: nil, after: nil, limit: Self.mostPosts, in: database) {
                posts[post.id] = Look(revision: post.revision, title: post.title)
            }
        case .draft:
            for author in Workload.authors + [Workload.pauper] {
                let drafts = try DraftStore.drafts(
                    of: author,
                    source: nil,
                    after: nil,
                    limit: Self.mostPosts,
                    in: database
                )
                for draft in drafts where draft.status == .published {
                    guard let revision = draft.publishedRevision else { continue }
                    var title = draft.title
                    if revision != draft.revision {
                        let sql = "SELECT title FROM revisions WHERE post_id = ? AND revision = ?"
                        let arguments: StatementArguments = [draft.id.description, revision]
                        guard let bytes = try Data.fetchOne(database, sql: sql, arguments: arguments) else { continue }
                        title = String(decoding: bytes, as: UTF8.self)
                    }
                    posts[draft.id] = Look(revision: revision, title: title)
                }
            }
        }
        return posts
    }
}

/// A reader who asks both services, as readers do, now and then.
struct APIReader: Sendable {
    private static let interval = Duration.milliseconds(40)

    let stack: Stack
    let recorder: Recorder

    /// Looks until the task is cancelled.
    func run() async throws {
        var highest: [UUIDv7: Int] = [:]
        while true {
            for author in Workload.authors {
                try await Task.sleep(for: Self.interval)
                let posts = await items("\(stack.url(.online))/v1/posts?limit=100&author=\(author)", nil, PostView.self)
                for post in posts {
                    if post.revision < highest[post.id] ?? 0 {
                        let found = "\(post.id) fell to revision \(post.revision) before a reader of the API"
                        recorder.note(.contradiction(Violation(4, found)))
                    }
                    highest[post.id] = max(post.revision, highest[post.id] ?? 0)
                    saw(.online, post.id, post.revision, post.title)
                }
                let drafts = await items("\(stack.url(.draft))/v1/drafts?limit=100", author, DraftView.self)
                for draft in drafts where draft.status == "published" && draft.publishedRevision == draft.revision {
                    saw(.draft, draft.id, draft.revision, draft.title)
                }
            }
        }
    }

    private func saw(_ library: History.Library, _ post: UUIDv7, _ revision: Int, _ title: String) {
        recorder.sawLate(.init(library: library, post: post, revision: revision, title: title))
    }

    private struct PageView<Item: Decodable & Sendable>: Decodable, Sendable { let items: [Item] }

    private func items<Item: Decodable & Sendable>(_ url: String, _ author: String?, _ type: Item.Type) async -> [Item]
    {
        do {
            let caller = author.map { Caller.author($0) }
            let answer = try await stack.call(url, .get, "", as: caller, timeout: .milliseconds(500))
            return answer.decode(PageView<Item>.self)?.items ?? []
        } catch {
            // A service that is down or paused shows nothing.
            return []
        }
    }
}
