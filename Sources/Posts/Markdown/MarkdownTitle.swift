/// Finds a Markdown text's title: its front matter's, or else its first heading's (CommonMark 0.31.2).
package enum MarkdownTitle {
    /// Looks for a title.
    ///
    /// - Parameter text: the Markdown.
    /// - Returns: the title in one line of plain text, or nil if there is none.
    package static func find(in text: String) -> String? {
        let lines = lines(of: text)
        let frontMatter = FrontMatter(lines)
        if let title = frontMatter?.title.flatMap(oneLine) { return title }
        return heading(in: lines[(frontMatter?.lineCount ?? 0)...])?.title
    }

    /// Looks for the heading that a page need not show below a title: the first one, if it says the same.
    ///
    /// - Parameters:
    ///   - title: the title, plain or with the marks of a heading in it.
    ///   - text: the Markdown.
    /// - Returns: the numbers of its lines, from 0 on; nil if the first heading says something else.
    package static func heading(saying title: String, in text: String) -> Range<Int>? {
        let lines = lines(of: text)
        guard let heading = heading(in: lines[(FrontMatter(lines)?.lineCount ?? 0)...]) else { return nil }
        let titles = [title, MarkdownPlainText.of(Array(title.utf8))].compactMap(oneLine)
        // By bytes: Swift takes long to compare many accents.
        return titles.contains { $0.utf8.elementsEqual(heading.title.utf8) } ? heading.lines : nil
    }

    /// The first heading that has words.
    private static func heading(in body: ArraySlice<ArraySlice<UInt8>>) -> (title: String, lines: Range<Int>)? {
        var headings = MarkdownHeadings()
        // Looked for once, however many headings have no words in them.
        var labels: Set<String>?
        for (index, line) in zip(body.indices, body) {
            guard let heading = headings.next(line) else { continue }
            if labels == nil, heading.text.contains(UInt8(ascii: "[")) {
                labels = Set(body.compactMap(MarkdownPlainText.definedLabel))
            }
            if let title = oneLine(MarkdownPlainText.of(heading.text, labels: labels ?? [])) {
                return (title, (index + 1 - heading.lineCount)..<(index + 1))
            }
        }
        return nil
    }

    /// The lines as bytes, whatever ends them, without the ends.
    static func lines(of text: String) -> [ArraySlice<UInt8>] {
        var bytes = Array(text.utf8)[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        var lines: [ArraySlice<UInt8>] = []
        var start = bytes.startIndex
        var index = start
        while index < bytes.endIndex {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                lines.append(bytes[start..<index])
                let isPair = byte == UInt8(ascii: "\r") && bytes[(index + 1)...].first == UInt8(ascii: "\n")
                index += isPair ? 1 : 0
                start = index + 1
            }
            index += 1
        }
        lines.append(bytes[start...])
        return lines
    }

    private static func oneLine(_ text: String) -> String? {
        let words = text.unicodeScalars.split { $0.properties.isWhitespace || $0 == "\0" }
        guard !words.isEmpty else { return nil }
        return words.map { String($0) }.joined(separator: " ")
    }
}
