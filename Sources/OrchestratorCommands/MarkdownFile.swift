package import Foundation
package import Posts
import TCC

/// A Markdown file that is to be published.
package struct MarkdownFile: Hashable, Sendable {
    /// Its path as people know it: as they wrote it, or below the folder that they named.
    package var path: String
    /// Its absolute standardized path, by which its post is found again.
    package var source: String

    /// Makes a file.
    ///
    /// - Parameters:
    ///   - path: its path, absolute or below the working directory.
    ///   - source: its absolute standardized path; nil works it out.
    package init(path: String, source: String? = nil) {
        self.path = path
        self.source = source ?? URL(fileURLWithPath: path).standardizedFileURL.path
    }

    /// Its name without the folders.
    package var name: String { URL(fileURLWithPath: source).lastPathComponent }

    /// Reads it as a post: its first heading is the title, or else its name; its text is the content.
    ///
    /// - Throws: a `Problem` if it cannot be read or cannot be a post.
    package func read() throws -> PostText {
        let data: Data
        do {
            let size = try FileManager.default.attributesOfItem(atPath: resolvedPath)[.size] as? Int ?? 0
            // Asked before it is read: somebody may point at a folder with a film in it.
            if size > PostLimits.longestContent { throw Self.tooLarge(bytes: size) }
            data = try Data(contentsOf: URL(fileURLWithPath: resolvedPath))
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(0, "unreadable", "The file cannot be read: \(Self.reason(error))")
        }
        return try post(from: data)
    }

    /// Makes a post of the file's bytes.
    ///
    /// - Parameter data: its bytes.
    /// - Returns: the post.
    /// - Throws: a `Problem` if they are not UTF-8, or not what a post may be.
    package func post(from data: Data) throws -> PostText {
        guard let content = String(validating: data, as: UTF8.self) else { throw Self.notUTF8(data) }
        if data.count > PostLimits.longestContent { throw Self.tooLarge(bytes: data.count) }
        let name = URL(fileURLWithPath: source).deletingPathExtension().lastPathComponent
        let text = PostText(title: MarkdownTitle.firstHeading(in: content) ?? name, content: content, source: source)
        try text.check()
        return text
    }

    private var resolvedPath: String { URL(fileURLWithPath: source).resolvingSymlinksInPath().path }

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

    private static func reason(_ error: any Error) -> String {
        switch (error as? CocoaError)?.code {
        case .fileReadNoPermission: "no permission."
        case .fileReadNoSuchFile, .fileNoSuchFile: "it is gone."
        default: "\(error.localizedDescription)"
        }
    }
}
