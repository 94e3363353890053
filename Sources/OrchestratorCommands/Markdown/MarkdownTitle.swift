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
        let body = lines[(frontMatter?.lineCount ?? 0)...]
        var headings = MarkdownHeadings()
        // Looked for once, however many headings have no words in them.
        var labels: Set<String>?
        for line in body {
            guard let heading = headings.next(line) else { continue }
            if labels == nil, heading.contains(UInt8(ascii: "[")) {
                labels = Set(body.compactMap(MarkdownPlainText.definedLabel))
            }
            if let title = oneLine(MarkdownPlainText.of(heading, labels: labels ?? [])) { return title }
        }
        return nil
    }

    /// The lines as bytes, whatever ends them, without the ends.
    private static func lines(of text: String) -> [ArraySlice<UInt8>] {
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
