import Hosting
import Supervision
import Synchronization

/// What `orchestrator up` shows: each line with its process's name before it.
final class UpConsole: Sendable {
    private static let ownName = "up"

    private struct State {
        var waitsFor: Set<String>
    }

    private let width: Int
    private let names: [String]
    private let style: TerminalStyle
    private let welcome: String
    private let state: Mutex<State>

    /// A console.
    ///
    /// - Parameters:
    ///   - names: the processes.
    ///   - welcome: what to say once all of them serve.
    ///   - style: what it is shown on.
    init(names: [String], welcome: String, style: TerminalStyle) {
        self.width = (names + [Self.ownName]).map(\.count).max() ?? 0
        self.welcome = welcome
        self.state = Mutex(State(waitsFor: Set(names)))
        self.names = names
        self.style = style
    }

    /// Says something of its own.
    func say(_ text: String) {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            write(String(line), of: Self.ownName)
        }
    }

    /// Shows what happened to a process.
    func show(_ event: SupervisedProcess.Event, of name: String) {
        switch event {
        case .line(let line):
            // Why it cannot start is said at the end, once.
            let isLastWord = line.hasPrefix("error: ") && state.withLock { $0.waitsFor.contains(name) }
            if !isLastWord, !line.hasPrefix(ChildLife.servingPrefix) { write(line, of: name) }
        case .serving(let url, let pid):
            say("\(name) is running on \(url) (pid \(pid))")
            let isLast = state.withLock { $0.waitsFor.remove(name) != nil && $0.waitsFor.isEmpty }
            if isLast { say(welcome) }
        case .died(let death, let wait):
            let milliseconds = wait.components.seconds * 1000 + wait.components.attoseconds / 1_000_000_000_000_000
            say("\(name) died (\(death)); starting it again in \(milliseconds) ms")
        case .stopped: say("\(name) has stopped")
        }
    }

    private func write(_ line: String, of name: String) {
        let padded = name + String(repeating: " ", count: max(0, width - name.count))
        let prefix =
            names.firstIndex(of: name).map { style.paint(padded, identity: $0) } ?? style.paint(padded, .strong)
        // `try?`: a terminal that is gone keeps nobody from running.
        try? Output.line("\(prefix) | \(TerminalText.printable(line))")
    }
}
