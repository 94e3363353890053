/// What one line may begin.
struct MarkdownLine {
    /// The start of a block of code between fences.
    struct Fence: Hashable {
        var mark: UInt8
        var length: Int
        var language: String?
    }

    /// The start of an item.
    struct Marker: Hashable {
        /// `-`, `*`, `+`, or what follows a number.
        var mark: UInt8
        var number: Int?
        /// Where the item's text begins.
        var width: Int
        var isEmpty: Bool

        /// A list goes on with markers of the same kind.
        func continues(_ first: Marker) -> Bool { mark == first.mark && (number == nil) == (first.number == nil) }

        /// A sentence may end with a number and a point at a line's start.
        var mayInterrupt: Bool { !isEmpty && (number == nil || number == 1) }
    }

    let bytes: [UInt8]
    let indent: Int
    private let rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        self.rest = bytes.drop { $0 == UInt8(ascii: " ") }
        self.indent = rest.startIndex
    }

    var isBlank: Bool { rest.isEmpty }

    /// Without its indentation; spaces at its end say something.
    var trimmed: [UInt8] { Array(rest) }

    private func length(of mark: UInt8) -> Int { rest.prefix { $0 == mark }.count }

    var fence: Fence? {
        guard indent < 4, let mark = rest.first, mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~") else {
            return nil
        }
        let length = length(of: mark)
        let info = rest.dropFirst(length)
        guard length >= 3, mark != UInt8(ascii: "`") || !info.contains(mark) else { return nil }
        let word = info.drop { $0 == UInt8(ascii: " ") }.prefix { $0 != UInt8(ascii: " ") }
        return Fence(mark: mark, length: length, language: word.isEmpty ? nil : String(decoding: word, as: UTF8.self))
    }

    func closes(_ fence: Fence) -> Bool {
        let length = length(of: fence.mark)
        return indent < 4 && length >= fence.length
            && rest.dropFirst(length).allSatisfy { $0 == UInt8(ascii: " ") }
    }

    var heading: (level: Int, text: [UInt8])? {
        let level = length(of: UInt8(ascii: "#"))
        guard indent < 4, (1...6).contains(level) else { return nil }
        var text = rest.dropFirst(level)
        guard text.first == nil || text.first == UInt8(ascii: " ") else { return nil }
        while text.last == UInt8(ascii: " ") { text.removeLast() }
        var bare = text
        while bare.last == UInt8(ascii: "#") { bare.removeLast() }
        if bare.isEmpty || bare.last == UInt8(ascii: " ") { text = bare }
        text = text.drop { $0 == UInt8(ascii: " ") }
        while text.last == UInt8(ascii: " ") { text.removeLast() }
        return (level, Array(text))
    }

    /// A line of `=` or `-` below a paragraph makes a heading of it.
    var underline: Int? {
        guard indent < 4, let mark = rest.first, mark == UInt8(ascii: "=") || mark == UInt8(ascii: "-"),
            rest.drop(while: { $0 == mark }).allSatisfy({ $0 == UInt8(ascii: " ") })
        else { return nil }
        return mark == UInt8(ascii: "=") ? 1 : 2
    }

    var isRule: Bool {
        guard indent < 4, let mark = rest.first, "*-_".utf8.contains(mark) else { return false }
        return rest.allSatisfy { $0 == mark || $0 == UInt8(ascii: " ") } && rest.count { $0 == mark } >= 3
    }

    var isQuote: Bool { indent < 4 && rest.first == UInt8(ascii: ">") }

    /// The line without its `>`, if it has one.
    var quoted: [UInt8]? {
        guard isQuote else { return nil }
        let inner = rest.dropFirst()
        return Array(inner.first == UInt8(ascii: " ") ? inner.dropFirst() : inner)
    }

    var marker: Marker? {
        guard indent < 4, !isRule, let first = rest.first else { return nil }
        var digits = 0
        var number: Int?
        if !"-*+".utf8.contains(first) {
            let text = rest.prefix(10).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            digits = text.count
            guard (1...9).contains(digits), let value = Int(String(decoding: text, as: UTF8.self)) else { return nil }
            number = value
        }
        guard let mark = rest.dropFirst(digits).first,
            number == nil || mark == UInt8(ascii: ".")
                || mark == UInt8(ascii: ")")
        else { return nil }
        let after = rest.dropFirst(digits + 1)
        let spaces = after.prefix { $0 == UInt8(ascii: " ") }.count
        let isEmpty = spaces == after.count
        guard spaces > 0 || isEmpty else { return nil }
        let width = indent + digits + 1 + (isEmpty || spaces > 4 ? 1 : spaces)
        return Marker(mark: mark, number: number, width: width, isEmpty: isEmpty)
    }

    /// Whether it cannot go on a paragraph.
    var startsBlock: Bool {
        fence != nil || heading != nil || isRule || isQuote || marker?.mayInterrupt ?? false
    }

    /// What stands between `|`s; `\|` is none.
    var cells: [[UInt8]] {
        var cells: [[UInt8]] = [[]]
        var isEscaped = false
        for byte in rest {
            if byte == UInt8(ascii: "|"), !isEscaped {
                cells.append([])
            } else {
                if byte == UInt8(ascii: "|") { cells[cells.count - 1].removeLast() }
                cells[cells.count - 1].append(byte)
            }
            isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
        }
        func isEmpty(_ cell: [UInt8]?) -> Bool { cell?.allSatisfy { $0 == UInt8(ascii: " ") } ?? false }
        if cells.count > 1, isEmpty(cells.first) { cells.removeFirst() }
        if cells.count > 1, isEmpty(cells.last) { cells.removeLast() }
        return cells.map { cell in
            var cell = cell.drop { $0 == UInt8(ascii: " ") }
            while cell.last == UInt8(ascii: " ") { cell.removeLast() }
            return Array(cell)
        }
    }
}
