package import Hosting
package import TCC
package import TCCHTTP

/// What became of all the files, for people and for scripts.
package struct PublishReport: Hashable, Sendable {
    /// A file and what became of it.
    package struct Entry: Hashable, Sendable {
        /// The file's path, as people know it.
        package var path: String
        /// What became of it.
        package var result: FileResult

        /// Makes an entry.
        ///
        /// - Parameters:
        ///   - path: the file's path.
        ///   - result: what became of it.
        package init(path: String, result: FileResult) {
            self.path = path
            self.result = result
        }
    }

    /// How many files have come to which end.
    package struct Counts: Hashable, Sendable {
        /// Readers see them, or will.
        package private(set) var published = 0
        /// Readers saw them already.
        package private(set) var skipped = 0
        /// They are not published.
        package private(set) var refused = 0

        /// None.
        package init() {}

        /// One more.
        ///
        /// - Parameter result: what became of it.
        package mutating func add(_ result: FileResult) {
            switch result {
            case .published: published += 1
            case .skipped: skipped += 1
            case .refused: refused += 1
            }
        }

        /// As a sentence's middle.
        package var text: String { "published \(published), skipped \(skipped), refused \(refused)" }

        /// All of them.
        package var total: Int { published + skipped + refused }
    }

    /// Where the pages are, if nothing else is said.
    package static let usualPages = try! BaseURL("http://127.0.0.1:8000")  // `try!`: it is one
    private static let mostLinks = 20

    /// The files, in order.
    package var entries: [Entry]
    /// Where readers read the posts.
    package var pages = Self.usualPages

    /// Makes a report.
    ///
    /// - Parameter entries: the files, in order.
    package init(_ entries: [Entry]) { self.entries = entries }

    /// How many files came to which end.
    package var counts: Counts {
        entries.reduce(into: Counts()) { $0.add($1.result) }
    }

    /// What the command's exit code says.
    package var status: ExitStatus {
        var status = ExitStatus.done
        for entry in entries {
            guard case .refused(let refusal) = entry.result else { continue }
            if refusal.cause == .unreachable { return .unreachable }
            status = .refused
        }
        return status
    }

    /// For people: the counts, and each refused file and why; if verbose, each other file too.
    ///
    /// - Parameters:
    ///   - isVerbose: whether to list each file.
    ///   - style: what it is written to.
    /// - Returns: the text.
    package func text(isVerbose: Bool, _ style: TerminalStyle = .text) -> String {
        let counts = counts.text
        let summary = counts.prefix(1).uppercased() + counts.dropFirst() + "."
        let tables = isVerbose ? [everyFile] : [links, refusedFiles]
        return ([summary] + tables.compactMap { $0?.text(style) }).joined(separator: "\n\n")
    }

    private func url(_ post: String) -> String { "\(pages)/posts/\(post)" }

    /// Where to read what was published.
    private var links: Table? {
        var table = Table([.init("PUBLISHED"), .init("READ IT AT")])
        var count = 0
        for entry in entries {
            guard case .published(let post) = entry.result else { continue }
            count += 1
            if count <= Self.mostLinks { table.add([.init(entry.path, .good), .init(url(post.id))]) }
        }
        if count > Self.mostLinks { table.add([.init("and \(count - Self.mostLinks) more"), .init("see --verbose")]) }
        return count == 0 ? nil : table
    }

    private var refusedFiles: Table? {
        var table = Table([.init("REFUSED"), .init("CODE"), .init("WHY")])
        var isEmpty = true
        for entry in entries {
            guard case .refused(let refusal) = entry.result else { continue }
            table.add([.init(entry.path), .init(refusal.code, .bad), .init(refusal.detail)])
            isEmpty = false
        }
        return isEmpty ? nil : table
    }

    private var everyFile: Table? {
        guard !entries.isEmpty else { return nil }
        var table = Table([
            .init("FILE"), .init("RESULT"), .init("REVISION", isNumeric: true), .init("READ IT AT"), .init("DETAIL"),
        ])
        for entry in entries {
            switch entry.result {
            case .published(let post):
                let revision = post.revision.map { String($0) } ?? ""
                let detail = post.isAccepted ? "accepted; follow it with: transactions show \(post.gid)" : ""
                table.add([
                    .init(entry.path), .init("published", post.isAccepted ? .busy : .good), .init(revision),
                    .init(url(post.id)), .init(detail),
                ])
            case .skipped(let id, let revision):
                table.add([
                    .init(entry.path), .init("skipped", .faint), .init(String(revision)), .init(url(id.description)),
                    .init("unchanged"),
                ])
            case .refused(let refusal):
                table.add([
                    .init(entry.path), .init("refused", .bad), .init(""), .init(""),
                    .init("\(refusal.code): \(refusal.detail)"),
                ])
            }
        }
        return table
    }

    /// For scripts: `{published: […], skipped: […], refused: […]}`.
    package var json: JSONValue {
        var published: [JSONValue] = []
        var skipped: [JSONValue] = []
        var refused: [JSONValue] = []
        for entry in entries {
            let path = JSONValue.string(entry.path)
            switch entry.result {
            case .published(let post):
                published.append(
                    .object([
                        "path": path, "id": .string(post.id), "revision": post.revision.map { .integer($0) } ?? .null,
                        "gid": .string(post.gid.description), "status": .string(post.status),
                        "url": .string(url(post.id)),
                    ])
                )
            case .skipped(let id, let revision):
                skipped.append(
                    .object([
                        "path": path, "id": .string(id.description), "revision": .integer(Int64(revision)),
                        "url": .string(url(id.description)),
                    ])
                )
            case .refused(let refusal):
                refused.append(
                    .object(["path": path, "code": .string(refusal.code), "detail": .string(refusal.detail)])
                )
            }
        }
        return .object(["published": .array(published), "skipped": .array(skipped), "refused": .array(refused)])
    }
}
