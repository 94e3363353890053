import Hosting

/// A line on standard error that says what is going on: redrawn on a terminal, one after the other elsewhere.
struct BenchProgress: Sendable {
    private let isRedrawn = TerminalStyle.standardError.isRedrawn

    /// Says what begins.
    ///
    /// - Parameter text: what.
    func show(_ text: String) { write(isRedrawn ? "\r\u{1B}[K\(text)" : "\(text)\n") }

    /// Takes the line away.
    func clear() {
        if isRedrawn { write("\r\u{1B}[K") }
    }

    private func write(_ text: String) { StandardStream.complain(text) }
}
