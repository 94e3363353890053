#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What is to be published of the paths that somebody named, and what cannot be.
package struct MarkdownSearch: Hashable, Sendable {
    /// The Markdown files, in the order of their paths, each once.
    package private(set) var files: [MarkdownFile] = []
    /// The files and folders that cannot be published, each with its reason, in the order of their paths.
    package private(set) var refused: [PublishReport.Entry] = []
    /// The named folders without any Markdown.
    package private(set) var emptyFolders: [String] = []
    /// Links to folders, which are not followed: they may lead back up.
    package private(set) var linkedFolders: [String] = []

    private static let extensions = [".md", ".markdown"].map { Array($0.utf8) }

    /// Looks for Markdown: a file that is named is taken as it is, a folder is searched, all that is hidden in it left
    /// out.
    ///
    /// - Parameters:
    ///   - paths: files and folders.
    ///   - arguments: the command line as it was written, since Swift mends what is not UTF-8.
    /// - Throws: a ``CommandFailure`` if one of them does not exist.
    package init(_ paths: [String], of arguments: [RawName] = RawName.arguments) throws {
        var unreadable = arguments.filter { $0.text == nil }
        for path in paths {
            if let index = unreadable.firstIndex(where: { $0.mended == path }) {
                let name = unreadable.remove(at: index)
                if name.kind() == nil { throw Self.missing(name.shown) }
                refuse(name.shown, .nameNotUTF8)
                continue
            }
            switch FileKind.at(path) {
            case .success(.file): files.append(MarkdownFile(path: path))
            case .success(.folder):
                let before = files.count + refused.count
                search(path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path)
                if files.count + refused.count == before { emptyFolders.append(path) }
            case .success(let kind): refuse(path, .notAFile(kind))
            case .failure(let trouble) where trouble.isGone:
                throw Self.missing(path)
            case .failure(let trouble): refuse(path, trouble)
            }
        }
        // By bytes: names that look the same may be two files'.
        var seen: Set<[UInt8]> = []
        files = files.filter { seen.insert(Array($0.source.utf8)).inserted }.sorted { $0.path < $1.path }
        var told: Set<[UInt8]> = []
        refused = refused.filter { told.insert(Array($0.path.utf8)).inserted }.sorted { $0.path < $1.path }
    }

    private static func missing(_ path: String) -> CommandFailure {
        CommandFailure(.usage, "there is no file or folder '\(path)'; nothing was published.")
    }

    private mutating func refuse(_ path: String, _ trouble: FileTrouble) {
        refused.append(PublishReport.Entry(path: path, result: .refused(trouble.refusal)))
    }

    private mutating func search(_ folder: String) {
        guard let directory = opendir(folder) else { return refuse(folder, FileTrouble(code: errno, of: folder)) }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            guard bytes.first != UInt8(ascii: ".") else { continue }
            let path = RawName(Array(folder.utf8) + (folder.hasSuffix("/") ? [] : [UInt8(ascii: "/")]) + bytes)
            let isMarkdown = Self.isMarkdown(bytes)
            if let text = path.text {
                look(at: text, isMarkdown: isMarkdown)
            } else if isMarkdown || path.kind() == .folder {
                refuse(path.shown, .nameNotUTF8)
            }
        }
    }

    /// By bytes: a mark before the point would make one character of both.
    private static func isMarkdown(_ name: [UInt8]) -> Bool {
        extensions.contains { suffix in
            name.suffix(suffix.count).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 } == suffix
        }
    }

    private mutating func look(at path: String, isMarkdown: Bool) {
        switch FileKind.at(path) {
        case .success(.folder):
            if FileTrouble.isLink(path) { linkedFolders.append(path) } else { search(path) }
        case .success(.file): if isMarkdown { files.append(MarkdownFile(path: path)) }
        case .success(let kind): if isMarkdown { refuse(path, .notAFile(kind)) }
        case .failure(let trouble): if isMarkdown { refuse(path, trouble) }
        }
    }
}
