/// Finds a Markdown text's title: the text of its first ATX heading (CommonMark 0.31.2, sections 4.2 and 4.5).
package enum MarkdownTitle {
    private struct Fence {
        let mark: UInt8
        let length: Int
    }

    private static let space = UInt8(ascii: " ")
    private static let tab = UInt8(ascii: "\t")
    private static let hash = UInt8(ascii: "#")

    /// The first heading with any text in it, of whatever level, outside fenced code.
    ///
    /// - Parameter text: the Markdown.
    /// - Returns: the heading's text without its hashes, or nil if there is none.
    package static func firstHeading(in text: String) -> String? {
        var open: Fence?
        let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let bytes = text.utf8.starts(with: byteOrderMark) ? text.utf8.dropFirst(3) : text.utf8[...]
        for line in bytes.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
            let indent = line.prefix { $0 == space }.count
            // From four spaces or a tab on it is code, or goes on with the paragraph above.
            guard indent <= 3 else { continue }
            let content = trimmedAtEnd(line.dropFirst(indent))
            if let fence = open {
                if closes(content, fence) { open = nil }
            } else if let fence = fence(content) {
                open = fence
            } else if let heading = heading(content) {
                return heading
            }
        }
        return nil
    }

    private static func heading(_ line: Substring.UTF8View) -> String? {
        let level = line.prefix { $0 == hash }.count
        let rest = line.dropFirst(level)
        guard (1...6).contains(level), let first = rest.first, first == space || first == tab else { return nil }
        let content = trimmed(rest)
        // Hashes at the end belong to the heading's mark, unless they touch a word: `# Title ##`, but `# About C#`.
        let closing = content.reversed().prefix { $0 == hash }.count
        let before = content.dropLast(closing)
        guard let last = before.last else { return nil }
        guard closing > 0, last == space || last == tab else { return String(Substring(content)) }
        return String(Substring(trimmed(before)))
    }

    private static func fence(_ line: Substring.UTF8View) -> Fence? {
        guard let mark = line.first, mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~") else { return nil }
        let length = line.prefix { $0 == mark }.count
        guard length >= 3 else { return nil }
        // Backticks further on in the line: code within a paragraph.
        if mark == UInt8(ascii: "`"), line.dropFirst(length).contains(mark) { return nil }
        return Fence(mark: mark, length: length)
    }

    private static func closes(_ line: Substring.UTF8View, _ fence: Fence) -> Bool {
        line.count >= fence.length && line.allSatisfy { $0 == fence.mark }
    }

    private static func trimmed(_ line: Substring.UTF8View) -> Substring.UTF8View {
        trimmedAtEnd(line.drop { $0 == space || $0 == tab })
    }

    private static func trimmedAtEnd(_ line: Substring.UTF8View) -> Substring.UTF8View {
        var line = line
        while let last = line.last, last == space || last == tab { line.removeLast() }
        return line
    }
}
