/// A bar that shows how far a publish is.
package struct ProgressBar: Hashable, Sendable {
    /// How it may look.
    package enum Style: Hashable, Sendable {
        /// Not at all.
        case none
        /// Without colours.
        case plain
        /// With colours.
        case coloured

        /// Chooses a style.
        ///
        /// - Parameters:
        ///   - isTerminal: whether standard error is a terminal.
        ///   - environment: asked for `NO_COLOR` (no-color.org) and `TERM`.
        package init(isTerminal: Bool, environment: [String: String]) {
            if !isTerminal || environment["TERM"] == "dumb" {
                // A bar is redrawn in its line, which takes the escape sequences that such a terminal has not.
                self = .none
            } else if environment["NO_COLOR"].map({ !$0.isEmpty }) ?? false {
                self = .plain
            } else {
                self = .coloured
            }
        }
    }

    private static let width = 24
    private static let eraseLine = "\r\u{1B}[K"

    /// How it looks.
    package let style: Style
    private let total: Int

    /// A bar.
    ///
    /// - Parameters:
    ///   - total: how many files there are.
    ///   - style: how it looks.
    package init(total: Int, style: Style) {
        self.total = total
        self.style = style
    }

    /// What to write to the terminal when so many files have come to which end.
    package func drawn(_ counts: PublishReport.Counts) -> String {
        guard style != .none else { return "" }
        let filled = total == 0 ? Self.width : counts.total * Self.width / total
        let done = String(repeating: "#", count: filled)
        let rest = String(repeating: ".", count: Self.width - filled)
        let bar = style == .coloured ? "\u{1B}[32m\(done)\u{1B}[0m\(rest)" : done + rest
        return "\(Self.eraseLine)[\(bar)] \(counts.total)/\(total)  \(counts.text)"
    }

    /// What to write to the terminal at the end: the line is left as if the bar had not been there.
    package var erased: String { style == .none ? "" : Self.eraseLine }
}
