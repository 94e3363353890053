public import GRDB

extension DraftStore {
    /// Creates the library's tables.
    ///
    /// - Parameter migrator: of its database.
    public static func registerMigrations(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("drafts-1") { database in
            try database.execute(
                sql: """
                    -- Texts are UTF-8 in blobs: SQLite's text ends at a NUL character, an author's need not.
                    CREATE TABLE drafts (
                        id TEXT NOT NULL PRIMARY KEY,
                        author TEXT NOT NULL,
                        source BLOB,
                        head_revision INTEGER NOT NULL,
                        next_revision INTEGER NOT NULL CHECK (next_revision > head_revision),
                        status TEXT NOT NULL CHECK (status IN ('unpublished', 'published', 'private')),
                        -- The latest that readers ever saw; stays across a withdraw.
                        published_revision INTEGER,
                        created_at INTEGER NOT NULL,
                        FOREIGN KEY (id, head_revision) REFERENCES revisions (post_id, revision)
                            DEFERRABLE INITIALLY DEFERRED
                    ) WITHOUT ROWID;
                    CREATE INDEX drafts_by_author ON drafts (author, id);
                    CREATE UNIQUE INDEX drafts_by_source ON drafts (author, source) WHERE source IS NOT NULL;

                    CREATE TABLE revisions (
                        post_id TEXT NOT NULL,
                        revision INTEGER NOT NULL,
                        title BLOB NOT NULL,
                        content BLOB NOT NULL,
                        created_at INTEGER NOT NULL,
                        PRIMARY KEY (post_id, revision)
                    );

                    -- What a try holds until its own confirm or cancel: one transaction a post.
                    CREATE TABLE reservations (
                        post_id TEXT NOT NULL PRIMARY KEY,
                        gid TEXT NOT NULL,
                        branch TEXT NOT NULL,
                        action TEXT NOT NULL CHECK (action IN ('publish', 'withdraw')),
                        author TEXT NOT NULL,
                        source BLOB,
                        is_new INTEGER NOT NULL,
                        revision INTEGER,
                        title BLOB,
                        content BLOB,
                        UNIQUE (gid, branch)
                    );
                    CREATE UNIQUE INDEX reservations_by_source ON reservations (author, source)
                        WHERE source IS NOT NULL;
                    """
            )
        }
        migrator.registerMigration("drafts-2") { database in
            try database.execute(
                sql: """
                    -- When the head revision was made, by which lists are ordered.
                    ALTER TABLE drafts ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
                    UPDATE drafts SET updated_at = (
                        SELECT created_at FROM revisions WHERE post_id = drafts.id AND revision = drafts.head_revision);
                    DROP INDEX drafts_by_author;
                    CREATE INDEX drafts_by_change ON drafts (author, updated_at, id);
                    """
            )
        }
        migrator.registerMigration("drafts-3") { database in
            try database.execute(
                sql: """
                    -- A third action; SQLite cannot change a CHECK.
                    ALTER TABLE reservations RENAME TO reservations_2;
                    CREATE TABLE reservations (
                        post_id TEXT NOT NULL PRIMARY KEY,
                        gid TEXT NOT NULL,
                        branch TEXT NOT NULL,
                        action TEXT NOT NULL CHECK (action IN ('publish', 'withdraw', 'delete')),
                        author TEXT NOT NULL,
                        source BLOB,
                        is_new INTEGER NOT NULL,
                        revision INTEGER,
                        title BLOB,
                        content BLOB,
                        UNIQUE (gid, branch)
                    );
                    INSERT INTO reservations
                        SELECT post_id, gid, branch, action, author, source, is_new, revision, title, content
                        FROM reservations_2;
                    DROP TABLE reservations_2;
                    CREATE UNIQUE INDEX reservations_by_source ON reservations (author, source)
                        WHERE source IS NOT NULL;
                    """
            )
        }
        migrator.registerMigration("drafts-4") { database in
            try database.execute(
                sql: """
                    -- Since when every save followed the one before within a minute, with none of them kept; null for
                    -- one that its author asked to keep.
                    ALTER TABLE revisions ADD COLUMN run_since INTEGER;
                    UPDATE revisions SET run_since = created_at;
                    """
            )
        }
        migrator.registerMigration("drafts-5") { database in
            try database.execute(
                sql: """
                    -- Young revisions that another followed soon: out of the history, and deleted when no publish can name
                    -- them any more. Beside the revisions, whose rows are long.
                    CREATE TABLE thinned_out (
                        post_id TEXT NOT NULL,
                        revision INTEGER NOT NULL,
                        since INTEGER NOT NULL,
                        PRIMARY KEY (post_id, revision)
                    ) WITHOUT ROWID;
                    """
            )
        }
    }
}
