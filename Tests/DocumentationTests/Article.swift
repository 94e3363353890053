import Foundation
import Testing

/// The package's folder, as these tests were compiled in it.
enum Package {
    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The texts of all files of a kind below some folders, by their path from the package's folder.
    static func files(withSuffix suffix: String, in folders: [String] = ["Sources", "Tests"]) throws -> [String: String]
    {
        var texts: [String: String] = [:]
        for root in folders {
            let start = folder.appendingPathComponent(root)
            let paths = try FileManager.default.subpathsOfDirectory(atPath: start.path)
            for path in paths where path.hasSuffix(suffix) {
                texts["\(root)/\(path)"] = try String(contentsOf: start.appendingPathComponent(path), encoding: .utf8)
            }
        }
        return texts
    }
}

/// One article of a documentation catalog.
struct Article: Sendable, CustomTestStringConvertible {
    /// A block of code in it.
    struct Block: Sendable {
        let language: String
        let text: String
    }

    /// Its path from the package's folder.
    let path: String
    let text: String

    var testDescription: String { path }

    /// The articles of all catalogs.
    static let all: [Article] = {
        do {
            return try Package.files(withSuffix: ".md", in: ["Sources"]).map { Article(path: $0.key, text: $0.value) }
                .sorted { $0.path < $1.path }
        } catch {
            Issue.record(error)
            return []
        }
    }()

    /// An article by its file's name.
    ///
    /// - Parameter name: the name, without `.md`.
    /// - Returns: the article.
    /// - Throws: an expectation's failure if there is none.
    static func named(_ name: String) throws -> Article {
        try #require(all.first { $0.path.hasSuffix("/\(name).md") })
    }

    /// Its blocks of code, in order.
    var blocks: [Block] {
        var blocks: [Block] = []
        var open: (language: String, lines: [Substring])?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if !line.hasPrefix("```") {
                open?.lines.append(line)
            } else if let block = open {
                blocks.append(Block(language: block.language, text: block.lines.joined(separator: "\n")))
                open = nil
            } else {
                open = (String(line.dropFirst(3)), [])
            }
        }
        return blocks
    }

    /// What stands between single backticks, blocks of code left out.
    var codeWords: [String] {
        var words: [String] = []
        var isInBlock = false
        for line in text.split(separator: "\n") {
            if line.hasPrefix("```") {
                isInBlock.toggle()
            } else if !isInBlock {
                words += line.matches(of: /`([^`]+)`/).map { String($0.output.1) }
            }
        }
        return words
    }
}
