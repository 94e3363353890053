package import Hosting

/// Text in aligned columns.
///
/// Cells are made printable: a title may hold control characters, which a terminal would obey.
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

    /// A cell.
    package struct Cell: Hashable, Sendable {
        /// What it says.
        package var text: String
        /// What its colour says.
        package var tone: TerminalStyle.Tone?

        /// Makes a cell.
        ///
        /// - Parameters:
        ///   - text: what it says.
        ///   - tone: what its colour says, if it has one.
        package init(_ text: String, _ tone: TerminalStyle.Tone? = nil) {
            var text = TerminalText.printable(text)
            while text.last == " " { text.removeLast() }
            self.text = text
            self.tone = tone
        }
    }

    private static let gap = 2

    private let columns: [Column]
    private var rows: [[Cell]] = []

    /// An empty table.
    ///
    /// - Parameter columns: its columns.
    package init(_ columns: [Column]) { self.columns = columns }

    /// Adds a row.
    ///
    /// - Parameter cells: a cell a column; missing ones are empty.
    package mutating func add(_ cells: [Cell]) {
        let missing = max(0, columns.count - cells.count)
        rows.append(cells.prefix(columns.count) + Array(repeating: Cell(""), count: missing))
    }

    /// Adds a row without colours.
    ///
    /// - Parameter texts: a text a column; missing ones are empty.
    package mutating func add(_ texts: [String]) { add(texts.map { Cell($0) }) }

    /// The table without colours.
    package var text: String { text(.text) }

    /// The table, a line a row, without a last line's end.
    ///
    /// - Parameter style: what it is written to.
    /// - Returns: the table.
    package func text(_ style: TerminalStyle) -> String { lines(style).joined(separator: "\n") }

    /// The table's lines, the headings first, without spaces at their ends.
    ///
    /// - Parameters:
    ///   - style: what it is written to.
    ///   - limit: how many columns of a terminal a line may take; what is longer is cut.
    /// - Returns: the lines.
    package func lines(_ style: TerminalStyle, cutTo limit: Int = .max) -> [String] {
        let all = [columns.map { Cell($0.heading, .strong) }] + rows
        let widths = columns.indices.map { index in
            all.map { TerminalText.width(of: $0[index].text) }.max() ?? 0
        }
        return all.map { line($0, widths, style, limit) }
    }

    /// Spaces are written only before something that follows, and control sequences take no room.
    private func line(_ cells: [Cell], _ widths: [Int], _ style: TerminalStyle, _ limit: Int) -> String {
        var line = ""
        var end = 0
        var start = 0
        for index in cells.indices {
            let cell = cells[index]
            let width = TerminalText.width(of: cell.text)
            let left = columns[index].isNumeric ? start + widths[index] - width : start
            start += widths[index] + Self.gap
            guard width > 0, left < limit else { continue }
            line += String(repeating: " ", count: left - end)
            line += style.paint(TerminalText.shortened(cell.text, to: limit - left), cell.tone)
            end = left + width
            if end > limit { break }
        }
        return line
    }
}
