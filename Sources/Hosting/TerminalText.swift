/// Text as a terminal shows it: what may be written to it, and how much room it takes.
///
/// Widths are those of a terminal: wide East Asian characters and emoji take two columns, combining marks none.
package enum TerminalText {
    /// A text of others' making without what a terminal would obey: control characters, ends of lines, and those marks
    /// that turn the direction of writing around.
    ///
    /// - Parameter text: a title, say, or an error.
    /// - Returns: the text in one line, with a space for each such character.
    package static func printable(_ text: String) -> String {
        replacing(text, isEndOfLineKept: false)
    }

    /// Lines of others' making without what a terminal would obey, but for the ends of lines.
    ///
    /// - Parameter text: the lines.
    /// - Returns: the lines, with a space for each such character.
    package static func printableLines(_ text: String) -> String {
        replacing(text, isEndOfLineKept: true)
    }

    private static func replacing(_ text: String, isEndOfLineKept: Bool) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let isKept = isPrintable(scalar) || (isEndOfLineKept && scalar == "\n")
            scalars.append(isKept ? scalar : " ")
        }
        return String(scalars)
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        // Embeddings, overrides and isolates of the bidirectional algorithm.
        case 0x202A...0x202E, 0x2066...0x2069: return false
        default: break
        }
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: return false
        default: return true
        }
    }

    /// A text cut to a width, with an ellipsis where something is missing.
    ///
    /// - Parameters:
    ///   - text: the text.
    ///   - limit: how many columns it may take.
    /// - Returns: the text, printable.
    package static func shortened(_ text: String, to limit: Int) -> String {
        let text = printable(text)
        guard width(of: text) > limit else { return text }
        guard limit > 0 else { return "" }
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
    ///
    /// - Parameter text: the text, without control sequences.
    /// - Returns: the columns.
    package static func width(of text: String) -> Int {
        text.reduce(0) { $0 + width(of: $1) }
    }

    private static func width(of character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first else { return 0 }
        if scalar.isASCII, character.unicodeScalars.count == 1 { return 1 }
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
}
