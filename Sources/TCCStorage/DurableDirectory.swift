#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Directories that are still there after a loss of power.
public enum DurableDirectory {
    /// Why there is no such directory.
    public struct Failure: Error, Hashable, CustomStringConvertible {
        /// What the system said.
        public let code: CInt

        /// What the system said, in words.
        public var description: String { String(cString: strerror(code)) }
    }

    /// Creates a directory with all that leads to it, and syncs the entry of each that it made.
    ///
    /// - Parameter path: the directory.
    /// - Throws: ``Failure``.
    public static func create(_ path: String) throws {
        let path = withoutTrailingSlashes(path)
        if isDirectory(path) { return }
        let parent = parent(of: path)
        if parent != path { try create(parent) }
        if mkdir(path, 0o777) != 0 {
            let code = errno
            // Another process may have been faster; its entry is synced all the same.
            guard code == EEXIST else { throw Failure(code: code) }
            guard isDirectory(path) else { throw Failure(code: ENOTDIR) }
        }
        sync(parent)
    }

    /// Has the entries of a directory be on disk.
    ///
    /// One that cannot be opened for reading cannot be synced either; what is in it is then as safe as its file system makes
    /// it.
    ///
    /// - Parameter path: the directory.
    public static func sync(_ path: String) {
        let directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return }
        fsync(directory)
        close(directory)
    }

    /// The directory that has a file's or directory's entry.
    ///
    /// - Parameter path: the file or directory.
    /// - Returns: its path without the last part, `.` if there is no other, and `/` for the root.
    public static func parent(of path: String) -> String {
        let path = withoutTrailingSlashes(path)
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : withoutTrailingSlashes(String(path[..<slash]))
    }

    private static func withoutTrailingSlashes(_ path: String) -> String {
        guard let last = path.lastIndex(where: { $0 != "/" }) else { return path.isEmpty ? "." : "/" }
        return String(path[...last])
    }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
