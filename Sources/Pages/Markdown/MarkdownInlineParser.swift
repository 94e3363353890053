/// Reads running text: emphasis, code, links, images, breaks.
///
/// Linear in the text: every look ahead ends where the next one may begin, and at most ``deepest`` things are open.
struct MarkdownInlineParser {
    /// How many emphases and brackets may be open at once; further ones are text.
    static let deepest = 24
    /// How many marks may stand side by side; more are text.
    private static let longestRun = 6

    /// Something that was opened and waits for its end.
    private struct Frame {
        enum Kind: Hashable {
            case root
            case delimiter(UInt8)
            case bracket(isImage: Bool)
        }
        var kind: Kind
        var count = 0
        var children: [MarkdownInline] = []

        /// What it was before anybody knew that it has no end.
        var literal: String {
            switch kind {
            case .root: ""
            case .delimiter(let byte): String(repeating: Character(Unicode.Scalar(byte)), count: count)
            case .bracket(let isImage): isImage ? "![" : "["
            }
        }
    }

    private let bytes: [UInt8]
    private var position = 0
    private var plain: [UInt8] = []
    private var frames = [Frame(kind: .root)]
    /// Where runs of backticks begin, by their length, in order.
    private var backticks: [Int: ArraySlice<Int>] = [:]

    private init(_ text: [UInt8]) {
        self.bytes = text
        var index = 0
        while index < bytes.count {
            let length = Self.run(of: UInt8(ascii: "`"), in: bytes, at: index)
            if length > 0 { backticks[length, default: []].append(index) }
            index += max(1, length)
        }
    }

    /// Reads a text.
    ///
    /// - Parameter text: UTF-8, lines with `\n` between them.
    /// - Returns: what it is made of.
    static func inlines(_ text: [UInt8]) -> [MarkdownInline] {
        var parser = MarkdownInlineParser(text)
        while parser.position < parser.bytes.count { parser.step() }
        parser.flush()
        parser.collapse(above: 0)
        return parser.frames[0].children
    }

    private mutating func step() {
        switch bytes[position] {
        case UInt8(ascii: "\\"): escape()
        case UInt8(ascii: "`"): code()
        case UInt8(ascii: "*"), UInt8(ascii: "_"), UInt8(ascii: "~"): delimiters()
        case UInt8(ascii: "["): open(.bracket(isImage: false), literal: 1)
        case UInt8(ascii: "!") where byte(at: position + 1) == UInt8(ascii: "["):
            open(.bracket(isImage: true), literal: 2)
        case UInt8(ascii: "]"): closeBracket()
        case UInt8(ascii: "<"): angledLink()
        case UInt8(ascii: "h") where startsBareLink(): bareLink()
        case UInt8(ascii: "\n"): lineEnd()
        case let byte:
            plain.append(byte)
            position += 1
        }
    }

    // MARK: Text

    private func byte(at index: Int) -> UInt8? { bytes.indices.contains(index) ? bytes[index] : nil }

    private static func run(of byte: UInt8, in bytes: [UInt8], at start: Int) -> Int {
        var end = start
        while end < bytes.count, bytes[end] == byte { end += 1 }
        return end - start
    }

    private func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    private mutating func flush() {
        guard !plain.isEmpty else { return }
        append(.text(String(decoding: plain, as: UTF8.self)))
        plain = []
    }

    private mutating func append(_ inline: MarkdownInline) { frames[frames.count - 1].children.append(inline) }

    private mutating func escape() {
        if let next = byte(at: position + 1), next == UInt8(ascii: "\n") {
            flush()
            append(.lineBreak)
            position += 2
        } else if let next = byte(at: position + 1), Self.isPunctuation(next) {
            plain.append(next)
            position += 2
        } else {
            plain.append(bytes[position])
            position += 1
        }
    }

    private mutating func lineEnd() {
        var spaces = 0
        while plain.last == UInt8(ascii: " ") {
            plain.removeLast()
            spaces += 1
        }
        flush()
        append(spaces >= 2 ? .lineBreak : .text("\n"))
        position += 1
        while byte(at: position) == UInt8(ascii: " ") { position += 1 }
    }

