package import TCC

/// A draft, as the contract shows it.
package struct DraftView: Codable, Hashable, Sendable {
    package var id: UUIDv7
    package var author: String
    package var title: String
    package var content: String?
    package var source: String?
    package var revision: Int
    package var nextRevision: Int
    package var status: String
    package var publishedRevision: Int?
    package var pendingTransaction: UUIDv7?
    package var createdAt: Timestamp
    package var updatedAt: Timestamp

    package init(
        id: UUIDv7,
        author: String,
        title: String,
        content: String?,
        source: String?,
        revision: Int,
        nextRevision: Int,
        status: String,
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
}

/// A live post, as the contract shows it.
package struct PostView: Codable, Hashable, Sendable {
    package var id: UUIDv7
    package var author: String
    package var title: String
    package var content: String?
    package var revision: Int
    package var publishedAt: Timestamp
    package var updatedAt: Timestamp

    package init(
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
