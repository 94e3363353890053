import Foundation
import Harness
import Synchronization

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
        var process: Process?
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
    /// - Parameter failpoints: for `TCC_FAILPOINTS`; nil for none.
    /// - Throws: ``Misuse`` if the last life has not ended, or whatever the system meets.
    func start(failpoints: String?) throws {
        guard !isRunning else { throw Misuse(description: "\(name) runs already") }
        let life = state.withLock { state in
            state.lives += 1
            return state.lives
        }
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        var environment = ProcessInfo.processInfo.environment
        for name in ["HOST", "PORT", "DATA_DIR", "SECRET_FILE", "LOG_LEVEL"] { environment[name] = nil }
        environment["SWIFT_BACKTRACE"] = "enable=no"
        environment["TCC_FAILPOINTS"] = failpoints
        environment.merge(self.environment) { _, own in own }
        process.environment = environment
        process.currentDirectoryURL = logFolder
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try file("\(name).\(life).stdout")
        process.standardError = try file("\(name).\(life).stderr")
        try Launch.run(process)
        Watchdog.shared.watch(process.processIdentifier)
        state.withLock { $0.process = process }
    }

    private func file(_ name: String) throws -> FileHandle {
        let url = logFolder.appendingPathComponent(name)
        try Data().write(to: url)
        return try FileHandle(forWritingTo: url)
    }

    var isRunning: Bool { state.withLock { $0.process?.isRunning ?? false } }

    /// How often it was started.
    var lives: Int { state.withLock { $0.lives } }

    var pid: Int32? { state.withLock { $0.process?.processIdentifier } }

    /// Sends a signal to the process, if it lives.
    func signal(_ number: Int32) {
        state.withLock { state in
            guard let process = state.process, process.isRunning else { return }
            kill(process.processIdentifier, number)
        }
    }

    /// Waits for the end of this life.
    @discardableResult
    func waitForDeath(within limit: Duration = .seconds(10)) async throws -> Death {
        try await eventually("\(name) is dead", within: limit) { !isRunning }
        return try state.withLock { state in
            guard let process = state.process else { throw Misuse(description: "\(name) was never started") }
            Watchdog.shared.forget(process.processIdentifier)
            let isSignal = process.terminationReason == .uncaughtSignal
            return Death(
                signal: isSignal ? process.terminationStatus : nil,
                exitCode: isSignal ? nil : process.terminationStatus
            )
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
