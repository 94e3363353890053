public import TCC

/// Whether readers see a post, as its author sees it.
public enum DraftStatus: String, Hashable, Sendable, Codable {
    /// Never published.
    case unpublished
    /// Readers see `publishedRevision`.
    case published
    /// Withdrawn.
    case `private`
}

/// A draft: what the author works on.
public struct Draft: Hashable, Sendable, Codable {
    /// The post's id, the same in both libraries.
    public var id: UUIDv7
    /// Whose it is.
    public var author: String
    /// The head revision's title.
    public var title: String
    /// The head revision's content; absent in lists.
    public var content: String?
    /// Where it comes from, say a file's path; unique for an author.
    public var source: String?
    /// The head revision.
    public var revision: Int
    /// The number that the next save or publish takes.
    public var nextRevision: Int
    /// Whether readers see it.
    public var status: DraftStatus
    /// What readers see, if they do.
    public var publishedRevision: Int?
    /// The transaction that holds the post, if one does.
    public var pendingTransaction: UUIDv7?
    /// When the post was made.
    public var createdAt: Timestamp
    /// When the head revision was made.
    public var updatedAt: Timestamp

    /// Makes a draft.
    ///
    /// - Parameters:
    ///   - id: the post's id.
    ///   - author: whose it is.
    ///   - title: the head revision's title.
    ///   - content: the head revision's content; nil in lists.
    ///   - source: where it comes from.
    ///   - revision: the head revision.
    ///   - nextRevision: the number that the next save or publish takes.
    ///   - status: whether readers see it.
    ///   - publishedRevision: what readers see.
    ///   - pendingTransaction: the transaction that holds the post.
    ///   - createdAt: when the post was made.
    ///   - updatedAt: when the head revision was made.
    public init(
        id: UUIDv7,
        author: String,
        title: String,
        content: String?,
        source: String?,
        revision: Int,
        nextRevision: Int,
        status: DraftStatus,
        publishedRevision: Int?,
        pendingTransaction: UUIDv7?,
        createdAt: Timestamp,
        updatedAt: Timestamp
    ) {
        self.id = id
        self.author = author
        self.title = title
        self.content = content
        self.source = source
        self.revision = revision
        self.nextRevision = nextRevision
        self.status = status
        self.publishedRevision = publishedRevision
        self.pendingTransaction = pendingTransaction
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    private enum CodingKeys: String, CodingKey {
        case id
        case author
        case title
        case content
        case source
        case revision
        case nextRevision
        case status
        case publishedRevision
        case pendingTransaction
        case createdAt
        case updatedAt
    }

    /// Writes JSON with null for absent values, but without `content` in lists.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(author, forKey: .author)
        try container.encode(title, forKey: .title)
        try container.encodeIfPresent(content, forKey: .content)
        try container.encode(source, forKey: .source)
        try container.encode(revision, forKey: .revision)
        try container.encode(nextRevision, forKey: .nextRevision)
        try container.encode(status, forKey: .status)
        try container.encode(publishedRevision, forKey: .publishedRevision)
        try container.encode(pendingTransaction, forKey: .pendingTransaction)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encode(updatedAt, forKey: .updatedAt)
    }
}

/// The body of a save, and of a publish of new content.
public struct PostText: Hashable, Sendable, Codable {
    /// 1 to 200 characters.
    public var title: String
    /// 0 to 512 KiB of UTF-8, Markdown.
    public var content: String
    /// Where a new post comes from; not looked at in an edit.
    public var source: String?

    /// Makes a text.
    ///
    /// - Parameters:
    ///   - title: the title.
    ///   - content: the content.
    ///   - source: where a new post comes from.
    public init(title: String, content: String, source: String? = nil) {
        self.title = title
        self.content = content
        self.source = source
    }

    /// Checks the members' lengths.
    ///
    /// - Throws: a 422 problem that names the field.
    public func check() throws {
        try PostLimits.check(title: title, content: content)
        try PostLimits.check(source: source)
    }
}
