import Foundation
import Harness
import Subprocess
import Synchronization

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

/// One of the servers, life after life.
final class ServerProcess: Sendable {
    /// How a life ended.
    struct Death: Hashable, Sendable {
        /// The signal that ended it, if one did.
        var signal: Int32?
        /// Its exit code, if it ended itself.
        var exitCode: Int32?
    }

    struct Misuse: Error, CustomStringConvertible {
        let description: String
    }

    private struct State {
        var pid: Int32?
        var death: Death?
        var lives = 0
    }

    /// What its log files and failures call it.
    let name: String
    private let executable: URL
    private let arguments: [String]
    private let environment: [String: String]
    private let logFolder: URL
    private let state = Mutex(State())

    init(
        name: String,
        executable: URL,
        arguments: [String],
        environment: [String: String] = [:],
        logFolder: URL
    ) {
        self.name = name
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.logFolder = logFolder
    }

    /// Begins a new life.
    ///
    /// - Parameters:
    ///   - failpoints: for `TCC_FAILPOINTS`; nil for none.
    ///   - lifeEnvironment: for this life alone.
    /// - Throws: ``Misuse`` if the last life has not ended or this one does not begin, or whatever the system meets.
    func start(failpoints: String?, lifeEnvironment: [String: String] = [:]) async throws {
        guard !isRunning else { throw Misuse(description: "\(name) runs already") }
        let life = state.withLock { state in
            state.lives += 1
            (state.pid, state.death) = (nil, nil)
            return state.lives
        }
        let (output, error) = (try file("\(name).\(life).stdout"), try file("\(name).\(life).stderr"))
        // Its end is waited for beside the test, as a supervisor would.
        Task { await live(failpoints: failpoints, lifeEnvironment, output, error) }
        try await eventually("\(name) is started") { state.withLock { $0.pid != nil || $0.death != nil } }
        if pid == nil { throw Misuse(description: "\(name) cannot be started: \(logTail)") }
    }

    private func live(
        failpoints: String?,
        _ lifeEnvironment: [String: String],
        _ output: FileDescriptor,
        _ error: FileDescriptor
    ) async {
        var changes: [Environment.Key: String?] = ["SWIFT_BACKTRACE": "enable=no", "TCC_FAILPOINTS": failpoints]
        for name in ["HOST", "PORT", "DATA_DIR", "SECRET_FILE", "LOG_LEVEL"] {
            changes.updateValue(nil, forKey: .init(stringLiteral: name))
        }
        for (name, value) in environment.merging(lifeEnvironment, uniquingKeysWith: { $1 }) {
            changes[.init(stringLiteral: name)] = value
        }
        do {
            // A library that is loaded before it may move the environment, behind which Swift looks for its arguments; the
            // shell has moved it by then.
            let shell = lifeEnvironment["LD_PRELOAD"] == nil ? nil : ["-c", "exec \"$@\"", "sh", executable.path]
            let result = try await Subprocess.run(
                .path(FilePath(shell == nil ? executable.path : "/bin/sh")),
                arguments: Arguments((shell ?? []) + arguments),
                environment: .inherit.updating(changes),
                workingDirectory: FilePath(logFolder.path),
                input: .none,
                output: .fileDescriptor(output, closeAfterSpawningProcess: true),
                error: .fileDescriptor(error, closeAfterSpawningProcess: true)
            ) { execution in
                let pid = execution.processIdentifier.value
                Watchdog.shared.watch(pid)
                state.withLock { $0.pid = pid }
            }
            switch result.terminationStatus {
            case .exited(let code): end(Death(exitCode: code))
            case .signaled(let number): end(Death(signal: number))
            }
        } catch {
            end(Death())
        }
    }

    private func end(_ death: Death) {
        let pid = state.withLock { state in
            state.death = death
            return state.pid
        }
        if let pid { Watchdog.shared.forget(pid) }
    }

    private func file(_ name: String) throws -> FileDescriptor {
        try FileDescriptor.open(
            FilePath(logFolder.appendingPathComponent(name).path),
            .writeOnly,
            options: [.create, .truncate, .closeOnExec],
            permissions: .ownerReadWrite
        )
    }

    var isRunning: Bool { state.withLock { $0.pid != nil && $0.death == nil } }

    /// How often it was started.
    var lives: Int { state.withLock { $0.lives } }

    var pid: Int32? { state.withLock { $0.pid } }

    /// Sends a signal to the process, if it lives.
    func signal(_ number: Int32) {
        state.withLock { state in
            guard let pid = state.pid, state.death == nil else { return }
            kill(pid, number)
        }
    }

    /// Waits for the end of this life.
    @discardableResult
    func waitForDeath(within limit: Duration = .seconds(10)) async throws -> Death {
        try await eventually("\(name) is dead", within: limit) { !isRunning }
        return try state.withLock { state in
            guard let death = state.death else { throw Misuse(description: "\(name) was never started") }
            return death
        }
    }

    /// What this life wrote to stdout or stderr so far.
    func output(_ stream: String) -> String {
        let life = state.withLock { $0.lives }
        return text(stream, ofLife: life)
    }

    /// The ends of what all lives wrote to stderr, for a failure's message.
    var logTail: String {
        let lives = state.withLock { $0.lives }
        guard lives > 0 else { return "" }
        return (1...lives)
            .map { life in
                let lines = text("stderr", ofLife: life).split(separator: "\n").suffix(25).joined(separator: "\n")
                return "--- \(name), life \(life)\n\(lines)"
            }
            .joined(separator: "\n")
    }

    private func text(_ stream: String, ofLife life: Int) -> String {
        let url = logFolder.appendingPathComponent("\(name).\(life).\(stream)")
        guard let data = FileManager.default.contents(atPath: url.path) else { return "" }
        return String(decoding: data, as: UTF8.self)
    }
}
