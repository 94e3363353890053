/// A heading's text as a reader sees it: without the marks of emphasis, links, code and HTML (CommonMark 0.31.2, chapter 6).
struct MarkdownPlainText {
    typealias Line = ArraySlice<UInt8>

    /// Marks of emphasis, some of which may be used up.
    private struct Delimiters {
        let mark: UInt8
        let length: Int
        var count: Int
        let mayOpen: Bool
        let mayClose: Bool
    }

    private enum Piece {
        case text([UInt8])
        case delimiters(Delimiters)
        /// A bracket that may begin a link or an image.
        case bracket(isImage: Bool, isActive: Bool, start: Int)
    }

    /// A longer heading is too long for a title, with or without its marks.
    private static let longest = 4 << 10
    private static let longestLabel = 999

    private let bytes: [UInt8]
    private let labels: Set<String>
    private var pieces: [Piece] = []
    private var position = 0
    /// Runs of so many backticks have no more ends.
    private var endless: Set<Int> = []

    private init(_ bytes: [UInt8], _ labels: Set<String>) {
        self.bytes = bytes
        self.labels = labels
    }

    /// Makes plain text of a heading.
    ///
    /// - Parameters:
    ///   - heading: what stands between the heading's marks, several lines maybe.
    ///   - labels: the labels that the document defines links for.
    /// - Returns: the text.
    static func of(_ heading: [UInt8], labels: Set<String> = []) -> String {
        guard heading.count <= longest else { return String(decoding: heading, as: UTF8.self) }
        var parser = MarkdownPlainText(heading, labels)
        while parser.position < parser.bytes.count { parser.step() }
        parser.pairUp(above: 0)
        return parser.text
    }

    /// The label that a line defines a link for, as labels are compared (section 4.7); nil if it is no such line.
    ///
    /// - Parameter line: the line.
    /// - Returns: the label.
    static func definedLabel(_ line: Line) -> String? {
        let content = line.drop { $0 == 0x20 }
        guard content.startIndex - line.startIndex <= 3, content.first == UInt8(ascii: "["),
            let end = content.dropFirst().firstIndex(of: UInt8(ascii: "]")),
            content[(end + 1)...].first == UInt8(ascii: ":"), content[(end + 2)...].contains(where: { $0 != 0x20 })
        else { return nil }
        return label(content[(content.startIndex + 1)..<end])
    }

    private static func label(_ bytes: Line) -> String? {
        guard (1...longestLabel).contains(bytes.count), !bytes.contains(UInt8(ascii: "[")) else { return nil }
        let words = String(decoding: bytes, as: UTF8.self).lowercased().split { $0.isWhitespace }
        return words.isEmpty ? nil : words.joined(separator: " ")
    }

