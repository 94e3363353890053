import GRDB
internal import GRDBSQLite
import Synchronization

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Keeps a database's write-ahead log short.
///
/// SQLite copies the log into the database every 1,000 pages, and then begins it anew, but only as far as no reader needs
/// the log. Somebody who reads for long, a backup tool or a shell, makes it grow; and it keeps its size when that reader is
/// gone. So a log that was grown is cut when it is begun anew (`journal_size_limit`); one that is not begun anew, because
/// there is always some reader, is cut by a checkpoint that waits for them, seldom and not for long; and a start and a
/// clean end leave none.
final class WriteAheadLog: Sendable {
    /// What a log that is begun anew is cut to: more than it has when nobody reads for long.
    static let usualBytes = 8 << 20
    /// From then on it is cut by a checkpoint of its own.
    static let mostBytes = 64 << 20
    /// How long such a checkpoint waits for readers; nothing is written meanwhile.
    static let longestWaitMilliseconds: Int32 = 50
    /// How long a start and an end wait for readers.
    static let longestLastWaitMilliseconds: Int32 = 1000
    private static let pauseBetweenCheckpoints: Duration = .seconds(10)
    /// After how many commits the log's size is looked at.
    private static let commitsBetweenLooks = 16

    private let path: String
    private let busyTimeoutMilliseconds: Int32
    private let mostBytes: Int

    private struct State {
        var commits = 0
        var nextCheckpoint: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    /// The log of a database.
    ///
    /// - Parameters:
    ///   - database: the database file.
    ///   - busyTimeoutMilliseconds: how long its connection waits for others when it does anything else.
    ///   - mostBytes: from then on it is cut by a checkpoint of its own.
    init(of database: String, busyTimeoutMilliseconds: Int32, mostBytes: Int = WriteAheadLog.mostBytes) {
        self.path = database + "-wal"
        self.busyTimeoutMilliseconds = busyTimeoutMilliseconds
        self.mostBytes = mostBytes
    }

    /// How long it is; 0 if there is none.
    var bytes: Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Looks after the log after a commit, on the writer's thread.
    func committed(_ database: Database) {
        let isTimeToLook = state.withLock { state in
            state.commits += 1
            guard state.commits >= Self.commitsBetweenLooks else { return false }
            state.commits = 0
            return state.nextCheckpoint.map { $0 <= .now } ?? true
        }
        guard isTimeToLook, bytes > mostBytes else { return }
        cut(database, waitingMilliseconds: Self.longestWaitMilliseconds)
        state.withLock { $0.nextCheckpoint = .now + Self.pauseBetweenCheckpoints }
    }

    /// Copies all of the log into the database and cuts it to nothing, as far as readers let it in that time.
    ///
    /// - Parameters:
    ///   - database: the writer's connection, outside of a transaction.
    ///   - milliseconds: how long to wait for readers.
    func cut(_ database: Database, waitingMilliseconds milliseconds: Int32) {
        guard let connection = database.sqliteConnection else { return }
        sqlite3_busy_timeout(connection, milliseconds)
        // What it meets is no commit's: all of them are in the log, synced, and the next checkpoint tries again.
        sqlite3_wal_checkpoint_v2(connection, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
        sqlite3_busy_timeout(connection, busyTimeoutMilliseconds)
    }

    /// Removes the log of a database that this process has closed, unless somebody else has it open.
    ///
    /// The last connection to close does that, if it may write: GRDB's pool closes its readers after its writer.
    ///
    /// - Parameter database: the database file.
    static func remove(of database: String) {
        var connection: OpaquePointer?
        defer { sqlite3_close_v2(connection) }
        guard sqlite3_open_v2(database, &connection, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK else { return }
        // A connection that has read nothing has not opened the log, and would not remove it.
        sqlite3_exec(connection, "SELECT 1 FROM sqlite_master", nil, nil, nil)
    }
}
