/// Text in aligned columns.
///
/// Widths are those of a terminal: wide East Asian characters and emoji take two columns, combining marks none. Control
/// characters, which a title may hold and a terminal would obey, are replaced.
package struct Table: Hashable, Sendable {
    /// A column.
    package struct Column: Hashable, Sendable {
        /// Its heading.
        package var heading: String
        /// Whether its cells stand at its right edge, as numbers do.
        package var isNumeric: Bool

        /// Makes a column.
        ///
        /// - Parameters:
        ///   - heading: its heading.
        ///   - isNumeric: whether its cells stand at its right edge.
        package init(_ heading: String, isNumeric: Bool = false) {
            self.heading = heading
            self.isNumeric = isNumeric
        }
    }

    private static let gap = "  "

    private let columns: [Column]
    private var rows: [[String]] = []

    /// An empty table.
    ///
    /// - Parameter columns: its columns.
    package init(_ columns: [Column]) { self.columns = columns }

    /// Adds a row.
    ///
    /// - Parameter cells: a cell a column; missing ones are empty.
    package mutating func add(_ cells: [String]) {
        let padded = cells.prefix(columns.count) + Array(repeating: "", count: max(0, columns.count - cells.count))
        rows.append(padded.map(Self.printable))
    }

    /// The table, a line a row, without spaces at the ends of lines and without a last line's end.
    package var text: String {
        let lines = [columns.map(\.heading)] + rows
        let widths = columns.indices.map { index in lines.map { Self.width(of: $0[index]) }.max() ?? 0 }
        return
            lines.map { cells in
                let padded = cells.indices.map { index in
                    let blank = String(repeating: " ", count: widths[index] - Self.width(of: cells[index]))
                    return columns[index].isNumeric ? blank + cells[index] : cells[index] + blank
                }
                var line = padded.joined(separator: Self.gap)
                while line.last == " " { line.removeLast() }
                return line
            }
            .joined(separator: "\n")
    }

    /// A text cut to a width, with an ellipsis where something is missing.
    package static func shortened(_ text: String, to limit: Int) -> String {
        let text = printable(text)
        guard width(of: text) > limit else { return text }
        var short = ""
        var used = 1
        for character in text {
            used += width(of: character)
            if used > limit { break }
            short.append(character)
        }
        return short + "\u{2026}"
    }

    /// How many columns of a terminal a text takes.
    package static func width(of text: String) -> Int {
        text.reduce(0) { $0 + width(of: $1) }
    }

    private static func width(of character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first else { return 0 }
        if scalar.isASCII { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: return isWide(scalar) || character.unicodeScalars.contains("\u{FE0F}") ? 2 : 1
        }
    }

    /// The main blocks that are wide by Unicode Standard Annex 11.
    private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF,
            0x1F900...0x1F9FF, 0x1FA70...0x1FAFF, 0x20000...0x3FFFD:
            true
        default: scalar.properties.isEmojiPresentation
        }
    }

    private static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .lineSeparator, .paragraphSeparator: " "
                    default: scalar
                    }
                }
            )
        )
    }
}
