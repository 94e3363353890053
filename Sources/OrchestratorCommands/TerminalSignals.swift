@preconcurrency import Dispatch
import Hosting

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The signals that somebody at a terminal causes, for a command that draws on it.
struct TerminalSignals: Sendable {
    /// What somebody does.
    enum Event: Hashable, Sendable {
        /// Ctrl-C, or SIGTERM.
        case end
        /// The terminal has another size.
        case resize
        /// Ctrl-Z: the command is to stop for a while.
        case suspend
        /// It goes on.
        case resume
    }

    private static let numbers: [(number: Int32, event: Event)] = [
        (SIGINT, .end), (SIGTERM, .end), (SIGWINCH, .resize), (SIGTSTP, .suspend), (SIGCONT, .resume),
    ]

    /// What happens, as long as somebody listens.
    static func events() -> AsyncStream<Event> {
        AsyncStream(bufferingPolicy: .bufferingNewest(8)) { continuation in
            let queue = DispatchQueue(label: "terminal-signals")
            let sources = numbers.map { number, event in
                // What would otherwise end or stop the process before the queue hears of it.
                signal(number, number == SIGTSTP || number == SIGINT || number == SIGTERM ? SIG_IGN : SIG_DFL)
                let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
                source.setEventHandler {
                    if event == .end { Interruption.begin() }
                    continuation.yield(event)
                }
                source.resume()
                return source
            }
            continuation.onTermination = { _ in for source in sources { source.cancel() } }
        }
    }
}
