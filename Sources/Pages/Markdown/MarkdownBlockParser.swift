import Posts

/// Reads Markdown: a small part of it, bounded in nesting, linear in the text.
package enum MarkdownParser {
    /// How many quotes and lists may stand in one another; deeper ones are text.
    static let deepest = 8

    /// Reads a text.
    ///
    /// - Parameters:
    ///   - text: the text; anything is one.
    ///   - omitted: the numbers of lines that are left out.
    /// - Returns: its blocks. Front matter is not for readers, and has none.
    package static func blocks(_ text: String, omitting omitted: Range<Int>? = nil) -> [MarkdownBlock] {
        let lines = cleaned(text).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let first = FrontMatter(lines)?.lineCount ?? 0
        let shown = lines.indices.dropFirst(first).map { omitted?.contains($0) ?? false ? [] : Array(lines[$0]) }
        return MarkdownBlockParser(lines: shown, depth: 0).parsed()
    }

    /// One kind of line end, no tabs, no byte order mark, and a sign for what cannot be shown.
    private static func cleaned(_ text: String) -> [UInt8] {
        var clean: [UInt8] = []
        clean.reserveCapacity(text.utf8.count)
        var wasReturn = false
        for byte in text.utf8.dropFirst(text.unicodeScalars.first == "\u{FEFF}" ? 3 : 0) {
            switch byte {
            case UInt8(ascii: "\n") where wasReturn: break
            case UInt8(ascii: "\r"): clean.append(UInt8(ascii: "\n"))
            case UInt8(ascii: "\t"): clean += "    ".utf8
            case 0: clean += "\u{FFFD}".utf8
            default: clean.append(byte)
            }
            wasReturn = byte == UInt8(ascii: "\r")
        }
        return clean
    }
}

/// The lines of one container.
struct MarkdownBlockParser {
    typealias Line = [UInt8]

    let lines: [Line]
    let depth: Int
    private var index = 0
    private var blocks: [MarkdownBlock] = []
    private var paragraph: [Line] = []

    init(lines: [Line], depth: Int) {
        self.lines = lines
        self.depth = depth
    }

    func parsed() -> [MarkdownBlock] {
        var parser = self
        while parser.index < parser.lines.count { parser.step() }
        parser.endParagraph()
        return parser.blocks
    }

    private mutating func step() {
        let line = MarkdownLine(lines[index])
        if line.isBlank {
            endParagraph()
            index += 1
        } else if line.indent >= 4, paragraph.isEmpty {
            indentedCode()
        } else if let fence = line.fence {
            endParagraph()
            fencedCode(fence, indent: line.indent)
        } else if let (level, text) = line.heading {
            endParagraph()
            blocks.append(.heading(level: level, Self.inlines(text)))
            index += 1
        } else if let level = line.underline, !paragraph.isEmpty {
            blocks.append(.heading(level: level, takenParagraph()))
            index += 1
        } else if line.isRule {
            endParagraph()
            blocks.append(.rule)
            index += 1
        } else if line.isQuote, depth < MarkdownParser.deepest {
            endParagraph()
            quote()
        } else if let marker = line.marker, depth < MarkdownParser.deepest, paragraph.isEmpty || marker.mayInterrupt {
            endParagraph()
            list(marker)
        } else if paragraph.isEmpty, isTable() {
            table()
        } else {
            paragraph.append(line.trimmed)
            index += 1
        }
    }

    private static func inlines(_ line: Line) -> [MarkdownInline] {
        MarkdownInlineParser.inlines(line)
    }

    private mutating func takenParagraph() -> [MarkdownInline] {
        var text = Line(paragraph.joined(separator: [UInt8(ascii: "\n")]))
        while text.last == UInt8(ascii: " ") { text.removeLast() }
        paragraph = []
        return Self.inlines(text)
    }

    private mutating func endParagraph() {
        guard !paragraph.isEmpty else { return }
        blocks.append(.paragraph(takenParagraph()))
    }

    private mutating func code(_ code: [Line], language: String?) {
        let text = code.map { String(decoding: $0, as: UTF8.self) + "\n" }.joined()
        blocks.append(.code(language: language, text))
    }