    private mutating func code() {
        let length = Self.run(of: UInt8(ascii: "`"), in: bytes, at: position)
        let start = position + length
        var ends = backticks[length] ?? []
        while let end = ends.first, end < start { ends.removeFirst() }
        backticks[length] = ends
        guard let end = ends.first else {
            plain += bytes[position..<start]
            position = start
            return
        }
        flush()
        var text = bytes[start..<end]
        if text.count > 2, text.first.map(Self.isBreak) ?? false, text.last.map(Self.isBreak) ?? false {
            text = text.dropFirst().dropLast()
        }
        append(.code(String(decoding: text.map { $0 == UInt8(ascii: "\n") ? UInt8(ascii: " ") : $0 }, as: UTF8.self)))
        position = end + length
    }

    // MARK: Emphasis

    private mutating func delimiters() {
        let mark = bytes[position]
        let length = Self.run(of: mark, in: bytes, at: position)
        let (before, after) = (byte(at: position - 1), byte(at: position + length))
        position += length
        let isUsable = mark == UInt8(ascii: "~") ? length == 2 : length <= Self.longestRun
        let isSpaceBefore = before.map(Self.isSpace) ?? true
        let isSpaceAfter = after.map(Self.isSpace) ?? true
        let isPunctuationBefore = before.map(Self.isPunctuation) ?? true
        let isPunctuationAfter = after.map(Self.isPunctuation) ?? true
        var mayOpen = isUsable && !isSpaceAfter && (!isPunctuationAfter || isSpaceBefore || isPunctuationBefore)
        var mayClose = isUsable && !isSpaceBefore && (!isPunctuationBefore || isSpaceAfter || isPunctuationAfter)
        if mark == UInt8(ascii: "_") {  // not in the middle of a word
            (mayOpen, mayClose) = (
                mayOpen && (!mayClose || isPunctuationBefore), mayClose && (!mayOpen || isPunctuationAfter)
            )
        }
        var left = length
        if mayClose { left = close(mark, left) }
        guard left > 0 else { return }
        flush()
        if mayOpen, frames.count < Self.deepest {
            frames.append(Frame(kind: .delimiter(mark), count: left))
        } else {
            plain += repeatElement(mark, count: left)
        }
    }

    /// Closes what is open with this mark; gives the number of marks that are left.
    private mutating func close(_ mark: UInt8, _ length: Int) -> Int {
        var left = length
        while left > 0, let index = opener(.delimiter(mark)) {
            flush()
            collapse(above: index)
            let used = min(2, left, frames[index].count)
            let inner = frames[index].children
            let node: MarkdownInline =
                mark == UInt8(ascii: "~") ? .deleted(inner) : used == 2 ? .strong(inner) : .emphasis(inner)
            left -= used
            frames[index].count -= used
            if frames[index].count == 0 {
                frames.removeLast()
                append(node)
            } else {
                frames[index].children = [node]
            }
        }
        return left
    }

    /// The innermost frame of a kind, if no bracket stands before it.
    private func opener(_ kind: Frame.Kind) -> Int? {
        for index in frames.indices.reversed() {
            if frames[index].kind == kind {
                let isEmpty = index == frames.count - 1 && frames[index].children.isEmpty && plain.isEmpty
                return isEmpty ? nil : index
            }
            if case .bracket = frames[index].kind { return nil }
        }
        return nil
    }

    /// Whatever is open above a frame has no end, and is text.
    private mutating func collapse(above index: Int) {
        // A copy: a slice would share the frames, and each change of one copy all of its children.
        let open = Array(frames[(index + 1)...])
        frames.removeLast(open.count)
        for frame in open {
            frames[index].children.append(.text(frame.literal))
            frames[index].children += frame.children
        }
    }

    // MARK: Links

    private mutating func open(_ kind: Frame.Kind, literal length: Int) {
        if frames.count < Self.deepest {
            flush()
            frames.append(Frame(kind: kind))
        } else {
            plain += bytes[position..<position + length]
        }
        position += length
    }

