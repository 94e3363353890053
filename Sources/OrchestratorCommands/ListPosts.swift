import ArgumentParser
import Hosting
import Posts
import TCC
import TCCHTTP

/// The command `orchestrator posts`.
struct ListPosts: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        commandName: "posts",
        abstract: "List posts, the newest first.",
        discussion: """
            Without --author: what readers see. With it: the author's drafts, with the published revision beside the \
            one that readers see. On a terminal, columns that it has no room for are left out.

            Example:
              orchestrator posts --author ada --limit 50

            JSON: {items, nextCursor} with items {id, author, title, revision,
              publishedAt, updatedAt}; with --author {id, author, title, source,
              revision, nextRevision, status, publishedRevision, pendingTransaction,
              createdAt, updatedAt, onlineRevision}.
            """
    )

    @Option(help: ArgumentHelp("Whose drafts to list (default: what readers see of everybody's).", valueName: "name"))
    var author: SubjectName?

    @Option(help: ArgumentHelp("How many at most, 1 or more.", valueName: "count"))
    var limit = ItemLimit(20)

    @Option(help: ArgumentHelp("Where to go on: the cursor that the list before ended with.", valueName: "cursor"))
    var cursor: String?

    @OptionGroup
    var shared: SharedOptions

    private static let mostQuestions = 8

    /// Lists them.
    mutating func run() async throws {
        if let author { try await listDrafts(of: author.author) } else { try await listLive() }
    }

    private func listLive() async throws {
        let (limit, cursor) = (limit.count, cursor)
        let page = try await Services.with(shared, needsToken: false) { services in
            try await services.list(of: Post.self, limit: limit, from: cursor) { limit, cursor in
                .get(.online, "/v1/posts", query: ["limit": limit, "cursor": cursor])
            }
        }
        if shared.json { return try Output.json(page) }
        try Output.line(PostTables.live(page, .standardOutput, columns: Output.columns))
    }

    private func listDrafts(of author: Caller) async throws {
        let (limit, cursor) = (limit.count, cursor)
        let page = try await Services.with(shared, connections: Self.mostQuestions) { services in
            let drafts = try await services.list(of: Draft.self, limit: limit, from: cursor) { limit, cursor in
                .get(.draft, "/v1/drafts", query: ["limit": limit, "cursor": cursor], as: author)
            }
            let revisions = try await Self.liveRevisions(of: drafts.items.map(\.id), services)
            let rows = drafts.items.map { DraftBesideLive(draft: $0, onlineRevision: revisions[$0.id]) }
            var page = Page(rows: rows, limit: rows.count) { $0.draft.id.description }
            page.nextCursor = drafts.nextCursor
            return page
        }
        if shared.json { return try Output.json(page) }
        try Output.line(PostTables.drafts(page, .standardOutput, columns: Output.columns))
    }

    private static func liveRevisions(of ids: [UUIDv7], _ services: Services) async throws -> [UUIDv7: Int] {
        try await withThrowingTaskGroup(of: Post?.self) { group in
            var revisions: [UUIDv7: Int] = [:]
            var rest = ids[...]
            func askNext() {
                guard let id = rest.popFirst() else { return }
                group.addTask { try await services.find(Post.self, .get(.online, "/v1/posts/\(id)")) }
            }
            for _ in 0..<mostQuestions { askNext() }
            for try await post in group {
                if let post { revisions[post.id] = post.revision }
                askNext()
            }
            return revisions
        }
    }
}
