import Foundation

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

        fileprivate init(_ directory: String, _ what: String) {
            self.description = "the data directory \(directory) \(what)"
        }
    }

    /// Creates the directory if need be and locks it.
    ///
    /// - Parameter directory: the data directory.
    /// - Throws: ``Refused`` if it cannot be made or written to, or if another process has it.
    public init(_ directory: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw Refused(directory, "cannot be made: \(Self.reason(error, directory)); \(Self.advice)")
        }
        let path = directory + "/lock"
        self.descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw Refused(directory, "is not writable: \(String(cString: strerror(errno))); \(Self.advice)")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw Refused(directory, "is in use by another process; stop that, or \(Self.advice)")
        }
        // The directory's own entry must survive a loss of power as well as what is in it.
        for path in [directory, directory + "/.."] {
            let folder = open(path, O_RDONLY | O_CLOEXEC)
            guard folder >= 0 else { continue }
            fsync(folder)
            close(folder)
        }
    }

    private static let advice = "choose another with --data-dir"

    /// Foundation's own sentence says less than the system's.
    private static func reason(_ error: any Error, _ directory: String) -> String {
        let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        let code = cause.flatMap { $0.domain == NSPOSIXErrorDomain ? Int32($0.code) : nil }
        if let code { return String(cString: strerror(code)) }
        // It does not always keep the system's; asked once more, the system says it again.
        return mkdir(directory, 0o755) == 0 ? error.localizedDescription : String(cString: strerror(errno))
    }

    /// Gives the directory up.
    public func release() {
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