    private var text: String {
        var text: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .text(let bytes): text += bytes
            case .delimiters(let run): text += repeatElement(run.mark, count: run.count)
            case .bracket(let isImage, _, _): text += isImage ? Array("![".utf8) : Array("[".utf8)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private func byte(_ index: Int) -> UInt8? { bytes.indices.contains(index) ? bytes[index] : nil }

    private mutating func take(_ text: some Sequence<UInt8>, upTo end: Int) {
        pieces.append(.text(Array(text)))
        position = end
    }

    private mutating func step() {
        let byte = bytes[position]
        switch byte {
        case UInt8(ascii: "\\"):
            let isEscape = self.byte(position + 1).map { Self.isPunctuation($0) || $0 == 0x0A } ?? false
            take(isEscape ? [bytes[position + 1]] : [byte], upTo: position + (isEscape ? 2 : 1))
        case UInt8(ascii: "`"): code()
        case UInt8(ascii: "<"): angle()
        case UInt8(ascii: "&"):
            let (text, length) = MarkdownEntity.decode(bytes[position...]) ?? ("&", 1)
            take(text.utf8, upTo: position + length)
        case UInt8(ascii: "*"), UInt8(ascii: "_"), UInt8(ascii: "~"): delimiters(byte)
        case UInt8(ascii: "!") where self.byte(position + 1) == UInt8(ascii: "["):
            position += 2
            pieces.append(.bracket(isImage: true, isActive: true, start: position))
        case UInt8(ascii: "["):
            position += 1
            pieces.append(.bracket(isImage: false, isActive: true, start: position))
        case UInt8(ascii: "]"): closeBracket()
        default:
            let end = bytes[(position + 1)...].firstIndex { Self.special.contains($0) } ?? bytes.count
            take(bytes[position..<end], upTo: end)
        }
    }

    private static let special = Set("\\`<&*_~![]".utf8)

    // MARK: Code, HTML

    private mutating func code() {
        let length = bytes[position...].prefix { $0 == UInt8(ascii: "`") }.count
        let start = position + length
        var index = start
        while !endless.contains(length), index < bytes.count {
            guard bytes[index] == UInt8(ascii: "`") else {
                index += 1
                continue
            }
            let run = bytes[index...].prefix { $0 == UInt8(ascii: "`") }.count
            guard run == length else {
                index += run
                continue
            }
            var inner = bytes[start..<index].map { $0 == 0x0A ? 0x20 : $0 }[...]
            if inner.first == 0x20, inner.last == 0x20, inner.contains(where: { $0 != 0x20 }) {
                inner = inner.dropFirst().dropLast()
            }
            return take(inner, upTo: index + length)
        }
        endless.insert(length)
        take(bytes[position..<start], upTo: start)
    }

    private mutating func angle() {
        if let end = bytes[position...].firstIndex(of: UInt8(ascii: ">")) {
            let inner = bytes[(position + 1)..<end]
            if Self.isAddress(inner) { return take(inner, upTo: end + 1) }
        }
        guard let length = Self.htmlLength(bytes[position...]) else {
            return take([bytes[position]], upTo: position + 1)
        }
        position += length
    }

    /// `<https://…>` or `<name@host>` (section 6.5).
    private static func isAddress(_ inner: Line) -> Bool {
        guard !inner.contains(where: { $0 <= 0x20 || $0 == UInt8(ascii: "<") }) else { return false }
        let parts = inner.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        if parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty {
            let isName = parts[0].allSatisfy { isAlphanumeric($0) || ".!#$%&'*+/=?^_`{|}~-".utf8.contains($0) }
            let isHost = parts[1].allSatisfy { isAlphanumeric($0) || "-.".utf8.contains($0) }
            if isName, isHost { return true }
        }
        let scheme = inner.prefix { isAlphanumeric($0) || "+.-".utf8.contains($0) }
        return (2...32).contains(scheme.count) && isLetter(scheme.first) && inner.dropFirst(scheme.count).first == 0x3A
    }

    /// The length of the HTML that a text begins with, which is none of a heading's words (section 6.6).
    private static func htmlLength(_ text: Line) -> Int? {
        for (start, end) in [("<!-->", ""), ("<!--->", ""), ("<!--", "-->"), ("<?", "?>"), ("<![CDATA[", "]]>")]
        where text.starts(with: start.utf8) {
            if end.isEmpty { return start.utf8.count }
            return length(of: text, from: start.utf8.count, to: end)
        }
        if text.starts(with: "<!".utf8), isLetter(text.dropFirst(2).first) { return length(of: text, from: 2, to: ">") }
        return tagLength(text)
    }

    private static func length(of text: Line, from start: Int, to end: String) -> Int? {
        let mark = Array(end.utf8)
        var index = text.startIndex + start
        while index + mark.count <= text.endIndex {
            if text[index..<(index + mark.count)].elementsEqual(mark) { return index + mark.count - text.startIndex }
            index += 1
        }
        return nil
    }

    /// The length of the tag that a text begins with.
    ///
    /// - Parameter text: the text.
    /// - Returns: nil if no whole tag is there.
    static func tagLength(_ text: Line) -> Int? {
        var rest = text.dropFirst()
        let isEnd = rest.first == UInt8(ascii: "/")
        if isEnd { rest = rest.dropFirst() }
        guard text.first == UInt8(ascii: "<"), isLetter(rest.first) else { return nil }
        rest = rest.drop { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
        while !isEnd, let after = attribute(rest) { rest = after }
        rest = rest.drop { isSpace($0) }
        if !isEnd, rest.first == UInt8(ascii: "/") { rest = rest.dropFirst() }
        return rest.first == UInt8(ascii: ">") ? rest.startIndex + 1 - text.startIndex : nil
    }

    /// What follows the attribute that a text begins with, spaces first.
    private static func attribute(_ text: Line) -> Line? {
        let name = text.drop { isSpace($0) }
        guard name.startIndex > text.startIndex, let first = name.first, isLetter(first) || "_:".utf8.contains(first)
        else { return nil }
        let after = name.drop { isAlphanumeric($0) || "_.:-".utf8.contains($0) }
        let mark = after.drop { isSpace($0) }
        guard mark.first == UInt8(ascii: "=") else { return after }
        let value = mark.dropFirst().drop { isSpace($0) }
        guard let quote = value.first else { return nil }
        if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            return value.dropFirst().firstIndex(of: quote).map { value[($0 + 1)...] }
        }
        let rest = value.drop { !isSpace($0) && !"\"'=<>`".utf8.contains($0) }
        return rest.startIndex > value.startIndex ? rest : nil
    }

    // MARK: Emphasis

    private mutating func delimiters(_ mark: UInt8) {
        let length = bytes[position...].prefix { $0 == mark }.count
        let before = Self.kind(String(decoding: bytes[..<position].suffix(4), as: UTF8.self).unicodeScalars.last)
        position += length
        let after = Self.kind(String(decoding: bytes[position...].prefix(4), as: UTF8.self).unicodeScalars.first)
        let isLeft = after != .space && (after == .word || before != .word)
        let isRight = before != .space && (before == .word || after != .word)
        let isUsable = mark != UInt8(ascii: "~") || length <= 2
        let isUnderscore = mark == UInt8(ascii: "_")
        pieces.append(
            .delimiters(
                Delimiters(
                    mark: mark,
                    length: length,
                    count: length,
                    mayOpen: isUsable && isLeft && (!isUnderscore || !isRight || before == .punctuation),
                    mayClose: isUsable && isRight && (!isUnderscore || !isLeft || after == .punctuation)
                )
            )
        )
    }

    /// What a character is to the marks beside it (section 6.2).
    private enum Kind { case space, punctuation, word }

    private static func kind(_ scalar: Unicode.Scalar?) -> Kind {
        guard let scalar, !scalar.properties.isWhitespace else { return .space }
        switch scalar.properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation, .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol:
            return .punctuation
        default: return .word
        }
    }

