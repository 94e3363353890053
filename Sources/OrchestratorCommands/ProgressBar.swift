package import Hosting

/// A bar that shows how far a publish is.
package struct ProgressBar: Hashable, Sendable {
    private static let width = 24
    private static let eraseLine = "\r\u{1B}[K"

    /// What it is drawn on.
    package let style: TerminalStyle
    private let total: Int

    /// A bar.
    ///
    /// - Parameters:
    ///   - total: how many files there are.
    ///   - style: what it is drawn on; where nothing can be redrawn, it is not drawn.
    package init(total: Int, style: TerminalStyle) {
        self.total = total
        self.style = style
    }

    /// What to write to the terminal when so many files have come to which end.
    ///
    /// - Parameters:
    ///   - counts: how many.
    ///   - columns: how wide the terminal is; a line that went on in the next one could not be drawn over.
    /// - Returns: the line, or nothing where it cannot be redrawn.
    package func drawn(_ counts: PublishReport.Counts, columns: Int = 80) -> String {
        guard style.isRedrawn else { return "" }
        let filled = total == 0 ? Self.width : counts.total * Self.width / total
        let done = String(repeating: "#", count: filled)
        let rest = String(repeating: ".", count: Self.width - filled)
        let text = "\(counts.total)/\(total)  \(counts.text)"
        guard Self.width + 3 + text.count < columns else {
            return Self.eraseLine + TerminalText.shortened(text, to: columns - 1)
        }
        return "\(Self.eraseLine)[\(style.paint(done, .good))\(rest)] \(text)"
    }

    /// What to write to the terminal at the end: the line is left as if the bar had not been there.
    package var erased: String { style.isRedrawn ? Self.eraseLine : "" }
}
