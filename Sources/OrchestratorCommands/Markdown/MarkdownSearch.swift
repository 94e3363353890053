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

    private static let extensions = [".md", ".markdown"]

    /// Looks for Markdown: a file that is named is taken as it is, a folder is searched, all that is hidden in it left
    /// out.
    ///
    /// - Parameter paths: files and folders.
    /// - Throws: a ``CommandFailure`` if one of them does not exist.
    package init(_ paths: [String]) throws {
        for path in paths {
            switch FileKind.at(path) {
            case .success(.file): files.append(MarkdownFile(path: path))
            case .success(.folder):
                let before = files.count + refused.count
                search(path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path)
                if files.count + refused.count == before { emptyFolders.append(path) }
            case .success(let kind): refuse(path, .notAFile(kind))
            case .failure(let trouble) where trouble.isGone:
                throw CommandFailure(.usage, "there is no file or folder '\(path)'; nothing was published.")
            case .failure(let trouble): refuse(path, trouble)
            }
        }
        var seen: Set<String> = []
        files = files.filter { seen.insert($0.source).inserted }.sorted { $0.path < $1.path }
        var told: Set<String> = []
        refused = refused.filter { told.insert($0.path).inserted }.sorted { $0.path < $1.path }
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
            let shown = String(decoding: bytes, as: UTF8.self)
            let path = folder.hasSuffix("/") ? folder + shown : "\(folder)/\(shown)"
            let isMarkdown = Self.extensions.contains { shown.lowercased().hasSuffix($0) }
            guard String(validating: bytes, as: UTF8.self) != nil else {
                if isMarkdown || entry.pointee.d_type == UInt8(DT_DIR) { refuse(path, .nameNotUTF8) }
                continue
            }
            look(at: path, isMarkdown: isMarkdown)
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
