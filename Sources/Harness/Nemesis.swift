import Foundation
import Synchronization
import TCC
import Verification

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Does what a plan of faults says.
struct Nemesis: Sendable {
    let stack: Stack
    let keepers: [Party: Keeper]
    let disks: [Party: FullDisk]
    let recorder: Recorder
    let recoveries: Recoveries
    /// How long the history had gone on when the plan's time began.
    var offset = Duration.zero

    /// Does everything that the plan says, each at its time; when it returns, everything has been taken back.
    ///
    /// - Parameters:
    ///   - plan: the plan.
    ///   - begin: when the run began.
    /// - Throws: what keeps a fault from being made or taken back.
    func run(_ plan: FaultPlan, since begin: ContinuousClock.Instant) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for fault in plan.faults {
                group.addTask {
                    try await Task.sleep(until: begin + fault.begin, clock: .continuous)
                    try await perform(fault, until: begin + fault.end)
                }
            }
            for try await _ in group {}
        }
    }

    private func perform(_ fault: Fault, until end: ContinuousClock.Instant) async throws {
        recoveries.faultBegins()
        guard fault.kind == .kill else {
            try await make(fault, until: end)
            return recoveries.faultEnds()
        }
        if fault.parties.map({ keepers[$0]?.kill() ?? false }).contains(true) { note(fault) }
        try await Task.sleep(until: end, clock: .continuous)
        // Before the processes are started: their recovery is to be measured.
        recoveries.faultEnds()
        for party in fault.parties { keepers[party]?.wake() }
    }

    /// Notes a fault once it has happened: what was only planned, or done to nobody, proves nothing.
    private func note(_ fault: Fault) {
        recorder.note(
            .fault(
                RecordedFault(
                    fault.kind,
                    party: fault.target,
                    detail: fault.detail,
                    untilMilliseconds: (offset + fault.end) / .milliseconds(1)
                )
            )
        )
    }

    private func make(_ fault: Fault, until end: ContinuousClock.Instant) async throws {
        let keepers = fault.parties.compactMap { self.keepers[$0] }
        switch fault.kind {
        case .kill: break
        case .pause:
            if keepers.map({ $0.pause(true) }).contains(true) { note(fault) }
            try await Task.sleep(until: end, clock: .continuous)
            for keeper in keepers { keeper.pause(false) }
        case .failpoint:
            for keeper in keepers {
                keeper.kill()
                keeper.wake(arms: fault.failpoints)
            }
            // It is armed; whether it dies there is noted when it does.
            note(fault)
            try await Task.sleep(until: end, clock: .continuous)
            for keeper in keepers { keeper.disarm() }
        case .diskFull:
            for keeper in keepers { keeper.allowDeath(true) }
            let disks = fault.parties.compactMap { self.disks[$0] }
            for disk in disks { try disk.fill() }
            if disks.contains(where: \.isFull) { note(fault) }
            try await Task.sleep(until: end, clock: .continuous)
            for disk in disks { try disk.empty() }
            // What it wrote into the last corner may still be under way.
            try await Task.sleep(for: .milliseconds(100))
            for keeper in keepers { keeper.allowDeath(false) }
        case .clock:
            for party in fault.parties { try FakeClock.set(fault.skew, for: party, in: stack.folder) }
            if keepers.contains(where: \.hasFakeClock) { note(fault) }
            try await Task.sleep(until: end, clock: .continuous)
            for party in fault.parties { try FakeClock.set(.zero, for: party, in: stack.folder) }
        case .partition, .delay, .loss, .duplicate, .replyLoss:
            let proxies = stack.proxies.filter { fault.links.contains($0.link) }
            let isNoted = Once()
            for proxy in proxies {
                proxy.begin(fault.number, fault.weather) { if isNoted.isFirst { note(fault) } }
            }
            try await Task.sleep(until: end, clock: .continuous)
            for proxy in proxies { proxy.end(fault.number) }
        }
    }
}

/// Something that several links may do, and that counts once.
private final class Once: Sendable {
    private let isDone = Atomic(false)

    /// Whether nobody has asked before.
    var isFirst: Bool { !isDone.exchange(true, ordering: .relaxed) }
}

/// Wall clocks that can be set, by libfaketime.
package enum FakeClock {
    private static let libraries = [
        "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
        "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
        "/usr/lib64/faketime/libfaketimeMT.so.1", "/usr/lib/faketime/libfaketimeMT.so.1",
    ]

    /// The library, if it is installed.
    package static var library: String? {
        libraries.first { FileManager.default.fileExists(atPath: $0) }
    }

    /// Whether a process has loaded it.
    ///
    /// - Parameter pid: the process.
    /// - Returns: false if it has not, or is gone.
    static func isIn(_ pid: Int32) -> Bool {
        // Read by hand: Foundation takes a file of /proc to be at its end after the first page.
        guard let maps = fopen("/proc/\(pid)/maps", "r") else { return false }
        defer { fclose(maps) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        while getline(&line, &capacity, maps) > 0 {
            if let line, strstr(line, "libfaketime") != nil { return true }
        }
        return false
    }

    /// Lets a process's clock be set.
    ///
    /// - Parameters:
    ///   - party: the process.
    ///   - folder: where its setting is kept.
    ///   - library: libfaketime.
    /// - Returns: what its environment needs.
    /// - Throws: what keeps the setting from being written.
    static func environment(for party: Party, in folder: URL, _ library: String) throws -> [String: String?] {
        try set(.zero, for: party, in: folder)
        return [
            "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": file(party, folder).path(percentEncoded: false),
            // Timers go by a clock that never jumps.
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_NO_CACHE": "1",
        ]
    }

    /// Sets a clock.
    ///
    /// - Parameters:
    ///   - skew: how far ahead it is.
    ///   - party: whose it is.
    ///   - folder: where its setting is kept.
    /// - Throws: what keeps it from being written.
    static func set(_ skew: Duration, for party: Party, in folder: URL) throws {
        let seconds = Double(skew.wholeMilliseconds) / 1000
        try Data("\(seconds < 0 ? "" : "+")\(seconds)".utf8).write(to: file(party, folder), options: .atomic)
    }

    private static func file(_ party: Party, _ folder: URL) -> URL {
        folder.appending(path: "\(party.rawValue).clock")
    }
}
