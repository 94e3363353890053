import Foundation
import Supervision
import TCCHTTP

/// Syncs, as `strace` sees them: in a round of its own, because it slows what it looks at, though it stops a process at
/// these calls only.
package enum SyncTrace {
    private static let executable: String? = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { "\($0)/strace" }.first { FileManager.default.isExecutableFile(atPath: $0) }

    /// Whether there is an `strace` that may trace.
    static func isUsable() async -> Bool {
        guard let executable else { return false }
        let arguments = ["-f", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "/bin/true"]
        let ended = await ChildCommand(name: "strace", program: executable, arguments: arguments).runToItsEnd()
        return ended.death == .exited(0)
    }

    /// A command that runs another and writes down its syncs.
    ///
    /// - Parameters:
    ///   - program: the other's path.
    ///   - arguments: the other's arguments.
    ///   - output: the file for the trace.
    /// - Returns: what to start instead.
    static func command(
        _ program: String,
        _ arguments: [String],
        output: URL
    ) -> (program: String, arguments: [String]) {
        let options = [
            "-f", "--seccomp-bpf", "-ttt", "-o", output.path(percentEncoded: false), "-e", "trace=fsync,fdatasync",
        ]
        return (executable ?? "strace", options + [program] + arguments)
    }

    /// Counts the syncs that began between two moments.
    ///
    /// - Parameters:
    ///   - trace: the trace's text; each line is a thread's id, the time and the call.
    ///   - window: seconds since 1970.
    /// - Returns: how many.
    package static func count(in trace: String, within window: ClosedRange<Double>) -> Int {
        trace.split(separator: "\n")
            .count { line in
                let words = line.split(separator: " ", maxSplits: 2)
                guard words.count == 3, let time = Double(words[1]), window.contains(time) else { return false }
                return words[2].hasPrefix("fdatasync(") || words[2].hasPrefix("fsync(")
            }
    }

    private static let warmUp = Duration.milliseconds(500)
    private static let length = Duration.seconds(2)

    /// Counts syncs for each publish, by process.
    ///
    /// - Parameters:
    ///   - clients: how many publish at once.
    ///   - folder: an empty folder.
    ///   - progress: says what is going on.
    /// - Returns: nil if nothing can be traced here.
    /// - Throws: whatever keeps the processes from being started.
    static func syncsPerPublish(
        clients: Int,
        in folder: URL,
        _ progress: BenchProgress
    ) async throws -> [String: Double]? {
        guard await isUsable() else { return nil }
        progress.show("publish, \(clients) clients: counting syncs")
        let servers = BenchStack.Server.allCases
        let (window, done) = try await BenchStack.with(folder, isTraced: true) { stack in
            let script = Script.publish(port: stack.port(.orchestrator), token: try await stack.token(.author))
            let load = try await LoadClients.connect(clients, script)
            _ = try await load.run(for: warmUp)
            let start = Date().timeIntervalSince1970
            let tally = try await load.run(for: length)
            // Its last requests are answered after the round: the syncs count that the round's answers waited for.
            let window = start...(start + tally.seconds)
            try await load.close()
            return (window, tally.done.count)
        }
        guard done > 0 else { return nil }
        var result: [String: Double] = [:]
        for server in servers {
            let file = folder.appending(path: "\(server.rawValue).trace")
            let trace = String(decoding: try Data(contentsOf: file), as: UTF8.self)
            result[server.rawValue] = Double(count(in: trace, within: window)) / Double(done)
        }
        return result
    }
}
