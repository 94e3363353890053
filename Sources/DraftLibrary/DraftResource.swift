import Foundation
public import GRDB
public import Posts
public import TCC
public import TCCParticipant

/// The production library's part in a post transaction: it holds the post, and takes the revision's number for good.
public struct DraftResource: Resource {
    /// A resource without state of its own.
    public init() {}

    /// Checks that the post can be published or withdrawn, and holds it.
    public func reserve(_ call: BranchCall<PostPayload>, at now: Timestamp, in database: Database) throws {
        guard let action = PostAction(rawValue: call.action) else {
            throw Problem.invalid("action", "must be publish or withdraw")
        }
        guard let payload = call.payload else { throw Problem.invalid("payload", "is missing") }
        let held = try database.cachedStatement(sql: "SELECT 1 FROM reservations WHERE post_id = ?")
        if try Bool.fetchOne(held, arguments: [payload.postID.description]) != nil { throw Problem.publishInProgress }
        let select = try database.cachedStatement(
            sql: """
                SELECT author, head_revision, next_revision, status, published_revision FROM drafts WHERE id = ?
                """
        )
        let draft = try Row.fetchOne(select, arguments: [payload.postID.description])
        if let draft, !(draft[0] as String).utf8.elementsEqual(payload.author.utf8) { throw Self.notFound }
        switch action {
        case .withdraw:
            guard let draft else { throw Self.notFound }
            guard draft[3] == DraftStatus.published.rawValue else { throw Problem.notPublished }
        case .publish:
            try checkPublish(payload, draft, in: database)
        }
        try hold(payload, action, for: call.id, isNew: draft == nil, in: database)
    }

    /// A refusal: a try has no 404, which would say that the service takes no tries.
    private static let notFound = Problem(409, Problem.postNotFound.code, Problem.postNotFound.detail)

    private func checkPublish(_ payload: PostPayload, _ draft: Row?, in database: Database) throws {
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
        let (head, next): (Int, Int) = (draft[1], draft[2])
        guard baseRevision == head, revision >= next else { throw Problem.revisionConflict }
        // The number is taken for good: a cancel leaves a gap, so that no other text can ever have it.
        let update = try database.cachedStatement(sql: "UPDATE drafts SET next_revision = ? WHERE id = ?")
        try update.execute(arguments: [revision + 1, payload.postID.description])
    }

    private func checkPublishSaved(
        _ payload: PostPayload,
        _ revision: Int,
        _ baseRevision: Int,
        _ draft: Row?,
        in database: Database
    ) throws {
        guard let draft else { throw Self.notFound }
        guard baseRevision == revision else {
            throw Problem.invalid("payload.baseRevision", "must be the revision where a saved one is published")
        }
        let saved = try database.cachedStatement(sql: "SELECT 1 FROM revisions WHERE post_id = ? AND revision = ?")
        guard try Bool.fetchOne(saved, arguments: [payload.postID.description, revision]) != nil,
            revision >= (draft[4] as Int? ?? 0)
        else { throw Problem.revisionConflict }
    }

    private func hold(
        _ payload: PostPayload,
        _ action: PostAction,
        for branch: BranchID,
        isNew: Bool,
        in database: Database
    ) throws {
        let insert = try database.cachedStatement(
            sql: """
                INSERT INTO reservations
                    (post_id, gid, branch, action, author, source, is_new, revision, title, content)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        try insert.execute(arguments: [
            payload.postID.description, branch.gid.description, branch.branch.description, action.rawValue,
            payload.author,
            isNew ? payload.source.map(DraftStore.blob) : nil, isNew, payload.revision,
            payload.title.map(DraftStore.blob), payload.content.map(DraftStore.blob),
        ])
    }

    /// Makes the published revision part of the draft, or the draft private.
    public func confirm(_ branch: BranchID, at now: Timestamp, in database: Database) throws {
        let select = try database.cachedStatement(
            sql: """
                SELECT post_id, action, author, source, is_new, revision, title, content FROM reservations
                WHERE gid = ? AND branch = ?
                """
        )
        let arguments: StatementArguments = [branch.gid.description, branch.branch.description]
        guard let row = try Row.fetchOne(select, arguments: arguments), let id = UUIDv7(row[0] as String) else {
            throw DatabaseError(message: "the reservation of \(branch.gid) vanished")
        }
        if row[1] == PostAction.withdraw.rawValue {
            let update = try database.cachedStatement(sql: "UPDATE drafts SET status = 'private' WHERE id = ?")
            try update.execute(arguments: [id.description])
        } else {
            try confirmPublish(of: id, row, at: now, in: database)
        }
        try cancel(branch, at: now, in: database)
    }

    private func confirmPublish(of id: UUIDv7, _ row: Row, at now: Timestamp, in database: Database) throws {
        let revision: Int = row[5]
        let text = (row[6] as Data?)
            .map { title in
                PostText(
                    title: DraftStore.text(title),
                    content: DraftStore.text(row[7]),
                    source: (row[3] as Data?).map(DraftStore.text)
                )
            }
        if let text, row[4] as Bool {
            return try DraftStore.insert(
                id,
                text,
                revision: revision,
                by: row[2],
                status: .published,
                at: now,
                in: database
            )
        }
        if let text { try DraftStore.insertRevision(id, revision, text.title, text.content, at: now, in: database) }
        // An edit that was saved meanwhile has a higher number, and stays the head.
        let update = try database.cachedStatement(
            sql: """
                UPDATE drafts
                SET head_revision = max(head_revision, ?1), published_revision = ?1, status = 'published',
                    updated_at = iif(head_revision < ?1, ?3, updated_at)
                WHERE id = ?2
                """
        )
        try update.execute(arguments: [revision, id.description, now.milliseconds])
    }

    /// Lets the post go.
    public func cancel(_ branch: BranchID, at now: Timestamp, in database: Database) throws {
        let delete = try database.cachedStatement(sql: "DELETE FROM reservations WHERE gid = ? AND branch = ?")
        try delete.execute(arguments: [branch.gid.description, branch.branch.description])
    }
}
