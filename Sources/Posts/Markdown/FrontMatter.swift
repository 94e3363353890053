/// What stands before a Markdown text for the program that makes a site of it: YAML between `---`, TOML between `+++`.
package struct FrontMatter {
    /// How many lines it takes, its marks included.
    package let lineCount: Int
    /// Its title, if it has one that is a text or a number.
    package let title: String?

    private typealias Line = ArraySlice<UInt8>

    private static let mostWords = 4

    /// Looks at a text's beginning.
    ///
    /// - Parameter lines: the text's lines; nil if no front matter stands there, a line of `---` being a rule then.
    package init?(_ lines: [ArraySlice<UInt8>]) {
        guard let first = lines.first.map(Self.text), first == "---" || first == "+++" else { return nil }
        let ends = first == "---" ? ["---", "..."] : ["+++"]
        guard let end = lines.dropFirst().firstIndex(where: { ends.contains(Self.text($0)) }) else { return nil }
        let inner = lines[1..<end].map { String(decoding: $0, as: UTF8.self) }
        let separator: Character = first == "---" ? ":" : "="
        // What only stands between two rules has no keys, or lines that are no settings.
        guard inner.contains(where: { Self.key($0, separator).map { !$0.name.contains(" ") } ?? false }),
            // In Markdown `+++` means nothing else; YAML's marks do.
            first == "+++" || inner.allSatisfy({ Self.isSetting($0, separator) })
        else { return nil }
        self.lineCount = end + 1
        self.title = first == "---" ? Self.yamlTitle(inner) : Self.tomlTitle(inner)
    }

    private static func text(_ line: Line) -> String {
        var line = line
        while let last = line.last, last == 0x20 || last == 0x09 { line.removeLast() }
        return line.count > 3 ? "" : String(decoding: line, as: UTF8.self)
    }

    private static func isSetting(_ line: String, _ separator: Character) -> Bool {
        guard let first = line.first, !first.isWhitespace else { return true }
        return "#-[]{}\"'".contains(first) || key(line, separator) != nil
    }

    /// The key that a line begins with, in lower case, and what follows the separator.
    private static func key(_ line: String, _ separator: Character) -> (name: String, value: Substring)? {
        guard let first = line.first, !first.isWhitespace, let mark = line.firstIndex(of: separator) else { return nil }
        let value = line[line.index(after: mark)...]
        if separator == ":", let next = value.first, !next.isWhitespace { return nil }
        var name = line[..<mark]
        while name.last?.isWhitespace == true { name.removeLast() }
        if let quote = name.first, quote == "\"" || quote == "'", name.count > 1, name.last == quote {
            name = name.dropFirst().dropLast()
        }
        // In YAML a key may have several words; more than a few are a sentence.
        let marks = separator == ":" ? "_-./ %+()" : "_-."
        guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || marks.contains($0) }),
            name.count(where: { $0 == " " }) < mostWords
        else { return nil }
        return (name.lowercased(), value)
    }

    // MARK: YAML 1.2

    private static func yamlTitle(_ lines: [String]) -> String? {
        guard let index = lines.firstIndex(where: { key($0, ":")?.name == "title" }),
            let value = key(lines[index], ":")?.value
        else { return nil }
        let below = lines[(index + 1)...].prefix { $0.isEmpty || $0.first?.isWhitespace == true }
        let first = value.drop { $0.isWhitespace }
        switch first.first {
        case ">", "|": return below.joined(separator: "\n")
        case "\"", "'":
            return quoted(([String(first)] + below).joined(separator: "\n"))
        case "[", "{", "&", "*", "!": return nil
        default:
            let text = ([String(first)] + below).map(withoutComment).joined(separator: "\n")
            return ["", "~", "null"].contains(text.lowercased().filter { !$0.isWhitespace }) ? nil : text
        }
    }

    /// A number sign after a space, or at the beginning.
    private static func withoutComment(_ text: String) -> String {
        var before: Character = " "
        for index in text.indices {
            if text[index] == "#", before.isWhitespace { return String(text[..<index]) }
            before = text[index]
        }
        return text
    }

    /// A text between quotes of either kind, in YAML or TOML; whatever stands after it is left out.
    private static func quoted(_ text: String) -> String? {
        guard let quote = text.first else { return nil }
        var inner = ""
        var rest = text.dropFirst()
        while let character = rest.popFirst() {
            if character == quote {
                // In YAML two single quotes are one.
                guard quote == "'", rest.first == "'" else { return inner }
                rest.removeFirst()
                inner.append("'")
            } else if character == "\\", quote == "\"" {
                inner += escaped(&rest)
            } else {
                inner.append(character)
            }
        }
        return nil
    }

    private static func escaped(_ rest: inout Substring) -> String {
        guard let mark = rest.popFirst() else { return "" }
        let lengths: [Character: Int] = ["x": 2, "u": 4, "U": 8]
        if let length = lengths[mark] {
            let digits = rest.prefix(length)
            rest = rest.dropFirst(length)
            return UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init).map { String($0) } ?? "\u{FFFD}"
        }
        return ["n", "t", "r", "\n"].contains(mark) ? " " : String(mark)
    }

    // MARK: TOML 1.0

    private static func tomlTitle(_ lines: [String]) -> String? {
        // Below the first table a title is the table's.
        for line in lines.prefix(while: { $0.first != "[" }) {
            guard let (name, value) = key(line, "="), name == "title" else { continue }
            let text = value.drop { $0.isWhitespace }
            guard let first = text.first, "\"'".contains(first) else { return nil }
            return text.hasPrefix("\"\"\"") || text.hasPrefix("'''") ? nil : quoted(String(text))
        }
        return nil
    }
}
