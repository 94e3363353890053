public import GRDB
public import Posts
public import TCC
public import TCCParticipant
import TCCStorage

/// The production library's part in a post transaction: it holds the post, and takes the revision's number for good.
public struct DraftResource: Resource {
    /// A resource without state of its own.
    public init() {}

    /// Checks that the post can be published, withdrawn or deleted, and holds it.
    public func reserve(_ call: BranchCall<PostPayload>, at now: Timestamp, in database: Database) throws {
        let action = try PostAction.named(call.action)
        guard let payload = call.payload else { throw Problem.invalid("payload", "is missing") }
        let id = payload.postID.description
        if try database.hasRow("SELECT 1 FROM reservations WHERE post_id = ?", .text(id)) {
            throw Problem.publishInProgress
        }
        let draft = try Standing(of: id, by: payload.author, in: database)
        if let draft, !draft.isOwn { throw Self.notFound }
        switch action {
        case .withdraw:
            guard let draft else { throw Self.notFound }
            guard draft.status == DraftStatus.published.rawValue else { throw Problem.notPublished }
        case .delete:
            guard let draft else { throw Self.notFound }
            guard draft.status != DraftStatus.published.rawValue else { throw Problem.postIsLive }
            guard payload.baseRevision.map({ $0 == draft.head }) ?? true else { throw Problem.revisionConflict }
        case .publish:
            try checkPublish(payload, draft, in: database)
        }
        try hold(payload, action, for: call.id, isNew: draft == nil, in: database)
    }

    /// What there is of a draft.
    private struct Standing {
        let isOwn: Bool
        let head: Int64
        let next: Int64
        let status: String
        let published: Int64?

        init?(of id: String, by author: String, in database: Database) throws {
            let draft = try database.first(
                "SELECT author, head_revision, next_revision, status, published_revision FROM drafts WHERE id = ?",
                .text(id)
            ) { ($0.equals(0, author), $0.integer(1), $0.integer(2), $0.text(3), $0.optionalInteger(4)) }
            guard let draft else { return nil }
            (isOwn, head, next, status, published) = draft
        }
    }

    /// A refusal: a try has no 404, which would say that the service takes no tries.
    private static let notFound = Problem(409, Problem.postNotFound.code, Problem.postNotFound.detail)

    private func checkPublish(_ payload: PostPayload, _ draft: Standing?, in database: Database) throws {
        let revision = try payload.checkedRevision()
        guard let baseRevision = payload.baseRevision else {
            throw Problem.invalid("payload.baseRevision", "is missing")
        }
        guard let title = payload.title, let content = payload.content else {
            guard payload.title == nil, payload.content == nil else {
                throw Problem.invalid("payload.content", "must be there with the title, or both be null")
            }
            return try checkPublishSaved(payload, revision, baseRevision, draft, in: database)
        }
        try PostLimits.check(title: title, content: content)
        guard let draft else {
            guard baseRevision == 0 else { throw Self.notFound }
            try PostLimits.check(source: payload.source)
            return try DraftStore.checkFree(source: payload.source, of: payload.author, in: database)
        }
        guard baseRevision == draft.head, revision >= draft.next else { throw Problem.revisionConflict }
        // The number is taken for good: a cancel leaves a gap, so that no other text can ever have it.
        try database.run(
            "UPDATE drafts SET next_revision = ? WHERE id = ?",
            .integer(revision + 1),
            .text(payload.postID.description)
        )
    }

    private func checkPublishSaved(
        _ payload: PostPayload,
        _ revision: Int,
        _ baseRevision: Int,
        _ draft: Standing?,
        in database: Database
    ) throws {
        guard let draft else { throw Self.notFound }
        guard baseRevision == revision else {
            throw Problem.invalid("payload.baseRevision", "must be the revision where a saved one is published")
        }
        let isSaved = try database.hasRow(
            "SELECT 1 FROM revisions WHERE post_id = ? AND revision = ?",
            .text(payload.postID.description),
            .integer(revision)
        )
        guard isSaved, revision >= draft.published ?? 0 else { throw Problem.revisionConflict }
        // It was the head when it was read; saves since then may have thinned it out.
        if revision != draft.head { try DraftStore.restore(revision, of: payload.postID, in: database) }
    }

    private func hold(
        _ payload: PostPayload,
        _ action: PostAction,
        for branch: BranchID,
        isNew: Bool,
        in database: Database
    ) throws {
        try database.run(
            """
            INSERT INTO reservations
                (post_id, gid, branch, action, author, source, is_new, revision, title, content)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .text(payload.postID.description),
            .text(branch.gid.description),
            .text(branch.branch.description),
            .text(action.rawValue),
            .text(payload.author),
            .utf8(orNull: isNew ? payload.source : nil),
            .integer(isNew ? 1 : 0),
            .integer(payload.revision),
            .utf8(orNull: payload.title),
            .utf8(orNull: payload.content)
        )
    }

    /// Makes the published revision part of the draft, or the draft private, or forgets it.
    public func confirm(_ branch: BranchID, at now: Timestamp, in database: Database) throws {
        guard let held = try Held(by: branch, in: database), let id = UUIDv7(held.postID) else {
            throw DatabaseError(message: "the reservation of \(branch.gid) vanished")
        }
        switch held.action {
        case .withdraw: try database.run("UPDATE drafts SET status = 'private' WHERE id = ?", .text(held.postID))
        case .delete: try DraftStore.delete(id, in: database)
        case .publish: try confirmPublish(of: id, held, at: now, in: database)
        }
        try cancel(branch, at: now, in: database)
    }

    /// What a try holds.
    private struct Held {
        let postID: String
        let action: PostAction
        let author: String
        let isNew: Bool
        let revision: Int
        /// Nil for a revision that is saved.
        let text: PostText?

        init?(by branch: BranchID, in database: Database) throws {
            let held = try database.first(
                """
                SELECT post_id, action, author, source, is_new, revision, title, content FROM reservations
                WHERE gid = ? AND branch = ?
                """,
                .text(branch.gid.description),
                .text(branch.branch.description)
            ) { row in
                (
                    row.text(0), PostAction(rawValue: row.text(1)), row.text(2), row.integer(4) != 0,
                    Int(row.integer(5)),
                    row.isNull(6)
                        ? nil : PostText(title: row.text(6), content: row.text(7), source: row.optionalText(3))
                )
            }
            guard let held, let action = held.1 else { return nil }
            self.action = action
            (postID, _, author, isNew, revision, text) = held
        }
    }

    private func confirmPublish(of id: UUIDv7, _ held: Held, at now: Timestamp, in database: Database) throws {
        if let text = held.text {
            if held.isNew {
                return try DraftStore.insert(
                    id,
                    text,
                    revision: held.revision,
                    by: held.author,
                    status: .published,
                    at: now,
                    in: database
                )
            }
            try DraftStore.insertRevision(id, held.revision, text.title, text.content, at: now, in: database)
        }
        // An edit that was saved meanwhile has a higher number, and stays the head.
        try database.run(
            """
            UPDATE drafts
            SET head_revision = max(head_revision, ?1), published_revision = ?1, status = 'published',
                updated_at = iif(head_revision < ?1, ?3, updated_at)
            WHERE id = ?2
            """,
            .integer(held.revision),
            .text(held.postID),
            .integer(now.milliseconds)
        )
    }

    /// Lets the post go.
    public func cancel(_ branch: BranchID, at now: Timestamp, in database: Database) throws {
        try database.run(
            "DELETE FROM reservations WHERE gid = ? AND branch = ?",
            .text(branch.gid.description),
            .text(branch.branch.description)
        )
    }
}
