public import TCC

/// A live post: what readers see.
public struct Post: Hashable, Sendable, Codable {
    /// The post's id, the same in both libraries.
    public var id: UUIDv7
    /// Who wrote it.
    public var author: String
    /// The title.
    public var title: String
    /// The content, Markdown; absent in lists.
    public var content: String?
    /// The live revision.
    public var revision: Int
    /// When readers saw it first.
    public var publishedAt: Timestamp
    /// When readers saw this revision first.
    public var updatedAt: Timestamp

    /// Makes a post.
    ///
    /// - Parameters:
    ///   - id: the post's id.
    ///   - author: who wrote it.
    ///   - title: the title.
    ///   - content: the content; nil in lists.
    ///   - revision: the live revision.
    ///   - publishedAt: when readers saw it first.
    ///   - updatedAt: when readers saw this revision first.
    public init(
        id: UUIDv7,
        author: String,
        title: String,
        content: String?,
        revision: Int,
        publishedAt: Timestamp,
        updatedAt: Timestamp
    ) {
        self.id = id
        self.author = author
        self.title = title
        self.content = content
        self.revision = revision
        self.publishedAt = publishedAt
        self.updatedAt = updatedAt
    }
}
