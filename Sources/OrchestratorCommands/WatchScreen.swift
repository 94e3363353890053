import Foundation
import Hosting
import Synchronization
import TCC

/// A terminal while a watch is drawn on it: on the screen that full-screen programs have, so that what was on the
/// terminal before is there again afterwards.
final class WatchScreen: WatchDisplay {
    private static let enter = "\u{1B}[?1049h\u{1B}[?25l"
    private static let leave = "\u{1B}[?25h\u{1B}[?1049l"

    private struct State {
        var watch: TransactionWatch?
        var isOpen = false
    }

    private let url: String
    private let style: TerminalStyle
    private let world: World
    private let state = Mutex(State())

    /// A screen that is yet to be drawn on.
    init(url: String, style: TerminalStyle, world: World) {
        self.url = url
        self.style = style
        self.world = world
    }

    func looked(_ watch: TransactionWatch, _ changes: [TransactionRecord]) throws {
        try state.withLock { state in
            state.watch = watch
            try draw(&state)
        }
    }

    func happened(_ event: TerminalSignals.Event) throws {
        try state.withLock { state in
            switch event {
            case .end, .suspend: try close(&state)
            case .resize, .resume: try draw(&state)
            }
        }
        // SIGTSTP itself is caught here; this one cannot be.
        if event == .suspend { kill(getpid(), SIGSTOP) }
    }

    func end() throws {
        try state.withLock { state in
            try close(&state)
            // The last table stays.
            guard let watch = state.watch else { return }
            try Output.show(frame(watch).joined(separator: "\n") + "\n")
            state.watch = nil
        }
    }

    private func close(_ state: inout State) throws {
        guard state.isOpen else { return }
        state.isOpen = false
        try Output.show(Self.leave)
    }

    private func frame(_ watch: TransactionWatch) -> [String] {
        let size = TerminalSize(of: STDOUT_FILENO)
        return WatchFrame(watch, url: url, now: world.wallClock(), size: size, style: style).lines
    }

    private func draw(_ state: inout State) throws {
        guard let watch = state.watch else { return }
        let lines = frame(watch)
        // Each line is erased before it is written: after one as wide as the terminal, its last character would be.
        var text = state.isOpen ? "\u{1B}[H" : Self.enter + "\u{1B}[H"
        text += lines.map { "\u{1B}[K\($0)" }.joined(separator: "\r\n")
        if lines.count < TerminalSize(of: STDOUT_FILENO).rows { text += "\r\n\u{1B}[J" }
        state.isOpen = true
        try Output.show(text)
    }
}
