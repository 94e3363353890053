public import Foundation
import TCCStorage

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

    /// Reads the secret.
    ///
    /// - Parameter path: the file.
    /// - Returns: the file's bytes, at least ``fewestBytes``.
    /// - Throws: ``Unusable``.
    public static func read(_ path: String) throws -> Data {
        guard let secret = FileManager.default.contents(atPath: path) else {
            throw Unusable(
                description: "the secret file \(path) cannot be read; a first process that starts creates it"
            )
        }
        guard secret.count >= fewestBytes else {
            throw Unusable(
                description:
                    "the secret in \(path) has \(secret.count) bytes; it needs at least \(fewestBytes); delete it to have a new one made"
            )
        }
        return secret
    }

    /// Reads the secret, or creates a missing one: 32 random bytes as hexadecimal digits, readable by its owner alone.
    ///
    /// It is written elsewhere and then linked, so that processes that start together agree on one.
    ///
    /// - Parameter path: the file.
    /// - Returns: the file's bytes, the same for every process that shares it.
    /// - Throws: ``Unusable``.
    public static func readOrCreate(_ path: String) throws -> Data {
        if !FileManager.default.fileExists(atPath: path) { try create(path) }
        return try read(path)
    }

    private static func create(_ path: String) throws {
        let folder = DurableDirectory.parent(of: path)
        do {
            try DurableDirectory.create(folder)
        } catch {
            throw Unusable(description: "the folder of the secret file \(path) cannot be made: \(error)")
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
                description: "the secret file \(path) cannot be created: \(String(cString: strerror(errno)))"
            )
        }
        defer { unlink(temporary) }
        let written = text.withCString { write(file, $0, text.utf8.count) }
        let isSynced = fsync(file) == 0
        close(file)
        guard written == text.utf8.count, isSynced, link(temporary, path) == 0 || errno == EEXIST else {
            throw Unusable(
                description: "the secret file \(path) cannot be created: \(String(cString: strerror(errno)))"
            )
        }
        // Also where another process was faster: what is signed with it must not outlive it.
        DurableDirectory.sync(folder)
    }
}