    private mutating func indentedCode() {
        var code: [Line] = []
        while index < lines.count {
            let line = MarkdownLine(lines[index])
            guard line.isBlank || line.indent >= 4 else { break }
            code.append(Line(lines[index].dropFirst(4)))
            index += 1
        }
        while code.last?.allSatisfy({ $0 == UInt8(ascii: " ") }) ?? false { code.removeLast() }
        self.code(code, language: nil)
    }

    private mutating func fencedCode(_ fence: MarkdownLine.Fence, indent: Int) {
        var code: [Line] = []
        index += 1
        while index < lines.count {
            let line = MarkdownLine(lines[index])
            index += 1
            if line.closes(fence) { break }
            code.append(Line(line.bytes.dropFirst(min(indent, line.indent))))
        }
        self.code(code, language: fence.language)
    }

    private mutating func quote() {
        var inner: [Line] = []
        while index < lines.count, let line = MarkdownLine(lines[index]).quoted {
            inner.append(line)
            index += 1
        }
        blocks.append(.quote(MarkdownBlockParser(lines: inner, depth: depth + 1).parsed()))
    }

    /// Items of one kind of marker; a line belongs to one if it is indented as its text, or goes on a paragraph.
    private mutating func list(_ first: MarkdownLine.Marker) {
        var items: [[Line]] = []
        var isTight = true
        var wasBlank = false
        var width = first.width
        while index < lines.count {
            let line = MarkdownLine(lines[index])
            if line.isBlank {
                wasBlank = true
                items[items.count - 1].append([])
            } else if let marker = line.marker, marker.continues(first), items.isEmpty || line.indent < width {
                if wasBlank { isTight = false }
                (wasBlank, width) = (false, marker.width)
                items.append([Line(line.bytes.dropFirst(marker.width))])
            } else if line.indent >= width {
                if wasBlank { isTight = false }
                wasBlank = false
                items[items.count - 1].append(Line(line.bytes.dropFirst(width)))
            } else if !wasBlank, !line.startsBlock {
                items[items.count - 1].append(line.trimmed)
            } else {
                break
            }
            index += 1
        }
        let parsed = items.map { MarkdownBlockParser(lines: $0, depth: depth + 1).parsed() }
        blocks.append(.list(start: first.number, isTight: isTight, parsed))
    }

    // MARK: Tables

    private static let mostColumns = 100

    /// A heading, and a delimiter row of as many cells below it (GitHub Flavored Markdown, 4.10).
    private func isTable() -> Bool {
        guard index + 1 < lines.count, lines[index].contains(UInt8(ascii: "|")),
            lines[index + 1].contains(UInt8(ascii: "|")),
            lines[index + 1].allSatisfy({ " |:-".utf8.contains($0) })
        else { return false }
        let delimiters = MarkdownLine(lines[index + 1]).cells
        return delimiters.count <= Self.mostColumns && delimiters.allSatisfy(Self.isDelimiter)
            && delimiters.count == MarkdownLine(lines[index]).cells.count
    }

    private static func isDelimiter(_ cell: Line) -> Bool {
        var dashes = cell[...]
        if dashes.first == UInt8(ascii: ":") { dashes.removeFirst() }
        if dashes.last == UInt8(ascii: ":") { dashes.removeLast() }
        return !dashes.isEmpty && dashes.allSatisfy { $0 == UInt8(ascii: "-") }
    }

    private mutating func table() {
        let heading = MarkdownLine(lines[index]).cells
        var rows = [heading.map(Self.inlines)]
        index += 2
        while index < lines.count {
            let line = MarkdownLine(lines[index])
            guard !line.isBlank, line.bytes.contains(UInt8(ascii: "|")) else { break }
            // Cells that the heading has not are left out. Those that are missing stay so: filled up, a few bytes of
            // text would become as many cells as columns times rows.
            rows.append(line.cells.prefix(heading.count).map(Self.inlines))
            index += 1
        }
        blocks.append(.table(rows))
    }
}
