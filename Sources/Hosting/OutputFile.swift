import Foundation
import TCCHTTP

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A file that a command is told to write.
package enum OutputFile {
    /// Sees to it that a file can be where it is wanted, before the work whose result it is to take.
    ///
    /// - Parameters:
    ///   - path: where.
    ///   - flag: the option that named it.
    /// - Throws: ``RefusedSetting`` with the reason.
    package static func check(_ path: String, _ flag: String) throws {
        guard let reason = reason(against: path) else { return }
        throw RefusedSetting(flag, must: "be a file that can be written", not: path, because: reason)
    }

    /// Why a file cannot be there, as the end of a sentence that begins with its name; nil if it can.
    private static func reason(against path: String) -> String? {
        if path.isEmpty { return "names none" }
        if path.unicodeScalars.contains("\u{FFFD}") { return "is not UTF-8" }
        var info = stat()
        let isThere = stat(path, &info) == 0
        if isThere, info.st_mode & S_IFMT == S_IFDIR { return "is a folder" }
        if isThere, info.st_mode & S_IFMT != S_IFREG {
            // Who reads a pipe would take its being closed for its end.
            return access(path, W_OK) == 0 ? nil : "cannot be written: \(text(errno))"
        }
        // Without losing what is there.
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
        guard file >= 0 else { return "cannot be written: \(text(errno))" }
        close(file)
        if !isThere { unlink(path) }
        return nil
    }

    private static func text(_ code: Int32) -> String {
        let text = String(cString: strerror(code))
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
