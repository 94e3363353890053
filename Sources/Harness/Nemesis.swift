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
    func note(_ fault: Fault) {
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
        case .descriptors:
            for keeper in keepers { try await exhaustDescriptors(of: keeper, fault, until: end) }
        case .stderr:
            for keeper in keepers { try await leaveUnread(keeper, fault, until: end) }
        case .dns: try await breakNames(fault, until: end)
        case .clock, .clockDay:
            for party in fault.parties { try FakeClock.set(fault.skew, for: party, in: stack.folder) }
            if keepers.contains(where: \.hasFakeClock) { note(fault) }
            try await Task.sleep(until: end, clock: .continuous)
            for party in fault.parties { try FakeClock.set(.zero, for: party, in: stack.folder) }
        case .partition, .delay, .loss, .duplicate, .replyLoss, .stall, .trickle:
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
