import Foundation
import Hosting

/// The two streams that a command writes to.
enum Output {
    /// Writes text and a line's end to standard output.
    ///
    /// - Parameter text: the text.
    /// - Throws: a ``CommandFailure`` if it cannot be written, say to a full disk.
    static func line(_ text: String) throws {
        try write(text + "\n")
    }

    /// Writes a value as one line of JSON whose members are always in the same order.
    ///
    /// - Parameter value: the value.
    /// - Throws: a ``CommandFailure`` if it cannot be written.
    static func json(_ value: some Encodable) throws {
        try line(try JSONLine.text(value))
    }

    /// Writes a line to standard error, such as a warning: one word and a colon before what there is to say.
    static func note(_ word: String, _ text: String) {
        let style = TerminalStyle.standardError
        draw("\(style.paint("\(word):", .caution)) \(TerminalText.printableLines(text))\n")
    }

    /// How wide what is written to standard output may be: anything, but on a terminal.
    static var columns: Int {
        isatty(STDOUT_FILENO) == 1 ? TerminalSize(of: STDOUT_FILENO).columns : .max
    }

    /// Writes text with control sequences to standard output, which is a terminal.
    ///
    /// - Parameter text: the text.
    /// - Throws: a ``CommandFailure`` if it cannot be written.
    static func show(_ text: String) throws {
        try write(text)
    }

    /// Whether standard output is a pipe that nobody reads any more.
    static var isReaderGone: Bool {
        var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        return poll(&output, 1, 0) > 0 && output.revents & Int16(POLLERR) != 0
    }

    /// Writes text to standard error.
    static func draw(_ text: String) {
        StandardStream.complain(text)
    }

    private static func write(_ text: String) throws {
        do {
            try StandardStream.write(text)
        } catch {
            throw CommandFailure(.refused, error.description)
        }
    }
}
