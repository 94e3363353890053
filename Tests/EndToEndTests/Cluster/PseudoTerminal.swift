import Foundation
import Harness
import Synchronization

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A command in a terminal of its own, as somebody would run it: with a size, colours, and a Ctrl-C.
///
/// `withTerminal` is how to get one.
final class PseudoTerminal: Sendable {
    /// A terminal's size, in characters.
    struct Size: Hashable, Sendable {
        var columns = 80
        var rows = 24
    }

    struct Unusable: Error, CustomStringConvertible {
        let description: String

        init(_ what: String, _ code: Int32) { self.description = "\(what): \(String(cString: strerror(code)))" }
    }

    private struct State {
        var output = Data()
        var death: ServerProcess.Death?
        var isClosed = false
        /// Whether somebody has closed the terminal's window.
        var isHungUp = false
    }

    /// What a terminal sends for Ctrl-C.
    static let interrupt = "\u{3}"

    /// The command's process, which leads a session of its own.
    let pid: Int32
    private let master: Int32
    private let state = Mutex(State())

    /// Starts a command.
    ///
    /// - Parameters:
    ///   - executable: the command.
    ///   - arguments: its arguments.
    ///   - environment: variables to set; nil for one that is not to be there. The test's own are kept, but for those
    ///     that the commands read.
    ///   - directory: the working directory.
    ///   - size: the terminal's size.
    ///   - outputFile: a file for standard output, in place of the terminal.
    /// - Throws: ``Unusable``.
    init(
        _ executable: URL,
        _ arguments: [String],
        environment: [String: String?] = [:],
        directory: URL,
        size: Size = Size(),
        outputFile: URL? = nil
    ) throws {
        let environment = Self.merged(environment)
        let (master, slave) = try Self.open(size)
        defer { close(slave) }
        do {
            self.pid = try Spawn.inTerminal(
                String(cString: ttyname(slave)),
                [executable.path] + arguments,
                environment: environment,
                directory: directory.path,
                outputFile: outputFile?.path
            )
        } catch {
            close(master)
            throw error
        }
        self.master = master
        Watchdog.shared.watch(pid)
        Thread.detachNewThread { self.collect() }
    }

    private static func merged(_ changes: [String: String?]) -> [String: String] {
        var environment = ProcessInfo.processInfo.environment
        for name in [
            "HOST", "PORT", "DATA_DIR", "SECRET_FILE", "LOG_LEVEL", "ORCHESTRATOR_URL", "DRAFT_URL", "ONLINE_URL",
            "NO_COLOR", "COLUMNS", "LINES", "TCC_FAILPOINTS",
        ] {
            environment[name] = nil
        }
        environment["TERM"] = "xterm-256color"
        environment["SWIFT_BACKTRACE"] = "enable=no"
        for (name, value) in changes { environment[name] = value }
        return environment
    }

    private static func open(_ size: Size) throws -> (master: Int32, slave: Int32) {
        var (master, slave): (Int32, Int32) = (-1, -1)
        guard openpty(&master, &slave, nil, nil, nil) == 0 else { throw Unusable("there is no pseudo-terminal", errno) }
        for descriptor in [master, slave] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        resize(master, size)
        return (master, slave)
    }

    private static func resize(_ descriptor: Int32, _ size: Size) {
        var window = winsize()
        window.ws_col = UInt16(size.columns)
        window.ws_row = UInt16(size.rows)
        #if canImport(Darwin)
        let request = UInt(0x8008_7467)  // TIOCSWINSZ, a macro that Swift does not see
        #else
        let request = UInt(TIOCSWINSZ)
        #endif
        _ = ioctl(descriptor, request, &window)
    }

