public import Foundation

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The key that signs the processes' tokens: a file's bytes.
public enum SharedSecret {
    /// The fewest bytes that make a secret.
    public static let fewestBytes = 32

    /// Why there is no secret to be had; one line for people.
    public struct Unusable: Error, Hashable, CustomStringConvertible {
        /// The line.
        public let description: String
    }

    /// The most bytes that are read: a file that is larger is another file.
    private static let mostBytes = 64 << 10
    private static let advice = "choose another with --secret-file or SECRET_FILE"

    /// Reads the secret.
    ///
    /// - Parameter path: the file.
    /// - Returns: the file's bytes, at least ``fewestBytes``.
    /// - Throws: ``Unusable``.
    public static func read(_ path: String) throws -> Data {
        // Not to wait for somebody to write, where it is a pipe.
        let file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { throw unreadable(path, errno) }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: mostBytes + 1)
        var count = 0
        while count < bytes.count {
            let more = bytes.withUnsafeMutableBytes { Self.read(file, into: $0[count...]) }
            if more < 0, errno == EINTR { continue }
            guard more >= 0 else { throw unreadable(path, errno) }
            if more == 0 { break }
            count += more
        }
        guard count >= fewestBytes else {
            let size = count == 0 ? "is empty" : "has \(count) bytes"
            throw Unusable(
                description: "the secret in \(path) \(size); it needs at least \(fewestBytes) bytes; "
                    + "delete it to have a new one made, or \(advice)"
            )
        }
        guard count <= mostBytes else {
            throw Unusable(description: "the secret file \(path) has more than \(mostBytes) bytes; \(advice)")
        }
        return Data(bytes[..<count])
    }

    private static func read(_ file: Int32, into bytes: Slice<UnsafeMutableRawBufferPointer>) -> Int {
        let place = UnsafeMutableRawBufferPointer(rebasing: bytes)
        #if canImport(Darwin)
        return Darwin.read(file, place.baseAddress, place.count)
        #else
        return Glibc.read(file, place.baseAddress, place.count)
        #endif
    }

    private static func unreadable(_ path: String, _ code: Int32) -> Unusable {
        let reason = String(cString: strerror(code))
        let next =
            switch code {
            case EACCES, EPERM: "run this as its owner, or \(advice)"
            case ENOENT: "the first process that starts makes it; or \(advice)"
            default: advice
            }
        return Unusable(description: "the secret file \(path) cannot be read: \(reason); \(next)")
    }

    /// Reads the secret, or creates a missing one: 32 random bytes as hexadecimal digits, readable by its owner alone.
    ///
    /// It is written elsewhere and then linked, so that processes that start together agree on one.
    ///
    /// - Parameter path: the file.
    /// - Returns: the file's bytes, the same for every process that shares it.
    /// - Throws: ``Unusable``.
    public static func readOrCreate(_ path: String) throws -> Data {
        // Only where there is nothing: what is there and cannot be read is said to be so.
        if access(path, F_OK) != 0, errno == ENOENT { try create(path) }
        return try read(path)
    }

    private static func create(_ path: String) throws {
        let folder = DurableDirectory.parent(of: path)
        do {
            try DurableDirectory.create(folder)
        } catch {
            throw Unusable(description: "the folder of the secret file \(path) cannot be made: \(error); \(advice)")
        }
        var generator = SystemRandomNumberGenerator()
        let hexadecimal = (0..<32)
            .map { _ in
                let byte = String(UInt8.random(in: 0...255, using: &generator), radix: 16)
                return byte.count == 1 ? "0" + byte : byte
            }
        let text = hexadecimal.joined()
        let temporary = "\(path).\(getpid()).\(UInt32.random(in: 0...UInt32.max, using: &generator))"
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw Unusable(
                description: "the secret file \(path) cannot be made: \(String(cString: strerror(errno))); \(advice)"
            )
        }
        defer { unlink(temporary) }
        let written = text.withCString { write(file, $0, text.utf8.count) }
        let isSynced = fsync(file) == 0
        close(file)
        guard written == text.utf8.count, isSynced, link(temporary, path) == 0 || errno == EEXIST else {
            throw Unusable(
                description: "the secret file \(path) cannot be made: \(String(cString: strerror(errno))); \(advice)"
            )
        }
        // Also where another process was faster: what is signed with it must not outlive it.
        DurableDirectory.sync(folder)
    }
}
