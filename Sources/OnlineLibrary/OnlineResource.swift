import Foundation
public import GRDB
public import Posts
public import TCC
public import TCCParticipant

/// The live library's part in a post transaction: it stages what readers are to see.
public struct OnlineResource: Resource {
    /// A resource without state of its own.
    public init() {}

    /// Checks that the post can be shown or hidden, and stages it.
    public func reserve(_ call: BranchCall<PostPayload>, at now: Timestamp, in database: Database) throws {
        guard let action = PostAction(rawValue: call.action) else {
            throw Problem.invalid("action", "must be publish or withdraw")
        }
        guard let payload = call.payload else { throw Problem.invalid("payload", "is missing") }
        let id = payload.postID.description
        let held = try database.cachedStatement(sql: "SELECT 1 FROM staged WHERE post_id = ?")
        if try Bool.fetchOne(held, arguments: [id]) != nil { throw Problem.publishInProgress }
        let select = try database.cachedStatement(
            sql: "SELECT author, revision, is_visible, title, content FROM posts WHERE id = ?"
        )
        let post = try Row.fetchOne(select, arguments: [id])
        if let post, !(post[0] as String).utf8.elementsEqual(payload.author.utf8) {
            throw Problem(409, Problem.postNotFound.code, Problem.postNotFound.detail)
        }
        switch action {
        case .withdraw:
            guard let post, post[2] as Bool else { throw Problem.notPublished }
        case .publish:
            try checkPublish(payload, post)
        }
        let insert = try database.cachedStatement(
            sql: """
                INSERT INTO staged (post_id, gid, branch, action, author, revision, title, content)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        try insert.execute(arguments: [
            id, call.gid.description, call.branch.description, action.rawValue, payload.author, payload.revision,
            payload.title.map(OnlineStore.blob), payload.content.map(OnlineStore.blob),
        ])
    }

    private func checkPublish(_ payload: PostPayload, _ post: Row?) throws {
        let revision = try payload.checkedRevision()
        guard let title = payload.title else { throw Problem.invalid("payload.title", "is missing") }
        guard let content = payload.content else { throw Problem.invalid("payload.content", "is missing") }
        try PostLimits.check(title: title, content: content)
        guard let post else { return }
        let live: Int = post[1]
        guard revision >= live else { throw Problem.revisionConflict }
        // A revision never changes: the same number with another text cannot be that revision.
        guard revision > live || post[3] == OnlineStore.blob(title) && post[4] == OnlineStore.blob(content) else {
            throw Problem.revisionConflict
        }
    }

    /// Shows the staged revision, or hides the post.
    public func confirm(_ branch: BranchID, at now: Timestamp, in database: Database) throws {
        let (gid, name) = (branch.gid.description, branch.branch.description)
        let select = try database.cachedStatement(
            sql: "SELECT action, post_id FROM staged WHERE gid = ? AND branch = ?"
        )
        guard let row = try Row.fetchOne(select, arguments: [gid, name]) else {
            throw DatabaseError(message: "what \(gid) staged vanished")
        }
        if row[0] == PostAction.withdraw.rawValue {
            let hide = try database.cachedStatement(sql: "UPDATE posts SET is_visible = 0, updated_at = ? WHERE id = ?")
            try hide.execute(arguments: [now.milliseconds, row[1] as String])
        } else {
            let show = try database.cachedStatement(
                sql: """
                    INSERT INTO posts (id, author, title, content, revision, is_visible, published_at, updated_at)
                    SELECT post_id, author, title, content, revision, 1, ?1, ?1 FROM staged WHERE gid = ?2 AND branch = ?3
                    ON CONFLICT (id) DO UPDATE SET
                        title = excluded.title, content = excluded.content, revision = excluded.revision, is_visible = 1,
                        updated_at = iif(revision = excluded.revision AND is_visible, updated_at, excluded.updated_at)
                    """
            )
            try show.execute(arguments: [now.milliseconds, gid, name])
        }
        try cancel(branch, at: now, in: database)
    }

    /// Drops what was staged.
    public func cancel(_ branch: BranchID, at now: Timestamp, in database: Database) throws {
        let delete = try database.cachedStatement(sql: "DELETE FROM staged WHERE gid = ? AND branch = ?")
        try delete.execute(arguments: [branch.gid.description, branch.branch.description])
    }
}
