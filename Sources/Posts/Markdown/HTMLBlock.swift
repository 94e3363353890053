/// A block of HTML in Markdown, in which nothing is Markdown (CommonMark 0.31.2, section 4.6).
struct HTMLBlock: Hashable {
    private enum End: Hashable {
        case blankLine
        case line(with: [String])
    }

    private let end: End

    private static let blocks: Set<String> = [
        "address", "article", "aside", "base", "basefont", "blockquote", "body", "caption", "center", "col", "colgroup",
        "dd", "details", "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form",
        "frame", "frameset", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hr", "html", "iframe", "legend",
        "li", "link", "main", "menu", "menuitem", "nav", "noframes", "ol", "optgroup", "option", "p", "param", "search",
        "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "title", "tr", "track", "ul",
    ]

    /// Looks at a line.
    ///
    /// - Parameters:
    ///   - line: the line, without its indentation; nil if no such block begins in it.
    ///   - isInParagraph: whether a paragraph is open, which not every tag may end.
    init?(_ line: ArraySlice<UInt8>, isInParagraph: Bool) {
        guard line.first == UInt8(ascii: "<") else { return nil }
        let text = String(decoding: line, as: UTF8.self)
        let lower = text.prefix(16).lowercased()
        let name = lower.dropFirst().drop { $0 == "/" }.prefix { $0.isLetter || $0.isNumber }
        let after = lower.dropFirst(lower.hasPrefix("</") ? 2 + name.count : 1 + name.count).first
        let isNameEnded = after == nil || after == " " || after == ">" || after == "\t"
        let isRaw = ["script", "pre", "style", "textarea"].contains(name)
        if isRaw, isNameEnded, !lower.hasPrefix("</") {
            end = .line(with: ["</script>", "</pre>", "</style>", "</textarea>"])
        } else if lower.hasPrefix("<!--") {
            end = .line(with: ["-->"])
        } else if lower.hasPrefix("<?") {
            end = .line(with: ["?>"])
        } else if lower.hasPrefix("<![cdata[") {
            end = .line(with: ["]]>"])
        } else if lower.hasPrefix("<!"), lower.dropFirst(2).first?.isLetter == true {
            end = .line(with: [">"])
        } else if Self.blocks.contains(String(name)), isNameEnded || after == "/" {
            end = .blankLine
        } else if !isInParagraph, !isRaw, let length = MarkdownPlainText.tagLength(line),
            line.dropFirst(length).allSatisfy({ $0 == 0x20 })
        {
            end = .blankLine
        } else {
            return nil
        }
    }

    /// Whether the block ends with a line, which may be its first.
    ///
    /// - Parameter line: the line.
    /// - Returns: whether the next line is no longer in it.
    func ends(with line: ArraySlice<UInt8>) -> Bool {
        switch end {
        case .blankLine: return line.allSatisfy { $0 == 0x20 }
        case .line(let marks):
            let text = String(decoding: line, as: UTF8.self).lowercased()
            return marks.contains { text.contains($0) }
        }
    }
}
