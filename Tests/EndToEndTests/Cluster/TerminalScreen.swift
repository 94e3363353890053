/// What somebody sees who sits before a terminal: the few control sequences that the commands write, obeyed.
struct TerminalScreen {
    let size: PseudoTerminal.Size
    private var main: [[Character]]
    private var alternate: [[Character]]?
    private var row = 0
    private var column = 0
    /// Whether the cursor is there.
    private(set) var isCursorVisible = true
    /// How often a line was longer than the terminal is wide.
    private(set) var wraps = 0
    /// Control sequences that are not known here.
    private(set) var unknown: [String] = []

    /// A screen on which an output was written.
    init(_ output: String, size: PseudoTerminal.Size = .init()) {
        self.size = size
        self.main = Self.blank(size)
        var rest = output.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\u{1B}": obey(Self.sequence(&rest))
            case "\r": column = 0
            case "\n": lineFeed()
            case _ where scalar.value < 32: unknown.append("\(scalar.value)")
            default: put(Character(scalar))
            }
        }
    }

    private static func blank(_ size: PseudoTerminal.Size) -> [[Character]] {
        Array(repeating: Array(repeating: " ", count: size.columns), count: size.rows)
    }

    /// Whether it is the screen that full-screen programs draw on.
    var isAlternate: Bool { alternate != nil }

    /// The lines, without spaces at their ends and without empty ones at the end.
    var lines: [String] {
        var lines = shown.map { line in
            var text = String(line)
            while text.last == " " { text.removeLast() }
            return text
        }
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    /// The lines as one text.
    var text: String { lines.joined(separator: "\n") }

    private static func sequence(_ rest: inout Substring.UnicodeScalarView) -> String {
        guard rest.first == "[" else { return "" }
        rest.removeFirst()
        var sequence = ""
        while let scalar = rest.popFirst() {
            sequence.unicodeScalars.append(scalar)
            if (0x40...0x7E).contains(scalar.value) { break }
        }
        return sequence
    }

    private mutating func obey(_ sequence: String) {
        switch sequence {
        case "H": (row, column) = (0, 0)
        case "K": eraseLine()
        case "J":
            eraseLine()
            for below in (row + 1)..<max(row + 1, size.rows) { shown[below] = Self.blank(size)[0] }
        case "?25l": isCursorVisible = false
        case "?25h": isCursorVisible = true
        case "?1049h": alternate = Self.blank(size)
        case "?1049l": alternate = nil
        case _ where sequence.hasSuffix("m"): break
        default: unknown.append(sequence)
        }
    }

    private var shown: [[Character]] {
        get { alternate ?? main }
        set { if alternate == nil { main = newValue } else { alternate = newValue } }
    }

    private mutating func eraseLine() {
        shown[row].replaceSubrange(column..., with: repeatElement(" ", count: size.columns - column))
    }

    private mutating func lineFeed() {
        if row + 1 < size.rows {
            row += 1
        } else {
            shown = shown.dropFirst() + [Self.blank(size)[0]]
        }
    }

    private mutating func put(_ character: Character) {
        if column == size.columns {
            wraps += 1
            column = 0
            lineFeed()
        }
        shown[row][column] = character
        column += 1
    }
}
