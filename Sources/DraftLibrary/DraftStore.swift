import Foundation
public import GRDB
public import Posts
public import TCC
import TCCStorage

/// The production library: drafts, their revisions, and who holds which post.
///
/// Synchronous functions over a database connection, each to be run in a transaction by its caller.
public enum DraftStore {
    private static let columns = """
        d.id, d.author, h.title, d.source, d.head_revision, d.next_revision, d.status, d.published_revision, r.gid,
        d.created_at, h.created_at
        """

    private static let tables = """
        drafts d JOIN revisions h ON h.post_id = d.id AND h.revision = d.head_revision
        LEFT JOIN reservations r ON r.post_id = d.id
        """

    /// A draft with its content.
    ///
    /// - Parameters:
    ///   - id: the post.
    ///   - author: who asks; another author's draft is not found.
    ///   - database: the connection.
    /// - Returns: the draft at its head revision, or nil if the author has none of this id.
    /// - Throws: whatever SQLite meets, or a `DatabaseError` if a row cannot be a draft.
    public static func draft(_ id: UUIDv7, of author: String, in database: Database) throws -> Draft? {
        let select = try database.cachedStatement(
            sql: "SELECT \(columns), h.content FROM \(tables) WHERE d.id = ? AND d.author = ?"
        )
        guard let row = try Row.fetchOne(select, arguments: [id.description, author]) else { return nil }
        var draft = try draft(from: row)
        draft.content = text(row[11])
        return draft
    }

    /// An author's drafts, the latest change first, without their content.
    ///
    /// - Parameters:
    ///   - author: whose.
    ///   - source: only the one that comes from there.
    ///   - filter: only those that stand like this.
    ///   - words: only those that have all of these words; looks into the contents.
    ///   - place: only those after this place in the list.
    ///   - limit: how many at most.
    ///   - database: the connection.
    /// - Returns: the drafts, each at its head revision.
    /// - Throws: whatever SQLite meets, or a `DatabaseError` if a row cannot be a draft.
    public static func drafts(
        of author: String,
        source: String?,
        filter: DraftFilter? = nil,
        words: SearchWords? = nil,
        after place: ListPlace?,
        limit: Int,
        in database: Database
    ) throws -> [Draft] {
        let select = try database.cachedStatement(
            sql: """
                SELECT \(columns)\(words == nil ? "" : ", h.content") FROM \(tables)
                WHERE d.author = ? AND (d.updated_at, d.id) < (?, ?) \(source == nil ? "" : "AND d.source = ?")
                    AND \(filter?.condition ?? "TRUE")
                ORDER BY d.updated_at DESC, d.id DESC LIMIT ?
                """
        )
        var arguments: StatementArguments = [
            author, place?.time.milliseconds ?? Int64.max, place?.id.description ?? "",
        ]
        if let source { arguments += [blob(source)] }
        arguments += [words == nil ? limit : -1]
        let rows = try Row.fetchCursor(select, arguments: arguments)
            .filter { row in words.map { $0.match(title: text(row[2]), content: text(row[11])) } ?? true }
        return try Array(rows.prefix(limit).map(draft(from:)))
    }

    private static func draft(from row: Row) throws -> Draft {
        guard let id = UUIDv7(row[0] as String), let status = DraftStatus(rawValue: row[6]) else {
            throw DatabaseError(
                message: "a draft has the id '\(row[0] as String)' and the status '\(row[6] as String)'"
            )
        }
        return Draft(
            id: id,
            author: row[1],
            title: text(row[2]),
            content: nil,
            source: (row[3] as Data?).map(text),
            revision: row[4],
            nextRevision: row[5],
            status: status,
            publishedRevision: status == .published ? row[7] : nil,
            pendingTransaction: (row[8] as String?).flatMap { UUIDv7($0) },
            createdAt: Timestamp(milliseconds: row[9]),
            updatedAt: Timestamp(milliseconds: row[10])
        )
    }

    /// Saves a new draft as its first revision.
    ///
    /// - Parameters:
    ///   - id: its id.
    ///   - text: what it says.
    ///   - author: whose it is.
    ///   - isKept: whether this revision stays, however soon another follows.
    ///   - now: the time.
    ///   - database: the connection.
    /// - Returns: the draft as saved: unpublished, at revision 1.
    /// - Throws: 409 `source-exists` with the id of the draft that has its source.
    public static func create(
        _ id: UUIDv7,
        _ text: PostText,
        by author: String,
        isKept: Bool = false,
        at now: Timestamp,
        in database: Database
    ) throws -> Draft {
        try checkFree(source: text.source, of: author, in: database)
        try insert(id, text, revision: 1, by: author, status: .unpublished, at: now, in: database)
        if isKept { try keep(1, of: id, in: database) }
        guard let draft = try draft(id, of: author, in: database) else { throw Problem.postNotFound }
        return draft
    }