    /// Uses up the marks that belong together.
    ///
    /// - Parameter bottom: only those from this piece on.
    private mutating func pairUp(above bottom: Int) {
        // The openers that are not yet used up, innermost last.
        var openers: [Int] = []
        for index in bottom..<pieces.count {
            guard case .delimiters(var closer) = pieces[index] else { continue }
            while closer.mayClose, closer.count > 0,
                let place = openers.lastIndex(where: { matches(pieces[$0], closer) }),
                case .delimiters(var opener) = pieces[openers[place]]
            {
                let used = closer.mark == UInt8(ascii: "~") ? closer.count : min(2, opener.count, closer.count)
                opener.count -= used
                closer.count -= used
                pieces[openers[place]] = .delimiters(opener)
                // What stands between the two is paired by now, or never.
                openers.removeLast(openers.count - place - (opener.count > 0 ? 1 : 0))
            }
            pieces[index] = .delimiters(closer)
            if closer.mayOpen, closer.count > 0 { openers.append(index) }
        }
        for index in bottom..<pieces.count {
            // Settled: what is left of them is text.
            if case .delimiters(let run) = pieces[index] {
                pieces[index] = .text(Array(repeating: run.mark, count: run.count))
            }
        }
    }

    private func matches(_ piece: Piece, _ closer: Delimiters) -> Bool {
        guard case .delimiters(let opener) = piece, opener.mark == closer.mark else { return false }
        if closer.mark == UInt8(ascii: "~") { return opener.count == closer.count }
        // Rule 9: `*foo**bar*` is not two pairs.
        let isMixed = opener.mayClose || closer.mayOpen
        return !isMixed || (opener.length + closer.length) % 3 != 0
            || (opener.length % 3 == 0 && closer.length % 3 == 0)
    }

