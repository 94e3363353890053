import HTTPTypes
package import TCC
package import TCCHTTP
package import Verification

/// Both libraries, as authors and readers see them.
package struct Libraries: Sendable {
    private static let patience = Duration.seconds(5)
    private static let callTimeout = Duration.seconds(2)

    private let client: JSONClient
    private let authority: TokenAuthority
    private let draftURL: String
    private let onlineURL: String

    /// Names them.
    ///
    /// - Parameters:
    ///   - client: makes the calls.
    ///   - authority: issues the authors' tokens.
    ///   - draftURL: the draft service.
    ///   - onlineURL: the online service.
    package init(client: JSONClient, authority: TokenAuthority, draftURL: String, onlineURL: String) {
        self.client = client
        self.authority = authority
        self.draftURL = draftURL
        self.onlineURL = onlineURL
    }

    /// Reads, again and again while the server is not there.
    ///
    /// - Parameters:
    ///   - url: what to read.
    ///   - caller: who reads; nil for no token.
    ///   - type: what it should be.
    /// - Returns: the value, or nil if there is nothing.
    /// - Throws: ``NotInTime``.
    package func get<Value: Decodable & Sendable>(
        _ url: String,
        as caller: Caller?,
        _ type: Value.Type = Value.self
    ) async throws -> Value? {
        var token: String?
        if let caller { token = try await authority.issue(for: caller, lifetime: .seconds(300)) }
        var value: Value?
        var last = "no answer"
        do {
            try await eventually("GET \(url) is answered", within: Self.patience) {
                let answer: Answer
                do {
                    answer = Answer(try await client.call(.get, url, token: token, timeout: Self.callTimeout))
                } catch {
                    try Task.checkCancellation()
                    return false
                }
                last = "\(answer.status) \(answer.text)"
                value = answer.status == 200 ? answer.decode(Value.self) : nil
                return answer.status == 404 || value != nil
            }
        } catch let late as NotInTime {
            throw NotInTime(description: "\(late); the last answer was \(last)")
        }
        return value
    }

    /// A draft.
    ///
    /// - Parameters:
    ///   - id: the post.
    ///   - author: its author.
    /// - Returns: the draft, or nil if there is none.
    /// - Throws: ``NotInTime``.
    package func draft(_ id: UUIDv7, of author: String) async throws -> DraftView? {
        try await get("\(draftURL)/v1/drafts/\(id)", as: .author(author))
    }

    /// A live post.
    ///
    /// - Parameter id: the post.
    /// - Returns: the post, or nil if readers see none.
    /// - Throws: ``NotInTime``.
    package func post(_ id: UUIDv7) async throws -> PostView? {
        try await get("\(onlineURL)/v1/posts/\(id)", as: nil)
    }

    /// An author's drafts, without their contents.
    ///
    /// - Parameter author: the author.
    /// - Returns: all of them.
    /// - Throws: ``NotInTime``.
    package func drafts(of author: String) async throws -> [DraftView] {
        try await all("\(draftURL)/v1/drafts?limit=100", as: .author(author))
    }

    /// An author's live posts, without their contents.
    ///
    /// - Parameter author: the author.
    /// - Returns: all of them.
    /// - Throws: ``NotInTime``.
    package func posts(of author: String) async throws -> [PostView] {
        try await all("\(onlineURL)/v1/posts?limit=100&author=\(author)", as: nil)
    }

    /// What there is of some authors, with its contents.
    ///
    /// - Parameter authors: the authors.
    /// - Returns: their drafts and live posts; a draft that readers see although no list has it is among them.
    /// - Throws: ``NotInTime``.
    package func everything(of authors: some Sequence<String>) async throws -> (drafts: [DraftView], posts: [PostView])
    {
        var (drafts, posts): ([DraftView], [PostView]) = ([], [])
        for author in authors {
            for item in try await self.drafts(of: author) {
                if let draft = try await draft(item.id, of: author) { drafts.append(draft) }
            }
            for item in try await self.posts(of: author) {
                if let post = try await post(item.id) { posts.append(post) }
            }
        }
        let listed = Set(posts.map(\.id))
        for draft in drafts where !listed.contains(draft.id) {
            if let post = try await post(draft.id) { posts.append(post) }
        }
        return (drafts, posts)
    }

    private struct PageView<Item: Decodable & Sendable>: Decodable, Sendable {
        let items: [Item]
        let nextCursor: String?
    }

    private func all<Item: Decodable & Sendable>(_ url: String, as caller: Caller?) async throws -> [Item] {
        var items: [Item] = []
        var cursor: String?
        repeat {
            let page: PageView<Item>? = try await get(url + (cursor.map { "&cursor=\($0)" } ?? ""), as: caller)
            guard let page else { throw NotInTime(description: "GET \(url) says that there is nothing") }
            items += page.items
            cursor = page.nextCursor
        } while cursor != nil
        return items
    }
}
