package import Foundation
package import Posts
import TCC

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A Markdown file that is to be published.
package struct MarkdownFile: Hashable, Sendable {
    /// Its path as people know it: as they wrote it, or below the folder that they named.
    package var path: String
    /// Its absolute standardized path, by which its post is found again.
    package var source: String

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Makes a file.
    ///
    /// - Parameters:
    ///   - path: its path, absolute or below the working directory.
    ///   - source: its absolute standardized path; nil works it out.
    package init(path: String, source: String? = nil) {
        self.path = path
        self.source = source ?? Self.source(of: path)
    }

    private static func source(of path: String) -> String {
        // A source is a text: of a folder whose name is none, what is shown of it.
        let folder = path.hasPrefix("/") ? nil : RawName.workingDirectory
        let isText = folder?.text != nil
        let whole = isText ? path : folder.map { "\($0.shown)/\(path)" } ?? path
        return URL(fileURLWithPath: whole).standardizedFileURL.path
    }

    /// Its name without the folders.
    package var name: String { URL(fileURLWithPath: source).lastPathComponent }

    /// Reads it as a post: its front matter's title or its first heading is the title, or else its name; its text is the
    /// content.
    ///
    /// - Throws: a `Problem` if it cannot be read or cannot be a post.
    package func read() throws -> PostText {
        switch FileKind.at(path) {
        case .success(.file): break
        case .success(let kind): throw FileTrouble.notAFile(kind).problem
        case .failure(let trouble): throw trouble.problem
        }
        // Not to wait for somebody to write into it, should it be a pipe by now.
        let file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { throw FileTrouble(code: errno, of: path).problem }
        defer { close(file) }
        // Asked before it is read: somebody may point at a folder with a film in it.
        let size = Int(lseek(file, 0, SEEK_END))
        let most = PostLimits.longestContent + Self.byteOrderMark.count
        if size > most { throw Self.tooLarge(bytes: size) }
        return try post(from: try Self.bytes(of: file, most: most, path))
    }

    /// The bytes of an open file; it may grow while it is read.
    private static func bytes(of file: Int32, most: Int, _ path: String) throws -> Data {
        var bytes = [UInt8](repeating: 0, count: most + 1)
        var count = 0
        while count < bytes.count {
            let more = bytes.withUnsafeMutableBytes { buffer in
                pread(file, buffer.baseAddress.map { $0 + count }, buffer.count - count, off_t(count))
            }
            if more < 0, errno == EINTR { continue }
            guard more >= 0 else { throw FileTrouble(code: errno, of: path).problem }
            if more == 0 { break }
            count += more
        }
        return Data(bytes[..<count])
    }

    /// Makes a post of the file's bytes.
    ///
    /// - Parameter data: its bytes; a byte order mark is none of its text.
    /// - Returns: the post.
    /// - Throws: a `Problem` if they are no text in UTF-8, or not what a post may be.
    package func post(from data: Data) throws -> PostText {
        let bytes = data.starts(with: Self.byteOrderMark) ? data.dropFirst(Self.byteOrderMark.count) : data[...]
        if bytes.count > PostLimits.longestContent { throw Self.tooLarge(bytes: bytes.count) }
        if let encoding = Self.otherEncoding(bytes) {
            throw Problem(0, "not-utf-8", "The file is \(encoding). Save it as UTF-8 and publish it again.")
        }
        if let place = bytes.firstIndex(of: 0) {
            let offset = place - bytes.startIndex
            throw Problem(0, "not-text", "The file is no text: it has a zero byte at \(offset).")
        }
        guard let content = String(validating: bytes, as: UTF8.self) else { throw Self.notUTF8(bytes) }
        let name = URL(fileURLWithPath: source).deletingPathExtension().lastPathComponent
        let text = PostText(title: MarkdownTitle.find(in: content) ?? name, content: content, source: source)
        try text.check()
        return text
    }

    /// By its byte order mark.
    private static func otherEncoding(_ bytes: Data) -> String? {
        if bytes.starts(with: [0xFF, 0xFE, 0, 0]) || bytes.starts(with: [0, 0, 0xFE, 0xFF]) { return "UTF-32" }
        return bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) ? "UTF-16" : nil
    }

    private static func tooLarge(bytes: Int) -> Problem {
        Problem.invalid(
            "content",
            "must have at most \(PostLimits.longestContent) bytes of UTF-8; the file has \(bytes)"
        )
    }

    private static func notUTF8(_ data: Data) -> Problem {
        var decoder = UTF8()
        var bytes = data.makeIterator()
        var offset = 0
        var line = 1
        while case .scalarValue(let scalar) = decoder.decode(&bytes) {
            offset += UTF8.width(scalar)
            if scalar == "\n" { line += 1 }
        }
        return Problem(
            0,
            "not-utf-8",
            "The file is not UTF-8: line \(line), byte \(offset). Save it as UTF-8 and publish it again."
        )
    }
}
