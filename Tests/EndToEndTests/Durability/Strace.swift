import Foundation
import Harness
import Supervision

/// `strace` (Debian: `apt-get install strace`), which writes down a process's system calls.
enum Strace {
    /// Why a suite that needs it does not run.
    static let advice = """
        strace is missing, or may not trace here: durability is NOT checked. Install it (Debian: apt-get install \
        strace); in a container, allow ptrace.
        """

    /// What a write to disk, a request and an answer are made of.
    private static let calls = [
        "read", "readv", "recvfrom", "recvmsg", "write", "writev", "pwrite64", "sendto", "sendmsg", "sendmmsg", "fsync",
        "fdatasync",
    ]

    private static let executable: URL? = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { URL(fileURLWithPath: "\($0)/strace") }.first { FileManager.default.isExecutableFile(atPath: $0.path) }

    /// Whether a process can be traced here.
    static func isUsable() async -> Bool {
        guard let executable else { return false }
        let output = FileManager.default.temporaryDirectory
            .appendingPathComponent("tcc-strace-\(UInt64.random(in: .min ... .max))")
        defer { try? FileManager.default.removeItem(at: output) }  // `try?`: it may never have been made
        let shell = URL(fileURLWithPath: "/bin/sh")
        let (program, arguments) = command(executable, shell, ["-c", "echo"], output: output)
        // At the end of its output both are gone, the traced process and its tracer.
        _ = await ChildCommand(name: "strace", program: program.path, arguments: arguments).runToItsEnd()
        let trace = FileManager.default.contents(atPath: output.path) ?? Data()
        return String(decoding: trace, as: UTF8.self).contains("+++ exited with 0 +++")
    }

    /// A command that runs another under strace, in a process that is the other's own: with its id, signals and end.
    ///
    /// - Parameters:
    ///   - program: the other's executable.
    ///   - arguments: the other's arguments.
    ///   - output: the file for the trace.
    /// - Returns: the executable and the arguments; the other's own if there is no strace.
    static func command(_ program: URL, _ arguments: [String], output: URL) -> (URL, [String]) {
        guard let executable else { return (program, arguments) }
        let (strace, options) = command(executable, program, arguments, output: output)
        return (strace, options)
    }

    private static func command(
        _ strace: URL,
        _ program: URL,
        _ arguments: [String],
        output: URL
    ) -> (URL, [String]) {
        // -D: the tracer is the grandchild. -s: no body is cut off. The filter spares all other calls the detour.
        let options = ["-D", "-f", "--seccomp-bpf", "-tt", "-y", "-s", "\(1 << 20)", "-o", output.path]
        return (strace, options + ["-e", "trace=\(calls.joined(separator: ","))", program.path] + arguments)
    }

    /// A trace to its end, once the traced process has ended.
    ///
    /// - Parameter output: the file.
    /// - Returns: its text.
    /// - Throws: ``NotInTime`` if its end is not written.
    static func read(_ output: URL) async throws -> [UInt8] {
        var trace = Data()
        try await eventually("the trace in \(output.lastPathComponent) is complete") {
            trace = FileManager.default.contents(atPath: output.path) ?? Data()
            let end = String(decoding: trace.suffix(200), as: UTF8.self)
            // The first thread's is the last line.
            return end.hasSuffix(" +++\n") && hasEnded(trace)
        }
        return Array(trace)
    }

    /// Whether the thread that the first line is of has ended: the process's first one, which ends last.
    private static func hasEnded(_ trace: Data) -> Bool {
        let thread = trace.prefix { $0 != UInt8(ascii: " ") }
        guard let last = trace.dropLast().split(separator: UInt8(ascii: "\n")).last else { return false }
        return last.starts(with: thread)
    }
}
