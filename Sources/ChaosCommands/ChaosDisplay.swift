import Harness
import Hosting
import Synchronization
import Verification

/// Shows on standard error where a run is: one line, redrawn on a terminal, repeated now and then elsewhere.
final class ChaosDisplay: Sendable {
    private static let interval = Duration.seconds(5)

    private let style: TerminalStyle
    private let last = Mutex<ContinuousClock.Instant?>(nil)

    /// A display that shows nothing yet.
    init(style: TerminalStyle = .standardError) { self.style = style }

    /// Shows a line in place of the one before.
    ///
    /// - Parameter line: the line.
    func show(_ line: String) {
        if style.isRedrawn {
            Self.write("\r\u{1B}[K\(line)")
        } else {
            let isDue = last.withLock { last in
                guard last.map({ ContinuousClock.now - $0 >= Self.interval }) ?? true else { return false }
                last = .now
                return true
            }
            if isDue { Self.write("\(line)\n") }
        }
    }

    /// Takes the line away where it can be.
    func clear() {
        if style.isRedrawn { Self.write("\r\u{1B}[K") }
    }

    /// A line about a run.
    static func line(_ progress: ChaosRun.Progress) -> String {
        let tally = progress.tally
        let found = tally.found
        return """
            \(progress.phase), \(Int(progress.left / .seconds(1))) s left: \(found.confirmed) done, \
            \(found.refused) refused, \(tally.unknown) unanswered; \(found.faults) faults, \(tally.deaths) deaths, \
            \(found.failpoints) at failpoints; \(tally.violations) violations
            """
    }

    private static func write(_ text: String) { StandardStream.complain(text) }
}