    // MARK: Links

    private mutating func closeBracket() {
        position += 1
        let found = pieces.lastIndex { if case .bracket = $0 { true } else { false } }
        guard let index = found, case .bracket(let isImage, let isActive, let start) = pieces[index] else {
            return take("]".utf8, upTo: position)
        }
        guard isActive, let end = target(start: start) else {
            pieces[index] = .text(Array(isImage ? "![".utf8 : "[".utf8))
            return take("]".utf8, upTo: position)
        }
        pieces[index] = .text([])
        pairUp(above: index)
        position = end
        guard !isImage else { return }
        // A link has no other in it.
        for outer in pieces.indices {
            if case .bracket(false, _, let start) = pieces[outer] {
                pieces[outer] = .bracket(isImage: false, isActive: false, start: start)
            }
        }
    }

    /// Where a link or image ends whose text has just ended; nil if it is none.
    private func target(start: Int) -> Int? {
        if byte(position) == UInt8(ascii: "("), let end = inlineTarget() { return end }
        let text = bytes[start..<(position - 1)]
        if byte(position) == UInt8(ascii: "["),
            let end = bytes[position...].firstIndex(of: UInt8(ascii: "]"))
        {
            let named = bytes[(position + 1)..<end]
            return Self.label(named.isEmpty ? text : named).map(labels.contains) == true ? end + 1 : nil
        }
        return Self.label(text).map(labels.contains) == true ? position : nil
    }

    /// `(destination "title")` (section 6.3).
    private func inlineTarget() -> Int? {
        var index = skipSpaces(position + 1)
        if byte(index) == UInt8(ascii: "<") {
            index += 1
            while let byte = byte(index), byte != UInt8(ascii: ">") {
                guard byte != 0x0A, byte != UInt8(ascii: "<") else { return nil }
                index += byte == UInt8(ascii: "\\") ? 2 : 1
            }
            index += 1
        } else {
            var depth = 0
            while let byte = byte(index), byte > 0x20 {
                if byte == UInt8(ascii: "(") { depth += 1 }
                if byte == UInt8(ascii: ")") {
                    if depth == 0 { break }
                    depth -= 1
                }
                index += byte == UInt8(ascii: "\\") && self.byte(index + 1).map(Self.isPunctuation) == true ? 2 : 1
            }
            guard depth == 0 else { return nil }
        }
        let afterSpaces = skipSpaces(index)
        if afterSpaces > index, let end = endOfTitle(at: afterSpaces) { index = end }
        index = skipSpaces(index)
        return byte(index) == UInt8(ascii: ")") ? index + 1 : nil
    }

    private func endOfTitle(at start: Int) -> Int? {
        let ends: [UInt8: UInt8] = [0x22: 0x22, 0x27: 0x27, 0x28: 0x29]
        guard let open = byte(start), let close = ends[open] else { return nil }
        var index = start + 1
        while let byte = byte(index) {
            if byte == close { return index + 1 }
            index += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }

    private func skipSpaces(_ start: Int) -> Int {
        var index = start
        while let byte = byte(index), Self.isSpace(byte) { index += 1 }
        return index
    }

    // MARK: Bytes

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func isLetter(_ byte: UInt8?) -> Bool {
        byte.map { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) } ?? false
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isPunctuation(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && !isAlphanumeric(byte)
    }
}
