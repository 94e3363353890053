extension Words {
    /// A title as a page shows it: a link without a visible character could be neither seen nor clicked.
    ///
    /// - Parameter title: the title as its author wrote it.
    /// - Returns: the title; a word for there being none, if it has nothing to be seen.
    package func title(_ title: String) -> String { Self.isVisible(title) ? title : self("untitled") }

    /// A name as somebody typed it: without the spaces around it.
    ///
    /// By scalars: a step back by a character has to find where it begins, which for flags is at the first of all.
    ///
    /// - Parameter text: what was typed.
    /// - Returns: the name; nil for one that is none, is too long, or could be taken for another.
    package static func name(_ text: String) -> String? {
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return nil }
        let name = String(scalars[first...last])
        guard name.unicodeScalars.count <= longestName, isVisible(name), !name.unicodeScalars.contains(where: isHidden)
        else { return nil }
        return name
    }

    /// Scalars of an author's name.
    private static let longestName = 64

    /// Whether any character of a text can be seen.
    ///
    /// - Parameter text: the text.
    /// - Returns: false for spaces, control characters, and what stands for nothing by itself.
    package static func isVisible(_ text: String) -> Bool {
        text.unicodeScalars.contains { scalar in
            let properties = scalar.properties
            // The Braille pattern of no dots is a symbol to Unicode, and blank.
            guard !properties.isWhitespace, !properties.isDefaultIgnorableCodePoint, scalar != "\u{2800}" else {
                return false
            }
            return !isHidden(scalar)
        }
    }

    /// Whether a character only says how others are shown: a control or format character, or a line's end.
    ///
    /// - Parameter scalar: the character.
    /// - Returns: true for what makes two names look the same, or one read another way.
    package static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    /// A text within a sentence, whose order it does not change: what `<bdi>` is to markup.
    ///
    /// - Parameter text: the text.
    /// - Returns: the text between isolates (Unicode Standard Annex #9) if it says how it is ordered, else the text.
    package static func isolated(_ text: String) -> String {
        let isOrdering = text.unicodeScalars.contains { $0.properties.isBidiControl }
        return isOrdering ? "\u{2068}\(text)\u{2069}" : text
    }
}
