import Foundation
import Synchronization
import TCC
import Verification

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
        guard fault.kind == .kill else {
            try await make(fault, until: end)
            return recoveries.faultEnds()
        }
        for party in fault.parties { keepers[party]?.kill() }
        try await Task.sleep(until: end, clock: .continuous)
        // Before the processes are started: their recovery is to be measured.
        recoveries.faultEnds()
        for party in fault.parties { keepers[party]?.wake() }
    }

    private func make(_ fault: Fault, until end: ContinuousClock.Instant) async throws {
        let keepers = fault.parties.compactMap { self.keepers[$0] }
        switch fault.kind {
        case .kill: break
        case .pause:
            for keeper in keepers { keeper.pause(true) }
            try await Task.sleep(until: end, clock: .continuous)
            for keeper in keepers { keeper.pause(false) }
        case .failpoint:
            for keeper in keepers {
                keeper.kill()
                keeper.wake(arms: fault.failpoints)
            }
            try await Task.sleep(until: end, clock: .continuous)
            for keeper in keepers { keeper.disarm() }
        case .diskFull:
            for keeper in keepers { keeper.allowDeath(true) }
            let disks = fault.parties.compactMap { self.disks[$0] }
            for disk in disks { try disk.fill() }
            try await Task.sleep(until: end, clock: .continuous)
            for disk in disks { try disk.empty() }
            // What it wrote into the last corner may still be under way.
            try await Task.sleep(for: .milliseconds(100))
            for keeper in keepers { keeper.allowDeath(false) }
        case .clock:
            for party in fault.parties { try FakeClock.set(fault.skew, for: party, in: stack.folder) }
            try await Task.sleep(until: end, clock: .continuous)
            for party in fault.parties { try FakeClock.set(.zero, for: party, in: stack.folder) }
        case .partition, .delay, .loss, .duplicate, .replyLoss:
            let proxies = stack.proxies.filter { fault.links.contains($0.link) }
            for proxy in proxies { proxy.begin(fault.number, fault.weather) }
            try await Task.sleep(until: end, clock: .continuous)
            for proxy in proxies { proxy.end(fault.number) }
        }
    }
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
