/// What stands before a text for the program that makes a site of it, YAML between `---` or TOML between `+++`: readers
/// are not shown it.
enum MarkdownFrontMatter {
    /// The lines without it.
    ///
    /// - Parameter lines: a text's lines.
    /// - Returns: all of them where no front matter begins the text: a line of `---` is a rule then.
    static func skipped(_ lines: [ArraySlice<UInt8>]) -> ArraySlice<ArraySlice<UInt8>> {
        guard let first = lines.first.map(text), first == yaml || first == toml else { return lines[...] }
        let separator = first == yaml ? UInt8(ascii: ":") : UInt8(ascii: "=")
        var hasKey = false
        for (index, line) in lines.enumerated().dropFirst() {
            let text = text(line)
            if text == first || first == yaml && text == otherEnd { return hasKey ? lines[(index + 1)...] : lines[...] }
            let isKey = isKey(text, separator)
            guard isKey || mayStandBetweenKeys(text) else { return lines[...] }
            hasKey = hasKey || isKey
        }
        return lines[...]
    }

    private static let (yaml, toml, otherEnd) = (Array("---".utf8)[...], Array("+++".utf8)[...], Array("...".utf8)[...])

    private static func text(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var line = line
        while line.last == UInt8(ascii: " ") { line.removeLast() }
        return line
    }

    /// A word, and the separator after them.
    private static func isKey(_ line: ArraySlice<UInt8>, _ separator: UInt8) -> Bool {
        guard let mark = line.firstIndex(of: separator), mark > line.startIndex, line.first != UInt8(ascii: " ") else {
            return false
        }
        let isSetting =
            separator == UInt8(ascii: "=") || mark + 1 == line.endIndex || line[mark + 1] == UInt8(ascii: " ")
        return isSetting
            && line[..<mark]
                .allSatisfy { $0 >= 0x80 || !MarkdownInlineParser.isPunctuation($0) || "_-.\"' ".utf8.contains($0) }
            && text(line[..<mark]).count { $0 == UInt8(ascii: " ") } == 0
    }

    /// Comments, lists, tables, and what goes on from the line above.
    private static func mayStandBetweenKeys(_ line: ArraySlice<UInt8>) -> Bool {
        guard let first = line.first else { return true }
        return " #-[]{}\"'".utf8.contains(first)
    }
}
