import Foundation
import Hosting

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A file that was named at the command line cannot be used.
struct UnusableFile: CommandEntry.Coded, CustomStringConvertible {
    /// Why.
    let description: String

    /// That of wrong usage: nothing is said about what the file is about.
    var exitCode: Int32 { 2 }

    /// Says why.
    init(description: String) { self.description = description }

    /// A file that cannot be written.
    ///
    /// - Parameters:
    ///   - path: where.
    ///   - error: what Foundation has to say of it.
    init(writing path: String, _ error: any Error) {
        self.init(description: "\(path) cannot be written: \(Self.cause(of: error))")
    }

    /// Why something cannot be done with a file.
    ///
    /// - Parameter error: what Foundation has to say of it.
    /// - Returns: one clause.
    static func cause(of error: any Error) -> String {
        let error = error as NSError
        if let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError, cause.domain == NSPOSIXErrorDomain {
            return String(cString: strerror(Int32(cause.code)))
        }
        let text = error.localizedDescription
        let preamble = "The operation could not be completed. "
        return text.hasPrefix(preamble) ? String(text.dropFirst(preamble.count)) : text
    }

    /// Whether a file can be put here in the place of another one: nothing is here, or a regular file.
    ///
    /// - Parameter path: where.
    /// - Returns: false for a device, a pipe, or a link, which has to stay what it is.
    static func isReplaceable(_ path: String) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0 else { return true }
        return status.st_mode & S_IFMT == S_IFREG
    }
}
