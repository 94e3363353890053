package import Posts
package import TCC
package import TCCCoordinator

/// What publishing, withdrawing and deleting are as transactions over the two libraries.
package enum PostTransaction {
    /// The labels that every transaction shows, null where it has none.
    package static let labelNames = ["postID", "revision"]

    /// A new post, as revision 1.
    ///
    /// - Parameters:
    ///   - text: the post.
    ///   - id: its id.
    ///   - author: whose it is.
    /// - Returns: the transaction.
    package static func publishNew(_ text: PostText, as id: UUIDv7, by author: String) -> TransactionRequest {
        let revision = 1
        let online = PostPayload(
            postID: id,
            author: author,
            revision: revision,
            title: text.title,
            content: text.content
        )
        var draft = online
        draft.baseRevision = 0
        draft.source = text.source
        return transaction(.publish, of: id, revision, by: author, draft: draft, online: online)
    }

    /// A draft's saved head, or a text as its next revision.
    ///
    /// - Parameters:
    ///   - draft: the draft, as it was read.
    ///   - text: the text; nil publishes what is saved.
    ///   - live: a revision that readers have seen and the draft library does not know; the saved text becomes one after
    ///     it then, too.
    ///   - author: whose it is.
    /// - Returns: the transaction.
    package static func publish(
        _ draft: Draft,
        _ text: PostText?,
        after live: Int? = nil,
        by author: String
    ) -> TransactionRequest {
        let text = text ?? live.map { _ in PostText(title: draft.title, content: draft.content ?? "") }
        let revision = text == nil ? draft.revision : max(draft.nextRevision, (live ?? 0) + 1)
        let online = PostPayload(
            postID: draft.id,
            author: author,
            revision: revision,
            title: text?.title ?? draft.title,
            content: text?.content ?? draft.content ?? ""
        )
        var saved = online
        saved.baseRevision = draft.revision
        saved.title = text?.title
        saved.content = text?.content
        return transaction(.publish, of: draft.id, revision, by: author, draft: saved, online: online)
    }

    /// Hides a post from readers; its draft becomes private.
    ///
    /// - Parameters:
    ///   - id: the post.
    ///   - author: whose it is.
    /// - Returns: the transaction.
    package static func withdraw(_ id: UUIDv7, by author: String) -> TransactionRequest {
        let payload = PostPayload(postID: id, author: author)
        return transaction(.withdraw, of: id, nil, by: author, draft: payload, online: payload)
    }

    /// Has both libraries forget a post that readers do not see.
    ///
    /// - Parameters:
    ///   - id: the post.
    ///   - head: the draft's head must be this one; nil for whichever it is.
    ///   - author: whose it is.
    /// - Returns: the transaction.
    package static func delete(_ id: UUIDv7, ifHead head: Int? = nil, by author: String) -> TransactionRequest {
        let payload = PostPayload(postID: id, author: author)
        var draft = payload
        draft.baseRevision = head
        return transaction(.delete, of: id, nil, by: author, draft: draft, online: payload)
    }

    private static func transaction(
        _ action: PostAction,
        of id: UUIDv7,
        _ revision: Int?,
        by author: String,
        draft: PostPayload,
        online: PostPayload
    ) -> TransactionRequest {
        TransactionRequest(
            action: action.rawValue,
            branches: [
                .init(participant: PostBranch.draft, payload: draft),
                .init(participant: PostBranch.online, payload: online),
            ],
            owner: author,
            labels: [
                "postID": .string(id.description), "revision": revision.map { .integer(Int64($0)) } ?? .null,
            ]
        )
    }
}
