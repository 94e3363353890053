import Hosting

/// A line on standard error that says how far it is; only where somebody watches.
struct Progress {
    private let start = ContinuousClock.now
    private let isShown = TerminalStyle.standardError.isRedrawn

    /// Replaces the line.
    ///
    /// - Parameters:
    ///   - text: what it says.
    ///   - done: how many things were done, for their rate.
    func show(_ text: String, done: Int) {
        if isShown { write("\r\u{1B}[K\(text), \(rate(done)) a second") }
    }

    /// Takes the line away.
    func clear() {
        if isShown { write("\r\u{1B}[K") }
    }

    /// Says how fast it was: not of the seeds' making, so not among what is the same each time.
    ///
    /// - Parameters:
    ///   - things: what was done.
    ///   - done: how many.
    func end(_ things: String, done: Int) {
        clear()
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        write("\(rate(done)) \(things) a second, \(Int(seconds.rounded())) s\n")
    }

    private func rate(_ done: Int) -> Int {
        Int(Double(done) / max((ContinuousClock.now - start) / .seconds(1), 0.001))
    }

    private func write(_ text: String) { StandardStream.complain(text) }
}
