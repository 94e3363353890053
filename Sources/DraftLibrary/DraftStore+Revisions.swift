import Foundation
public import GRDB
public import Posts
public import TCC
import TCCStorage

extension DraftStore {
    private static let revisionColumns = """
        r.revision, r.title, r.created_at, r.revision = d.head_revision,
        d.status = 'published' AND r.revision = d.published_revision
        """

    private static let isInHistory = """
        NOT EXISTS (SELECT 1 FROM thinned_out t WHERE t.post_id = r.post_id AND t.revision = r.revision)
        """

    /// A draft's revisions, newest first, without their content.
    ///
    /// - Parameters:
    ///   - id: the post.
    ///   - author: who asks; another author's draft is not found.
    ///   - before: only earlier ones.
    ///   - limit: how many at most.
    ///   - database: the connection.
    /// - Returns: the revisions that are kept, or nil if the author has no draft of this id.
    /// - Throws: whatever SQLite meets.
    public static func revisions(
        of id: UUIDv7,
        by author: String,
        before: Int?,
        limit: Int,
        in database: Database
    ) throws -> [RevisionSummary]? {
        let draft = try database.cachedStatement(sql: "SELECT 1 FROM drafts WHERE id = ? AND author = ?")
        guard try Bool.fetchOne(draft, arguments: [id.description, author]) != nil else { return nil }
        let select = try database.cachedStatement(
            sql: """
                SELECT \(revisionColumns), length(r.content) FROM drafts d JOIN revisions r ON r.post_id = d.id
                WHERE d.id = ? AND r.revision < ? AND \(isInHistory) ORDER BY r.revision DESC LIMIT ?
                """
        )
        return try Row.fetchAll(select, arguments: [id.description, before ?? .max, limit])
            .map { row in
                RevisionSummary(
                    revision: row[0],
                    title: text(row[1]),
                    createdAt: Timestamp(milliseconds: row[2]),
                    contentBytes: row[5],
                    isHead: row[3],
                    isPublished: row[4]
                )
            }
    }

    /// How long a revision must have been the head to be kept.
    static let shortestStand: Duration = .seconds(60)
    /// However steadily somebody writes, of as much time something is kept.
    static let longestRun: Duration = .seconds(600)

    /// How long a revision that was thinned out can still be published: whoever read it as the head tries it before the
    /// try's deadline.
    static let longestNaming = ProtocolLimits.longestDeadline
    private static let mostForgottenAtOnce = 100

    /// Takes a revision out of the history that was the head for less than a minute, so that autosave does not fill the
    /// disk.
    ///
    /// Its number is never used again. What was published or is reserved stays, and what its author asked to keep; one
    /// of every ten minutes of steady saving, too. One from the future (the clock was set back) stays as well: nobody
    /// knows how long it stood.
    ///
    /// The text itself is kept for ``longestNaming``: a publish may have read it as the head, and is about to name it.
    ///
    /// - Returns: since when nothing is kept; nil if the revision is.
    static func thinOut(
        _ revision: Int,
        of id: UUIDv7,
        supersededAt now: Timestamp,
        in database: Database
    ) throws -> Timestamp? {
        try forgetThinnedOut(of: id, at: now, in: database)
        let select = try database.cachedStatement(
            sql: """
                SELECT run_since FROM revisions
                WHERE post_id = ?1 AND revision = ?2 AND created_at > ?3 AND created_at <= ?4
                    AND run_since > ?5 AND run_since <= ?4
                    AND NOT EXISTS (SELECT 1 FROM drafts WHERE id = ?1 AND published_revision = ?2)
                    AND NOT EXISTS (SELECT 1 FROM reservations WHERE post_id = ?1 AND revision = ?2)
                """
        )
        let runSince = try Int64.fetchOne(
            select,
            arguments: [
                id.description, revision, (now - shortestStand).milliseconds, now.milliseconds,
                (now - longestRun).milliseconds,
            ]
        )
        guard let runSince else { return nil }
        let insert = try database.cachedStatement(
            sql: "INSERT INTO thinned_out (post_id, revision, since) VALUES (?, ?, ?)"
        )
        try insert.execute(arguments: [id.description, revision, now.milliseconds])
        return Timestamp(milliseconds: runSince)
    }

    /// Deletes some of what was thinned out so long ago that no publish can name it.
    private static func forgetThinnedOut(of id: UUIDv7, at now: Timestamp, in database: Database) throws {
        let select = try database.cachedStatement(
            sql: "SELECT revision FROM thinned_out WHERE post_id = ? AND since < ? ORDER BY revision LIMIT ?"
        )
        let arguments: StatementArguments = [
            id.description, (now - longestNaming).milliseconds, mostForgottenAtOnce,
        ]
        for revision in try Int64.fetchAll(select, arguments: arguments) {
            let (id, revision) = (StatementValue.text(id.description), StatementValue.integer(revision))
            try database.run("DELETE FROM revisions WHERE post_id = ? AND revision = ?", id, revision)
            try database.run("DELETE FROM thinned_out WHERE post_id = ? AND revision = ?", id, revision)
        }
    }

    /// Brings a revision back into the history: it is being published.
    static func restore(_ revision: Int, of id: UUIDv7, in database: Database) throws {
        try database.run(
            "DELETE FROM thinned_out WHERE post_id = ? AND revision = ?",
            .text(id.description),
            .integer(Int64(revision))
        )
    }

    /// Keeps a revision, however soon another follows.
    static func keep(_ revision: Int, of id: UUIDv7, in database: Database) throws {
        let update = try database.cachedStatement(
            sql: "UPDATE revisions SET run_since = NULL WHERE post_id = ? AND revision = ?"
        )
        try update.execute(arguments: [id.description, revision])
    }

    /// One revision of a draft.
    ///
    /// - Parameters:
    ///   - revision: its number.
    ///   - id: the post.
    ///   - author: who asks; another author's draft is not found.
    ///   - database: the connection.
    /// - Returns: the revision, or nil if there never was one or it is not kept any more.
    /// - Throws: whatever SQLite meets.
    public static func revision(
        _ revision: Int,
        of id: UUIDv7,
        by author: String,
        in database: Database
    ) throws -> Revision? {
        let select = try database.cachedStatement(
            sql: """
                SELECT \(revisionColumns), r.content FROM drafts d JOIN revisions r ON r.post_id = d.id
                WHERE d.id = ? AND d.author = ? AND r.revision = ? AND \(isInHistory)
                """
        )
        return try Row.fetchOne(select, arguments: [id.description, author, revision])
            .map { row in
                Revision(
                    id: id,
                    revision: row[0],
                    title: text(row[1]),
                    content: text(row[5]),
                    createdAt: Timestamp(milliseconds: row[2]),
                    isHead: row[3],
                    isPublished: row[4]
                )
            }
    }
}
