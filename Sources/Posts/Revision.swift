public import TCC

/// A revision of a draft, in the list of them.
public struct RevisionSummary: Hashable, Sendable, Codable {
    /// Its number.
    public var revision: Int
    /// Its title.
    public var title: String
    /// When it was made.
    public var createdAt: Timestamp
    /// How much content it has, in bytes of UTF-8.
    public var contentBytes: Int
    /// Whether it is what the author works on.
    public var isHead: Bool
    /// Whether it is what readers see.
    public var isPublished: Bool

    /// Makes a summary.
    ///
    /// - Parameters:
    ///   - revision: its number.
    ///   - title: its title.
    ///   - createdAt: when it was made.
    ///   - contentBytes: how much content it has, in bytes of UTF-8.
    ///   - isHead: whether it is what the author works on.
    ///   - isPublished: whether it is what readers see.
    public init(
        revision: Int,
        title: String,
        createdAt: Timestamp,
        contentBytes: Int,
        isHead: Bool,
        isPublished: Bool
    ) {
        self.revision = revision
        self.title = title
        self.createdAt = createdAt
        self.contentBytes = contentBytes
        self.isHead = isHead
        self.isPublished = isPublished
    }
}

/// A revision of a draft, whole.
public struct Revision: Hashable, Sendable, Codable {
    /// The post's id.
    public var id: UUIDv7
    /// Its number.
    public var revision: Int
    /// Its title.
    public var title: String
    /// Its content, Markdown.
    public var content: String
    /// When it was made.
    public var createdAt: Timestamp
    /// Whether it is what the author works on.
    public var isHead: Bool
    /// Whether it is what readers see.
    public var isPublished: Bool

    /// Makes a revision.
    ///
    /// - Parameters:
    ///   - id: the post's id.
    ///   - revision: its number.
    ///   - title: its title.
    ///   - content: its content.
    ///   - createdAt: when it was made.
    ///   - isHead: whether it is what the author works on.
    ///   - isPublished: whether it is what readers see.
    public init(
        id: UUIDv7,
        revision: Int,
        title: String,
        content: String,
        createdAt: Timestamp,
        isHead: Bool,
        isPublished: Bool
    ) {
        self.id = id
        self.revision = revision
        self.title = title
        self.content = content
        self.createdAt = createdAt
        self.isHead = isHead
        self.isPublished = isPublished
    }
}
