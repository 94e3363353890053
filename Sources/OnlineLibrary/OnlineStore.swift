import Foundation
public import GRDB
public import Posts
public import TCC

/// The live library: what readers see, and what is staged to be seen.
///
/// Synchronous functions over a database connection, each to be run in a transaction by its caller.
public enum OnlineStore {
    /// Creates the library's tables.
    ///
    /// - Parameter migrator: of its database.
    public static func registerMigrations(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("online-1") { database in
            try database.execute(
                sql: """
                    -- A withdrawn post stays, invisible: its revision must never fall.
                    -- Texts are UTF-8 in blobs: SQLite's text ends at a NUL character, an author's need not.
                    CREATE TABLE posts (
                        id TEXT NOT NULL PRIMARY KEY,
                        author TEXT NOT NULL,
                        title BLOB NOT NULL,
                        content BLOB NOT NULL,
                        revision INTEGER NOT NULL,
                        is_visible INTEGER NOT NULL,
                        published_at INTEGER NOT NULL,
                        updated_at INTEGER NOT NULL
                    );
                    CREATE INDEX posts_visible ON posts (published_at, id) WHERE is_visible;
                    CREATE INDEX posts_visible_by_author ON posts (author, published_at, id) WHERE is_visible;

                    -- What a try holds until its own confirm or cancel: one transaction a post.
                    CREATE TABLE staged (
                        post_id TEXT NOT NULL PRIMARY KEY,
                        gid TEXT NOT NULL,
                        branch TEXT NOT NULL,
                        action TEXT NOT NULL CHECK (action IN ('publish', 'withdraw')),
                        author TEXT NOT NULL,
                        revision INTEGER,
                        title BLOB,
                        content BLOB,
                        UNIQUE (gid, branch)
                    );
                    """
            )
        }
        migrator.registerMigration("online-2") { database in
            try database.execute(
                sql: """
                    -- A third action; SQLite cannot change a CHECK.
                    ALTER TABLE staged RENAME TO staged_1;
                    CREATE TABLE staged (
                        post_id TEXT NOT NULL PRIMARY KEY,
                        gid TEXT NOT NULL,
                        branch TEXT NOT NULL,
                        action TEXT NOT NULL CHECK (action IN ('publish', 'withdraw', 'delete')),
                        author TEXT NOT NULL,
                        revision INTEGER,
                        title BLOB,
                        content BLOB,
                        UNIQUE (gid, branch)
                    );
                    INSERT INTO staged
                        SELECT post_id, gid, branch, action, author, revision, title, content FROM staged_1;
                    DROP TABLE staged_1;
                    """
            )
        }
    }

    private static let columns = "id, author, title, revision, published_at, updated_at"

    /// A post that readers see, with its content.
    ///
    /// - Parameters:
    ///   - id: the post.
    ///   - database: the connection.
    /// - Returns: the post, or nil if readers see none of this id.
    /// - Throws: whatever SQLite meets, or a `DatabaseError` if a row cannot be a post.
    public static func post(_ id: UUIDv7, in database: Database) throws -> Post? {
        let select = try database.cachedStatement(
            sql: "SELECT \(columns), content FROM posts WHERE id = ? AND is_visible"
        )
        guard let row = try Row.fetchOne(select, arguments: [id.description]) else { return nil }
        var post = try post(from: row)
        post.content = text(row[6])
        return post
    }

    /// Posts that readers see, newest first, without their content.
    ///
    /// - Parameters:
    ///   - author: only this author's.
    ///   - place: only those after this place in the list.
    ///   - limit: how many at most.
    ///   - database: the connection.
    /// - Returns: the posts, by when readers saw each first.
    /// - Throws: whatever SQLite meets, or a `DatabaseError` if a row cannot be a post.
    public static func posts(
        of author: String?,
        after place: ListPlace?,
        limit: Int,
        in database: Database
    ) throws -> [Post] {
        let select = try database.cachedStatement(
            sql: """
                SELECT \(columns) FROM posts
                WHERE is_visible \(author == nil ? "" : "AND author = ?4") AND (published_at, id) < (?1, ?2)
                ORDER BY published_at DESC, id DESC LIMIT ?3
                """
        )
        var arguments: StatementArguments = [
            place?.time.milliseconds ?? Int64.max, place?.id.description ?? "", limit,
        ]
        if let author { arguments += [author] }
        return try Row.fetchAll(select, arguments: arguments).map(post(from:))
    }

    private static func post(from row: Row) throws -> Post {
        guard let id = UUIDv7(row[0] as String) else {
            throw DatabaseError(message: "a post has the id '\(row[0] as String)'")
        }
        return Post(
            id: id,
            author: row[1],
            title: text(row[2]),
            content: nil,
            revision: row[3],
            publishedAt: Timestamp(milliseconds: row[4]),
            updatedAt: Timestamp(milliseconds: row[5])
        )
    }

    static func blob(_ text: String) -> Data { Data(text.utf8) }
    static func text(_ blob: Data) -> String { String(decoding: blob, as: UTF8.self) }
}
