import Foundation

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What a stream can show: the one place where it is decided whether to redraw and to colour.
package enum TerminalStyle: Hashable, Sendable, CaseIterable {
    /// Text only: a file, a pipe, or a terminal that obeys no control sequences.
    case text
    /// A terminal whose lines can be redrawn, and nobody wants colours.
    case plain
    /// A terminal with colours.
    case coloured

    /// What a colour says; which one it is, is decided here.
    package enum Tone: String, Hashable, Sendable, CaseIterable {
        /// It is done.
        case good = "32"
        /// It was called off, and that is in order.
        case caution = "33"
        /// It is under way.
        case busy = "36"
        /// It failed.
        case bad = "31"
        /// It needs a person.
        case alarm = "1;31"
        /// A heading.
        case strong = "1"
        /// Less important than what stands around it.
        case faint = "2"
    }

    /// Chooses a style.
    ///
    /// - Parameters:
    ///   - isTerminal: whether the stream is a terminal.
    ///   - environment: asked for `NO_COLOR` (no-color.org) and `TERM`.
    package init(isTerminal: Bool, environment: [String: String]) {
        if !isTerminal || environment["TERM"] == "dumb" {
            self = .text
        } else if environment["NO_COLOR"].map({ !$0.isEmpty }) ?? false {
            self = .plain
        } else {
            self = .coloured
        }
    }

    private init(descriptor: Int32) {
        self.init(isTerminal: isatty(descriptor) == 1, environment: ProcessInfo.processInfo.environment)
    }

    /// Standard output's.
    package static let standardOutput = TerminalStyle(descriptor: STDOUT_FILENO)

    /// Standard error's.
    package static let standardError = TerminalStyle(descriptor: STDERR_FILENO)

    /// Whether what is written can be written over.
    package var isRedrawn: Bool { self != .text }

    private static let identities = ["36", "35", "34", "33", "32"]

    /// A text in the colour of one of several things that are shown side by side.
    ///
    /// - Parameters:
    ///   - text: the text; of others' making only as ``TerminalText/printable(_:)`` leaves it.
    ///   - identity: which of the things, counted from 0.
    /// - Returns: the text, with control sequences around it where it is coloured.
    package func paint(_ text: String, identity: Int) -> String {
        guard self == .coloured else { return text }
        return "\u{1B}[\(Self.identities[identity % Self.identities.count])m\(text)\u{1B}[0m"
    }

    /// A text in a colour, where there are colours.
    ///
    /// - Parameters:
    ///   - text: the text; of others' making only as ``TerminalText/printable(_:)`` leaves it.
    ///   - tone: what its colour says; nil for none.
    /// - Returns: the text, with control sequences around it where it is coloured.
    package func paint(_ text: String, _ tone: Tone?) -> String {
        guard self == .coloured, let tone, !text.isEmpty else { return text }
        return "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m"
    }
}
