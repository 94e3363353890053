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
        /// When it is left out of a table that is too wide: the highest goes first, and 0 stays.
        package var rank: Int

        /// Makes a column.
        ///
        /// - Parameters:
        ///   - heading: its heading.
        ///   - isNumeric: whether its cells stand at its right edge.
        ///   - rank: when it is left out of a table that is too wide: the highest goes first, and 0 stays.
        package init(_ heading: String, isNumeric: Bool = false, rank: Int = 0) {
            self.heading = heading
            self.isNumeric = isNumeric
            self.rank = rank
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
    /// What is left of the last column at least before another one is left out.
    private static let narrowestLast = 16

    private var columns: [Column]
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

    /// The table for a terminal: the columns that it has room for, and of the last one as much as there is room for.
    ///
    /// - Parameters:
    ///   - style: what it is written to.
    ///   - limit: how many columns of a terminal a line may take.
    /// - Returns: the table.
    package func text(_ style: TerminalStyle, fitting limit: Int) -> String {
        var table = self
        while !table.fits(limit), let last = table.leastImportant {
            table.columns.remove(at: last)
            for row in table.rows.indices { table.rows[row].remove(at: last) }
        }
        return table.lines(style, cutTo: limit).joined(separator: "\n")
    }

    private var leastImportant: Int? {
        let index = columns.indices.max { columns[$0].rank < columns[$1].rank }
        return index.flatMap { columns[$0].rank > 0 ? $0 : nil }
    }

    private func fits(_ limit: Int) -> Bool {
        guard let last = columns.indices.last else { return true }
        let widths = widths
        let others = widths.dropLast().reduce(0) { $0 + $1 + Self.gap }
        return others + min(widths[last], Self.narrowestLast) <= limit
    }

    private var lines: [[Cell]] { [columns.map { Cell($0.heading, .strong) }] + rows }

    private var widths: [Int] {
        let lines = lines
        return columns.indices.map { index in lines.map { TerminalText.width(of: $0[index].text) }.max() ?? 0 }
    }

    /// The table's lines, the headings first, without spaces at their ends.
    ///
    /// - Parameters:
    ///   - style: what it is written to.
    ///   - limit: how many columns of a terminal a line may take; what is longer is cut.
    /// - Returns: the lines.
    package func lines(_ style: TerminalStyle, cutTo limit: Int = .max) -> [String] {
        let widths = widths
        return lines.map { line($0, widths, style, limit) }
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