    private mutating func closeBracket() {
        let index = frames.lastIndex { if case .bracket = $0.kind { true } else { false } }
        guard let index, case .bracket(let isImage) = frames[index].kind else {
            plain.append(bytes[position])
            position += 1
            return
        }
        flush()
        collapse(above: index)
        let isInLink = frames[..<index].contains { $0.kind == .bracket(isImage: false) }
        guard let (destination, end) = destination(at: position + 1), isImage || !isInLink else {
            collapse(above: index - 1)
            plain.append(bytes[position])
            position += 1
            return
        }
        let inner = frames.removeLast().children
        append(
            isImage
                ? .image(source: destination, alternative: inner.plainText)
                : .link(destination: destination, inner)
        )
        position = end
    }

    /// `(url)`, `(<url>)` or `(url "title")`; never past the next `]`, which is where the next look begins.
    private func destination(at start: Int) -> (String, end: Int)? {
        guard byte(at: start) == UInt8(ascii: "(") else { return nil }
        var index = start + 1
        var depth = 0
        while let byte = byte(at: index), byte != UInt8(ascii: "]"), !Self.isSpace(byte) {
            if byte == UInt8(ascii: "(") { depth += 1 }
            if byte == UInt8(ascii: ")") {
                if depth == 0 { break }
                depth -= 1
            }
            index += 1
        }
        var url = bytes[(start + 1)..<index]
        if url.first == UInt8(ascii: "<"), url.last == UInt8(ascii: ">") { url = url.dropFirst().dropLast() }
        if byte(at: index) == UInt8(ascii: " ") { index = endOfTitle(at: index) ?? index }
        guard byte(at: index) == UInt8(ascii: ")"), !url.isEmpty else { return nil }
        return (String(decoding: url, as: UTF8.self), index + 1)
    }

    private func endOfTitle(at start: Int) -> Int? {
        var index = start
        while byte(at: index) == UInt8(ascii: " ") { index += 1 }
        guard byte(at: index) == UInt8(ascii: "\"") else { return nil }
        index += 1
        while let byte = byte(at: index), byte != UInt8(ascii: "\"") {
            guard byte != UInt8(ascii: "]"), byte != UInt8(ascii: "\n") else { return nil }
            index += 1
        }
        return index + 1
    }

    /// `<https://…>`.
    private mutating func angledLink() {
        var end = position + 1
        while let byte = byte(at: end), byte != UInt8(ascii: ">"), byte != UInt8(ascii: "<"), !Self.isSpace(byte) {
            end += 1
        }
        let text = string(position + 1..<end)
        guard byte(at: end) == UInt8(ascii: ">"), LinkPolicy.isAllowed(text), !isInLink else {
            plain.append(bytes[position])
            position += 1
            return
        }
        flush()
        append(.link(destination: text, [.text(text)]))
        position = end + 1
    }

    private var isInLink: Bool { frames.contains { if case .bracket = $0.kind { true } else { false } } }

    private static let schemes = [Array("https://".utf8), Array("http://".utf8)]

    private func startsBareLink() -> Bool {
        if let before = byte(at: position - 1), Self.isWordByte(before) { return false }
        return !isInLink && Self.schemes.contains { bytes[position...].starts(with: $0) }
    }

    /// `https://…` in running text, without the punctuation after it.
    private mutating func bareLink() {
        var end = position
        while let byte = byte(at: end), !Self.isSpace(byte), !Self.endsBareLink.contains(byte), byte < 0x80 { end += 1 }
        while end > position, Self.trailing.contains(bytes[end - 1]) { end -= 1 }
        let text = string(position..<end)
        if LinkPolicy.isAllowed(text) {
            flush()
            append(.link(destination: text, [.text(text)]))
        } else {
            plain += text.utf8
        }
        position = end
    }

    private static let endsBareLink = Array("<>\"`[]*|\\".utf8)
    private static let trailing = Array(".,;:!?)'_~".utf8)

    private static func isBreak(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func isWordByte(_ byte: UInt8) -> Bool { byte >= 0x80 || !isSpace(byte) && !isPunctuation(byte) }

    static func isPunctuation(_ byte: UInt8) -> Bool {
        (0x21...0x2F).contains(byte) || (0x3A...0x40).contains(byte) || (0x5B...0x60).contains(byte)
            || (0x7B...0x7E).contains(byte)
    }
}
