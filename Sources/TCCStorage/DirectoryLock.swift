#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The exclusive right to a data directory, held as long as the process lives.
public struct DirectoryLock: Sendable {
    private let descriptor: CInt

    /// A directory that cannot be had; says why, for people.
    public struct Refused: Error, Hashable, CustomStringConvertible {
        /// One line.
        public let description: String
        /// Whether another process has it, and it would be right otherwise.
        public let isInUse: Bool

        fileprivate init(_ directory: String, _ what: String, isInUse: Bool = false) {
            self.description = "the data directory \(directory) \(what)"
            self.isInUse = isInUse
        }
    }

    /// Creates the directory if need be and locks it.
    ///
    /// - Parameter directory: the data directory.
    /// - Throws: ``Refused`` if it cannot be made or written to, or if another process has it.
    public init(_ directory: String) throws {
        do {
            try DurableDirectory.create(directory)
        } catch {
            throw Refused(directory, "cannot be made: \(error); \(Self.advice)")
        }
        let path = directory + "/lock"
        self.descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw Refused(directory, "is not writable: \(String(cString: strerror(errno))); \(Self.advice)")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw Refused(directory, "is in use by another process; stop that, or \(Self.advice)", isInUse: true)
        }
        // Its entries, the lock's above all, and its own must survive a loss of power as well as what is in its files.
        DurableDirectory.sync(directory)
        DurableDirectory.sync(directory + "/..")
    }

    private static let advice = "choose another with --data-dir or DATA_DIR"

    /// Gives the directory up.
    public func release() {
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