    /// Reads until nobody has the terminal open any more.
    private func collect() {
        var buffer = [UInt8](repeating: 0, count: 65536)
        var ready = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
        while !state.withLock({ $0.isHungUp }) {
            // Not for long: whoever closes the terminal waits for this thread to leave it.
            guard poll(&ready, 1, 50) > 0 else { continue }
            let count = read(master, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            state.withLock { $0.output.append(contentsOf: buffer[..<count]) }
        }
        state.withLock { state in
            state.isClosed = true
            if state.isHungUp { close(master) }
        }
    }

    /// Closes the terminal, as somebody does who closes its window.
    func hangUp() { state.withLock { $0.isHungUp = true } }

    /// All that was written to the terminal, control sequences and all.
    var output: String { state.withLock { String(decoding: $0.output, as: UTF8.self) } }

    /// Waits until the output satisfies a condition.
    ///
    /// - Parameters:
    ///   - what: the condition's name, for the error.
    ///   - limit: how long it may take.
    ///   - holds: whether it holds.
    /// - Throws: ``NotInTime`` with what was written instead.
    func wait(_ what: String, within limit: Duration = .seconds(10), _ holds: (String) -> Bool) async throws {
        do {
            try await eventually(what, within: limit) { holds(output) }
        } catch let error as NotInTime {
            throw NotInTime(description: "\(error); the terminal has: \(output.debugDescription)")
        }
    }

    /// Waits until something was written.
    func wait(for text: String, within limit: Duration = .seconds(10)) async throws {
        try await wait("the terminal shows '\(text)'", within: limit) { $0.contains(text) }
    }

    /// Types.
    func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(master, bytes, bytes.count)
    }

    /// Sends a signal to the command, if it lives.
    func signal(_ number: Int32) {
        state.withLock { if $0.death == nil { _ = kill(pid, number) } }
    }

    /// Gives the terminal another size; the command is told by SIGWINCH.
    func resize(to size: Size) { Self.resize(master, size) }

    /// Waits for the command's end, and for the last of what it wrote.
    @discardableResult
    func waitForExit(within limit: Duration = .seconds(10)) async throws -> ServerProcess.Death {
        var death: ServerProcess.Death?
        do {
            try await eventually("the command has ended", within: limit) {
                death = reap()
                return death != nil && state.withLock { $0.isClosed }
            }
        } catch let error as NotInTime {
            throw NotInTime(description: "\(error); the terminal has: \(output.debugDescription)")
        }
        return death ?? .init()
    }

    private func reap() -> ServerProcess.Death? {
        state.withLock { state in
            if let death = state.death { return death }
            var status: Int32 = 0
            guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
            // The macros that take a status apart are not there in Swift.
            let signal = status & 0x7F
            state.death = signal == 0 ? .init(exitCode: status >> 8 & 0xFF) : .init(signal: signal)
            Watchdog.shared.forget(pid)
            return state.death
        }
    }

    /// Ends the command, if it still lives, and gives the terminal back.
    fileprivate func end() async {
        signal(SIGKILL)
        // `try?`: a process that a SIGKILL does not end, or one that it left behind, is beyond a test.
        _ = try? await waitForExit(within: .seconds(5))
        if !state.withLock({ $0.isHungUp }) { close(master) }
    }
}

/// Runs a command in a terminal of its own, and leaves nothing of it behind.
///
/// - Parameters:
///   - executable: the command.
///   - arguments: its arguments.
///   - environment: variables to set; nil for one that is not to be there.
///   - directory: the working directory.
///   - size: the terminal's size.
///   - outputFile: a file for standard output, in place of the terminal.
///   - body: what to do meanwhile.
/// - Returns: what the body returns.
/// - Throws: what it throws, or ``PseudoTerminal/Unusable``.
func withTerminal<Result>(
    _ executable: URL,
    _ arguments: [String],
    environment: [String: String?] = [:],
    directory: URL,
    size: PseudoTerminal.Size = .init(),
    outputFile: URL? = nil,
    _ body: (PseudoTerminal) async throws -> Result
) async throws -> Result {
    let terminal = try PseudoTerminal(
        executable,
        arguments,
        environment: environment,
        directory: directory,
        size: size,
        outputFile: outputFile
    )
    do {
        let result = try await body(terminal)
        await terminal.end()
        return result
    } catch {
        await terminal.end()
        throw error
    }
}
