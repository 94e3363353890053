import Hosting
import Supervision
import Synchronization
import TCC
import TCCHTTP

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What `orchestrator up` shows: each line with its process's name before it.
final class UpConsole: Sendable {
    static let ownName = "up"

    private struct State {
        var waitsFor: Set<String>
        /// Where they serve.
        var urls: [String: String] = [:]
        /// Why it may be that a process cannot start; if so, it is said at the end, once.
        var held: [String: String] = [:]
    }

    private let width: Int
    private let names: [String]
    private let style: TerminalStyle
    private let welcome: @Sendable (_ urls: [String: String]) -> String
    private let state: Mutex<State>

    /// A console.
    ///
    /// - Parameters:
    ///   - names: the processes.
    ///   - welcome: what to say once all of them serve, of where they do.
    ///   - style: what it is shown on.
    init(names: [String], welcome: @escaping @Sendable ([String: String]) -> String, style: TerminalStyle) {
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
        if case .line(let line) = event {
            let isStarting = state.withLock { $0.waitsFor.contains(name) }
            if line.hasPrefix(ChildLife.servingPrefix) { return }
            release(name)
            if isStarting, line.hasPrefix("error: ") { return state.withLock { $0.held[name] = line } }
            return write(line, of: name)
        }
        release(name)
        switch event {
        case .line: break
        case .serving(let url, let pid):
            say("\(name) is running on \(url) (pid \(pid))")
            state.withLock { $0.urls[name] = url }
            ready(name)
        // One of ours says when it serves, however long its start takes.
        case .steady where OwnProgram(rawValue: name) != nil: break
        case .steady: ready(name)
        case .died(let death, let wait):
            say("\(name) died (\(death)); starting it again in \(wait.wholeMilliseconds) ms")
        case .stopped(.killed(signal: SIGKILL)): say("\(name) did not stop, and was killed")
        case .stopped: say("\(name) has stopped")
        }
    }

    private func release(_ name: String) {
        if let held = state.withLock({ $0.held.removeValue(forKey: name) }) { write(held, of: name) }
    }

    private func ready(_ name: String) {
        let urls = state.withLock { $0.waitsFor.remove(name) != nil && $0.waitsFor.isEmpty ? $0.urls : nil }
        if let urls { say(welcome(urls)) }
    }

    private func write(_ line: String, of name: String) {
        let padded = name + String(repeating: " ", count: max(0, width - name.count))
        let prefix =
            names.firstIndex(of: name).map { style.paint(padded, identity: $0) } ?? style.paint(padded, .strong)
        // A terminal that is stopped, or gone, keeps nobody from running.
        StreamWriter.standardOutput.write("\(prefix) | \(TerminalText.printable(line))\n")
    }
}