    /// Saves an edit as the draft's next revision, which becomes its head; the head before it is kept if it stood for a
    /// minute, or was published, or is being published.
    ///
    /// A save that is to be kept keeps the head before it, too; of a text that is the head's already it makes no other
    /// revision, but keeps the head.
    ///
    /// - Parameters:
    ///   - id: the post.
    ///   - text: what it says now.
    ///   - author: who edits.
    ///   - isExpected: whether the head's revision is what the author thinks it is.
    ///   - isKept: whether this revision stays, however soon another follows.
    ///   - now: the time.
    ///   - database: the connection.
    /// - Returns: the draft as saved, at its new head.
    /// - Throws: 404; 409 `publish-in-progress` while a transaction deletes it; 412; or what `isExpected` throws.
    public static func edit(
        _ id: UUIDv7,
        _ text: PostText,
        by author: String,
        ifRevision isExpected: (Int) throws -> Bool,
        isKept: Bool = false,
        at now: Timestamp,
        in database: Database
    ) throws -> Draft {
        let select = try database.cachedStatement(
            sql: """
                SELECT head_revision, next_revision,
                    EXISTS (SELECT 1 FROM reservations WHERE post_id = drafts.id AND action = 'delete')
                FROM drafts WHERE id = ? AND author = ?
                """
        )
        guard let row = try Row.fetchOne(select, arguments: [id.description, author]) else {
            throw Problem.postNotFound
        }
        // Saved now, it would be gone a moment later.
        if row[2] { throw Problem.publishInProgress }
        guard try isExpected(row[0]) else {
            throw Problem(412, "stale-revision", "The draft is at revision \(row[0] as Int) now. Read it again.")
        }
        let (head, revision): (Int, Int) = (row[0], row[1])
        if isKept, try isHead(head, of: id, text, in: database) {
            try keep(head, of: id, in: database)
        } else {
            let runSince = isKept ? nil : try thinOut(head, of: id, supersededAt: now, in: database)
            try insertRevision(id, revision, text.title, text.content, runSince: runSince, at: now, in: database)
            if isKept { try keep(revision, of: id, in: database) }
            let update = try database.cachedStatement(
                sql: "UPDATE drafts SET head_revision = ?, next_revision = ?, updated_at = ? WHERE id = ?"
            )
            try update.execute(arguments: [revision, revision + 1, now.milliseconds, id.description])
        }
        guard let draft = try draft(id, of: author, in: database) else { throw Problem.postNotFound }
        return draft
    }

    /// Whether a revision has this very text.
    private static func isHead(_ head: Int, of id: UUIDv7, _ text: PostText, in database: Database) throws -> Bool {
        let select = try database.cachedStatement(
            sql: "SELECT 1 FROM revisions WHERE post_id = ? AND revision = ? AND title = ? AND content = ?"
        )
        let arguments: StatementArguments = [id.description, head, blob(text.title), blob(text.content)]
        return try Bool.fetchOne(select, arguments: arguments) != nil
    }

    /// Forgets a draft and all its revisions; its source is free again.
    static func delete(_ id: UUIDv7, in database: Database) throws {
        try database.run("DELETE FROM drafts WHERE id = ?", .text(id.description))
        try database.run("DELETE FROM revisions WHERE post_id = ?", .text(id.description))
        try database.run("DELETE FROM thinned_out WHERE post_id = ?", .text(id.description))
    }

    static func checkFree(source: String?, of author: String, in database: Database) throws {
        guard let source else { return }
        let (owner, place) = (StatementValue.text(author), StatementValue.utf8(source))
        let taken = try database.first("SELECT id FROM drafts WHERE author = ? AND source = ?", owner, place) {
            $0.text(0)
        }
        if let taken {
            throw Problem(
                409,
                "source-exists",
                "You have a draft from this source already.",
                extensions: ["id": .string(taken)]
            )
        }
        if try database.hasRow("SELECT 1 FROM reservations WHERE author = ? AND source = ?", owner, place) {
            throw Problem.publishInProgress
        }
    }

    static func insert(
        _ id: UUIDv7,
        _ text: PostText,
        revision: Int,
        by author: String,
        status: DraftStatus,
        at now: Timestamp,
        in database: Database
    ) throws {
        try insertRevision(id, revision, text.title, text.content, at: now, in: database)
        try database.run(
            """
            INSERT INTO drafts
                (id, author, source, head_revision, next_revision, status, published_revision, created_at, updated_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)
            """,
            .text(id.description),
            .text(author),
            .utf8(orNull: text.source),
            .integer(revision),
            .integer(revision + 1),
            .text(status.rawValue),
            .integer(status == .published ? revision : nil),
            .integer(now.milliseconds)
        )
    }

    static func insertRevision(
        _ id: UUIDv7,
        _ revision: Int,
        _ title: String,
        _ content: String,
        runSince: Timestamp? = nil,
        at now: Timestamp,
        in database: Database
    ) throws {
        try database.run(
            "INSERT INTO revisions (post_id, revision, title, content, created_at, run_since) VALUES (?, ?, ?, ?, ?, ?)",
            .text(id.description),
            .integer(revision),
            .utf8(title),
            .utf8(content),
            .integer(now.milliseconds),
            .integer((runSince ?? now).milliseconds)
        )
    }

    static func blob(_ text: String) -> Data { Data(text.utf8) }
    static func text(_ blob: Data) -> String { String(decoding: blob, as: UTF8.self) }
}
