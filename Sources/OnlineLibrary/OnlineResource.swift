public import GRDB
public import Posts
public import TCC
public import TCCParticipant
import TCCStorage

/// The live library's part in a post transaction: it stages what readers are to see.
public struct OnlineResource: Resource {
    /// What readers asked for lately, which a confirm makes it forget.
    package let cache = ReadersCache()

    /// A resource whose only state is a cache for its readers.
    public init() {}

    /// Checks that the post can be shown, hidden or forgotten, and stages it.
    public func reserve(_ call: BranchCall<PostPayload>, at now: Timestamp, in database: Database) throws {
        let action = try PostAction.named(call.action)
        guard let payload = call.payload else { throw Problem.invalid("payload", "is missing") }
        let id = payload.postID.description
        if try database.hasRow("SELECT 1 FROM staged WHERE post_id = ?", .text(id)) { throw Problem.publishInProgress }
        let post = try Live(of: payload, id, in: database)
        if let post, !post.isOwn { throw Problem(409, Problem.postNotFound.code, Problem.postNotFound.detail) }
        switch action {
        case .withdraw:
            guard let post, post.isVisible else { throw Problem.notPublished }
        case .delete:
            // Of a post that was never published there is nothing here; it is held all the same, so that nothing is shown.
            guard !(post?.isVisible ?? false) else { throw Problem.postIsLive }
        case .publish:
            try checkPublish(payload, post)
        }
        try database.run(
            """
            INSERT INTO staged (post_id, gid, branch, action, author, revision, title, content)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .text(id),
            .text(call.gid.description),
            .text(call.branch.description),
            .text(action.rawValue),
            .text(payload.author),
            .integer(payload.revision),
            .utf8(orNull: payload.title),
            .utf8(orNull: payload.content)
        )
    }

    /// What there is of a post, compared with what is to be.
    private struct Live {
        let isOwn: Bool
        let revision: Int64
        let isVisible: Bool
        /// Whether it has the same title and content.
        let isSame: Bool

        init?(of payload: PostPayload, _ id: String, in database: Database) throws {
            let live = try database.first(
                "SELECT author, revision, is_visible, title, content FROM posts WHERE id = ?",
                .text(id)
            ) { row in
                (
                    row.equals(0, payload.author), row.integer(1), row.integer(2) != 0,
                    row.equals(3, payload.title ?? "") && row.equals(4, payload.content ?? "")
                )
            }
            guard let live else { return nil }
            (isOwn, revision, isVisible, isSame) = live
        }
    }

    private func checkPublish(_ payload: PostPayload, _ post: Live?) throws {
        let revision = try payload.checkedRevision()
        guard let title = payload.title else { throw Problem.invalid("payload.title", "is missing") }
        guard let content = payload.content else { throw Problem.invalid("payload.content", "is missing") }
        try PostLimits.check(title: title, content: content)
        guard let post else { return }
        // A revision never changes: the same number with another text cannot be that revision.
        guard revision > post.revision || revision == post.revision && post.isSame else {
            throw Problem.revisionConflict(live: Int(post.revision))
        }
    }

    /// Shows the staged revision, or hides the post, or forgets it.
    public func confirm(_ branch: BranchID, at now: Timestamp, in database: Database) throws {
        let (gid, name) = (branch.gid.description, branch.branch.description)
        let staged = try database.first(
            "SELECT action, post_id FROM staged WHERE gid = ? AND branch = ?",
            .text(gid),
            .text(name)
        ) { (PostAction(rawValue: $0.text(0)), $0.text(1)) }
        guard case (let action?, let id)? = staged, let post = UUIDv7(id) else {
            throw DatabaseError(message: "what \(gid) staged vanished")
        }
        cache.changed(post, in: database)
        switch action {
        case .delete:
            try database.run("DELETE FROM posts WHERE id = ?", .text(id))
        case .withdraw:
            try database.run(
                "UPDATE posts SET is_visible = 0, updated_at = ? WHERE id = ?",
                .integer(now.milliseconds),
                .text(id)
            )
        case .publish:
            try database.run(
                """
                INSERT INTO posts (id, author, title, content, revision, is_visible, published_at, updated_at)
                SELECT post_id, author, title, content, revision, 1, ?1, ?1 FROM staged WHERE gid = ?2 AND branch = ?3
                ON CONFLICT (id) DO UPDATE SET
                    title = excluded.title, content = excluded.content, revision = excluded.revision, is_visible = 1,
                    updated_at = iif(revision = excluded.revision AND is_visible, updated_at, excluded.updated_at)
                """,
                .integer(now.milliseconds),
                .text(gid),
                .text(name)
            )
        }
        try cancel(branch, at: now, in: database)
    }

    /// Drops what was staged.
    public func cancel(_ branch: BranchID, at now: Timestamp, in database: Database) throws {
        try database.run(
            "DELETE FROM staged WHERE gid = ? AND branch = ?",
            .text(branch.gid.description),
            .text(branch.branch.description)
        )
    }
}
