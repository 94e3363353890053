import Foundation

/// What is to be published of the paths that somebody named.
package struct MarkdownSearch: Hashable, Sendable {
    /// The Markdown files, in the order of their paths, each once.
    package private(set) var files: [MarkdownFile] = []
    /// The named folders without any.
    package private(set) var emptyFolders: [String] = []
    /// The folders that cannot be looked into.
    package private(set) var unreadableFolders: [String] = []

    private static let extensions: Set<String> = ["md", "markdown"]

    /// Looks for Markdown: a file that is named is taken as it is, a folder is searched, all that is hidden in it left
    /// out.
    ///
    /// - Parameter paths: files and folders.
    /// - Throws: a ``CommandFailure`` if one of them does not exist.
    package init(_ paths: [String]) throws {
        for path in paths {
            let followed = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
            switch Self.kind(of: followed) {
            case .typeRegular?: files.append(MarkdownFile(path: path))
            case .typeDirectory?:
                let before = files.count
                search(path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path)
                if files.count == before, !unreadableFolders.contains(path) { emptyFolders.append(path) }
            case nil: throw CommandFailure(.usage, "there is no file or folder '\(path)'; nothing was published.")
            default:
                throw CommandFailure(.usage, "'\(path)' is neither a file nor a folder; nothing was published.")
            }
        }
        var seen: Set<String> = []
        files = files.filter { seen.insert($0.source).inserted }.sorted { $0.path < $1.path }
    }

    private mutating func search(_ folder: String) {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            // `try?`: whatever the reason is, nothing in there can be published.
            unreadableFolders.append(folder)
            return
        }
        for name in names where !name.hasPrefix(".") {
            let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
            let isMarkdown = Self.extensions.contains(URL(fileURLWithPath: name).pathExtension.lowercased())
            switch Self.kind(of: path) {
            case .typeDirectory?: search(path)
            case .typeRegular? where isMarkdown: files.append(MarkdownFile(path: path))
            case .typeSymbolicLink? where isMarkdown:
                // A link to a file is a file; a link to a folder is left out, since it may lead back up.
                let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
                if Self.kind(of: target) == .typeRegular { files.append(MarkdownFile(path: path)) }
            default: break
            }
        }
    }

    private static func kind(of path: String) -> FileAttributeType? {
        // `try?`: what has no attributes is not there.
        (try? FileManager.default.attributesOfItem(atPath: path))?[.type] as? FileAttributeType
    }
}
