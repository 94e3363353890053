import Foundation
import Supervision

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// How many files a process may have open, read and set from outside.
package struct DescriptorLimit: Sendable {
    /// The program that sets it, of util-linux.
    private static let program = "prlimit"

    private let pid: Int32

    /// The limit of one process.
    ///
    /// - Parameter pid: the process.
    package init(pid: Int32) { self.pid = pid }

    /// Whether limits of other processes can be set here.
    ///
    /// - Returns: whether they can.
    package static func isAvailable() async -> Bool {
        #if os(Linux)
        await ChildCommand(name: program, program: program, arguments: ["--version"]).runToItsEnd().death == .exited(0)
        #else
        false
        #endif
    }

    /// What the limit is now.
    package var soft: Int? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/limits", encoding: .utf8) else {
            return nil  // `try?`: the process is gone
        }
        return text.split(separator: "\n").first { $0.hasPrefix("Max open files") }
            .flatMap { $0.split(separator: " ").dropFirst(3).first }.flatMap { Int($0) }
    }

    /// How much processor time the process has used.
    package var processorTime: Duration? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else {
            return nil  // `try?`: the process is gone
        }
        // Behind the program's name, which may have spaces in it, the 14th and the 15th field of all (proc(5)).
        let fields = text.drop { $0 != ")" }.split(separator: " ")
        guard fields.count > 13, let user = Int(fields[12]), let system = Int(fields[13]) else { return nil }
        return .seconds(user + system) / sysconf(Int32(_SC_CLK_TCK))
    }

    /// The numbers of the files that the process has open.
    package var open: Set<Int> {
        // `try?`: the process is gone.
        Set(((try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd")) ?? []).compactMap { Int($0) })
    }

    /// A limit that leaves as many files again as are open, and some.
    ///
    /// Not fewer: a server keeps half of few files for what is not a connection, and the runtime traps where it has none.
    ///
    /// - Parameter spare: how many more.
    /// - Returns: the limit.
    package func leaving(_ spare: Int) -> Int { 2 * ((open.max() ?? 0) + 1) + spare }

    /// Sets the limit; what is open stays open.
    ///
    /// - Parameter limit: the limit.
    /// - Returns: whether it is set.
    package func set(_ limit: Int) async -> Bool {
        await ChildCommand(
            name: Self.program,
            program: Self.program,
            arguments: ["--pid", "\(pid)", "--nofile=\(limit):"]
        )
        .runToItsEnd().death == .exited(0)
    }
}
