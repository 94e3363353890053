import Foundation
import TCC

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What a path leads to.
enum FileKind: String, Hashable, Sendable {
    case file = "a file"
    case folder = "a folder"
    case device = "a device"
    case socket = "a socket"
    case pipe = "a pipe"

    /// Looks at a path, links followed.
    ///
    /// - Parameter path: the path.
    /// - Returns: what it leads to, or why it leads nowhere.
    static func at(_ path: String) -> Result<FileKind, FileTrouble> {
        var code: Int32 = 0
        guard let kind = path.withCString({ at($0, &code) }) else { return .failure(FileTrouble(code: code, of: path)) }
        return .success(kind)
    }

    /// The same for a path of any bytes; Foundation's way mends those that are not UTF-8, and finds another file or none.
    ///
    /// - Parameters:
    ///   - path: the path, with a zero byte at its end.
    ///   - code: why it leads nowhere, as `errno` has it.
    /// - Returns: what it leads to; nil for nowhere.
    static func at(_ path: UnsafePointer<CChar>, _ code: inout Int32) -> FileKind? {
        var info = stat()
        guard stat(path, &info) == 0 else {
            code = errno
            return nil
        }
        switch info.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .folder
        case S_IFSOCK: return .socket
        case S_IFIFO: return .pipe
        default: return .device
        }
    }
}

/// Why a file or folder is not published.
struct FileTrouble: Error, Hashable {
    /// A stable word for programs.
    let word: String
    /// A sentence for people.
    let detail: String
    /// Whether nothing is there, and not even a link.
    var isGone = false

    /// It is something else.
    static func notAFile(_ kind: FileKind) -> FileTrouble {
        FileTrouble(word: "not-a-file", detail: "It is \(kind.rawValue), and a post is made of a file.")
    }

    /// Its name is no text, and a post's source is one.
    static let nameNotUTF8 = FileTrouble(
        word: "name-not-utf-8",
        detail: "Its name is not UTF-8: give it another, and publish it again."
    )

    private init(word: String, detail: String) {
        self.word = word
        self.detail = detail
    }

    /// The system refused it.
    ///
    /// - Parameters:
    ///   - code: why, as `errno` has it.
    ///   - path: which; a link that leads nowhere is told from a file that is gone.
    init(code: Int32, of path: String) {
        switch code {
        case ENOENT, ENOTDIR:
            let isLink = Self.isLink(path)
            self.init(
                word: isLink ? "broken-link" : "gone",
                detail: isLink ? "The link leads nowhere." : "It is gone."
            )
            isGone = !isLink
        case ELOOP: self.init(word: "broken-link", detail: "The link leads round in circles.")
        case EACCES, EPERM: self.init(word: "unreadable", detail: "It cannot be read: permission denied.")
        default:
            let reason = String(cString: strerror(code))
            self.init(
                word: "unreadable",
                detail: "It cannot be read: \(reason.prefix(1).lowercased())\(reason.dropFirst())."
            )
        }
    }

    /// Whether a path is a link itself.
    ///
    /// - Parameter path: the path.
    /// - Returns: false also where nothing is.
    static func isLink(_ path: String) -> Bool {
        var byte: CChar = 0
        return readlink(path, &byte, 1) >= 0
    }

    /// As the services tell of what they refuse.
    var problem: Problem { Problem(0, word, detail) }

    /// For a report.
    var refusal: Refusal { Refusal(code: word, detail: detail, cause: .file) }
}
