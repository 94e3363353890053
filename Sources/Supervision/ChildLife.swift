import Subprocess
import Synchronization
package import TCC

#if canImport(System)
import System
#else
import SystemPackage
#endif

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// One life of a child process, from its start to its death.
///
/// The child is in a process group of its own, so that Ctrl-C reaches its parent alone, which then decides. Its standard
/// input stays open as long as its parent lives, so that a child which reads it learns of its parent's death, however
/// that came.
package final class ChildLife: Sendable {
    /// With this begins the line in which a process of ours says that it serves.
    package static let servingPrefix = "listening on "
    private static let tailLines = 30
    private static let readingPause = Duration.milliseconds(5)

    private struct State {
        var pid: Int32?
        /// Its process group, which has the number of its first process.
        var group: Int32?
        var isToStop = false
        /// Whether what it writes is read.
        var isRead = true
        var tail: [String] = []
    }

    /// What was started.
    package let command: ChildCommand
    /// Where it serves, once it says so; nil if it died without.
    package let serving = Promise<String?>()
    /// How it ended, once it has.
    package let death = Promise<Death>()
    private let onLine: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// A life that is yet to begin.
    ///
    /// - Parameters:
    ///   - command: what to start.
    ///   - onLine: gets each line that it writes, to either stream, as it comes.
    package init(_ command: ChildCommand, onLine: @escaping @Sendable (String) -> Void = { _ in }) {
        self.command = command
        self.onLine = onLine
    }

    /// The process's id while it lives.
    package var pid: Int32? { state.withLock { $0.pid } }

    /// The last lines that it wrote.
    package var tail: [String] { state.withLock { $0.tail } }

    /// Sends a signal to the process and to what it has started in turn, if it lives.
    ///
    /// - Parameter number: the signal.
    /// - Returns: whether it lives.
    @discardableResult
    package func signal(_ number: Int32) -> Bool {
        // Under the lock: it is cleared before the process is reaped, so the id is never another's.
        state.withLock { state in
            guard let pid = state.pid else { return false }
            return kill(-pid, number) == 0
        }
    }

    /// Reads what the process writes, or leaves it in the pipe, which is full some day.
    ///
    /// - Parameter isRead: whether it is read; what has come in until now is in any case.
    package func readOutput(_ isRead: Bool) { state.withLock { $0.isRead = isRead } }

    /// Asks the process to stop (SIGTERM); one that is only just being started, as soon as it is.
    package func stop() {
        state.withLock { $0.isToStop = true }
        signal(SIGTERM)
    }

    /// Lives: starts the process and waits for its death.
    ///
    /// Where the task is cancelled, the process is killed.
    ///
    /// - Returns: how it ended.
    @discardableResult
    package func run() async -> Death {
        let end = await live()
        // What it has started in turn does not outlive it. The group's number is taken as long as anything is in it.
        if let group = state.withLock({ $0.group }) { _ = kill(-group, SIGKILL) }
        serving.fulfil(nil)
        death.fulfil(end)
        return end
    }

    private func live() async -> Death {
        var options = PlatformOptions()
        options.processGroupID = 0
        do {
            let result = try await Subprocess.run(
                command.executable,
                arguments: Arguments(command.arguments),
                environment: command.inherited,
                workingDirectory: command.folder.map { FilePath($0) },
                platformOptions: options,
                input: .inputWriter,
                output: .sequence,
                error: .combinedWithOutput
            ) { execution in
                let isToStop = state.withLock { state in
                    state.pid = execution.processIdentifier.value
                    state.group = state.pid
                    return state.isToStop
                }
                if isToStop { signal(SIGTERM) }
                await read(execution.standardOutput)
                state.withLock { $0.pid = nil }
            }
            return Death(result.terminationStatus)
        } catch {
            // Its task was cancelled, and it was killed for that.
            if Task.isCancelled { return .killed(signal: SIGKILL) }
            return .notStarted("\(error)")
        }
    }

    private func read(_ output: SubprocessOutputSequence) async {
        var splitter = LineSplitter()
        do {
            for try await buffer in output {
                for line in buffer.withUnsafeBytes({ splitter.append($0) }) { take(line) }
                while !state.withLock({ $0.isRead }) { try await Task.sleep(for: Self.readingPause) }
            }
        } catch {
            // It is dead, or is to die: nobody reads on, and it would stand still at a full pipe.
            signal(SIGKILL)
        }
        if let line = splitter.finish() { take(line) }
    }

    private func take(_ line: String) {
        state.withLock { state in
            if state.tail.count == Self.tailLines { state.tail.removeFirst() }
            state.tail.append(line)
        }
        onLine(line)
        if line.hasPrefix(Self.servingPrefix) { serving.fulfil(String(line.dropFirst(Self.servingPrefix.count))) }
    }
}
