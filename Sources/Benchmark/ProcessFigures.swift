import Foundation

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What Linux says of processes in `/proc`; on other systems it says nothing, and the columns stay empty.
package enum ProcessFigures {
    /// What the processors have done since the machine's start, in clock ticks.
    package struct Machine: Hashable, Sendable {
        /// What they did, and what other machines on the same processors took of them.
        package var busy: Int
        /// That, and idleness.
        package var total: Int

        /// Makes one.
        ///
        /// - Parameters:
        ///   - busy: what they did.
        ///   - total: that, and idleness.
        package init(busy: Int, total: Int) {
            self.busy = busy
            self.total = total
        }
    }

    /// Clock ticks a second.
    static let ticksPerSecond = max(1, sysconf(Int32(_SC_CLK_TCK)))

    /// A process's time on the processors, its own and the kernel's for it.
    ///
    /// - Parameter stat: the text of `/proc/PID/stat`.
    /// - Returns: clock ticks.
    package static func ticks(stat: String) -> Int? {
        // The name is in brackets and may hold anything, brackets included.
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else { return nil }
        return user + system
    }

    /// The most memory that a process ever had.
    ///
    /// - Parameter status: the text of `/proc/PID/status`.
    /// - Returns: bytes.
    package static func peakMemory(status: String) -> Int? {
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
    }

    /// What all processors have done.
    ///
    /// - Parameter stat: the text of `/proc/stat`.
    /// - Returns: clock ticks since the machine's start.
    package static func machine(stat: String) -> Machine? {
        guard let line = stat.split(separator: "\n").first(where: { $0.hasPrefix("cpu ") }) else { return nil }
        // user, nice, system, idle, iowait, irq, softirq, steal; what guests use is among user and nice.
        let fields = line.split(separator: " ").dropFirst().prefix(8).compactMap { Int($0) }
        guard fields.count == 8 else { return nil }
        let total = fields.reduce(0, +)
        return Machine(busy: total - fields[3] - fields[4], total: total)
    }

    /// How much of the machine others took.
    ///
    /// - Parameters:
    ///   - before: what the processors had done before.
    ///   - after: what they had done afterwards.
    ///   - ours: what our processes did in between, in ticks.
    /// - Returns: 0 to 1 of all processors; nil if no time passed.
    package static func foreignShare(from before: Machine, to after: Machine, ours: Int) -> Double? {
        guard after.total > before.total else { return nil }
        let foreign = after.busy - before.busy - ours
        return min(1, max(0, Double(foreign) / Double(after.total - before.total)))
    }
}

extension ProcessFigures {
    private static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    /// A process's time on the processors.
    static func ticks(of pid: Int32) -> Int? { text("/proc/\(pid)/stat").flatMap { ticks(stat: $0) } }

    /// The most memory that a process ever had, in bytes.
    static func peakMemory(of pid: Int32) -> Int? { text("/proc/\(pid)/status").flatMap { peakMemory(status: $0) } }

    /// What all processors have done.
    static var machine: Machine? { text("/proc/stat").flatMap { machine(stat: $0) } }

    /// The load averages, for the report.
    static var load: String? { text("/proc/loadavg")?.split(separator: " ").prefix(3).joined(separator: " ") }
}
