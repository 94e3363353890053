import NIOCore
import Synchronization
import TCC
import Verification

/// Faults of what a process is given by the system: files to open, somebody who reads what it writes, and names.
extension Nemesis {
    private static let interval = Duration.milliseconds(20)
    /// What it may take, while nobody reads what it writes, until it answers.
    private static let longestAnswer = Duration.seconds(2)
    /// More of a processor than what is still asked of it takes, as long as nobody can connect to it.
    private static let busy = 0.7
    /// Unreadable requests, each of which is worth a line in a log.
    private static let provocations = 8

    /// Leaves a process few more files than it has open, and asks it for more connections than that, which say nothing.
    ///
    /// It has to answer all the same: it keeps some files for itself, and closes idle connections for a new one.
    func exhaustDescriptors(of keeper: Keeper, _ fault: Fault, until end: ContinuousClock.Instant) async throws {
        guard let limit = keeper.pid.map({ DescriptorLimit(pid: $0) }), let before = limit.soft else {
            return try await Task.sleep(until: end, clock: .continuous)
        }
        let low = limit.leaving(fault.spareDescriptors)
        let pid = keeper.pid
        let isSet = await limit.set(low)
        var idle: [ByteConnection] = []
        defer { for connection in idle { connection.close() } }
        let (start, used) = (ContinuousClock.now, limit.processorTime)
        while isSet, idle.count < low, ContinuousClock.now < end {
            // `try?`: a process that has no file for a connection may refuse it.
            if let connection = try? await ByteConnection.connect(to: stack.port(keeper.party)) {
                idle.append(connection)
            } else {
                try await Task.sleep(for: Self.interval)
            }
        }
        let isFlooded = isSet && idle.count >= low
        if isFlooded { note(fault) }
        let last = max(end, .now + Self.longestAnswer)
        // If this is cancelled, the process is killed, and its limit need not be restored.
        if isFlooded, keeper.pid == pid, try await !answers(keeper.party, until: last), keeper.pid == pid {
            let found = "\(keeper.party.rawValue) does not answer where more connections are open than it has files for"
            recorder.note(.contradiction(Violation(8, found)))
        }
        try await Task.sleep(until: end, clock: .continuous)
        let share = used.flatMap { used in limit.processorTime.map { ($0 - used) / (ContinuousClock.now - start) } }
        // Otherwise it may have had to do a lot.
        if fault.isAlone, isFlooded, let share, share > Self.busy {
            let text = "used \(Int(share * 100)) % of a processor where connections wait for files"
            recorder.note(.contradiction(Violation(8, "\(keeper.party.rawValue) spins: it \(text)")))
        }
        _ = await limit.set(before)
    }

    /// Reads nothing from a process's standard error, whose pipe is full, and gives the process something to write.
    ///
    /// It has to answer all the same.
    func leaveUnread(_ keeper: Keeper, _ fault: Fault, until end: ContinuousClock.Instant) async throws {
        guard let pid = keeper.pid else { return try await Task.sleep(until: end, clock: .continuous) }
        let pipe = OutputPipe(pid: pid)
        keeper.readOutput(false)
        defer { keeper.readOutput(true) }
        var isNoted = false
        // What was being read when reading ended takes the first filling with it.
        while ContinuousClock.now < end - Self.longestAnswer || !isNoted && ContinuousClock.now < end {
            if pipe.fill(), !isNoted {
                note(fault)
                isNoted = true
                await provoke(keeper.party)
            }
            try await Task.sleep(for: Self.interval)
        }
        let last = max(end, .now + Self.longestAnswer)
        if isNoted, keeper.pid == pid, try await !answers(keeper.party, until: last) {
            let found = "\(keeper.party.rawValue) does not answer as long as nobody reads its standard error"
            recorder.note(.contradiction(Violation(8, found)))
        }
        try await Task.sleep(until: end, clock: .continuous)
    }

    private func provoke(_ party: Party) async {
        for _ in 0..<Self.provocations {
            // `try?`: it is to be written about, whether it is heard to the end or not.
            guard let connection = try? await ByteConnection.connect(to: stack.port(party)) else { continue }
            _ = try? await connection.write(ByteBuffer(string: "this is no request\r\n\r\n"))
            connection.close()
        }
    }

    private func answers(_ party: Party, until end: ContinuousClock.Instant) async throws -> Bool {
        repeat {
            if try await stack.isAlive(party) { return true }
            try await Task.sleep(for: Self.interval)
        } while ContinuousClock.now < end
        return false
    }

    /// Has names resolve no more, and whoever calls by them started anew: an address is good for a while.
    ///
    /// It is noted once somebody has asked in vain and serves again, so that its start is not taken for the name's doing.
    func breakNames(_ fault: Fault, until end: ContinuousClock.Instant) async throws {
        let asked = Once()
        stack.names?.begin(fault.number, fault.names, Set(fault.links.map(\.name))) { _ = asked.isFirst }
        let restarted = fault.restarted.compactMap { keepers[$0] }
        for keeper in restarted {
            keeper.kill()
            keeper.wake()
        }
        while restarted.contains(where: \.isReady), ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(2))
        }
        var isNoted = false
        while ContinuousClock.now < end {
            if !isNoted, asked.isDone, restarted.allSatisfy(\.isReady) {
                note(fault)
                isNoted = true
            }
            try await Task.sleep(for: Self.interval)
        }
        stack.names?.end(fault.number)
    }
}

/// Something that several links may do, and that counts once.
final class Once: Sendable {
    private let done = Atomic(false)

    /// Whether nobody has asked before.
    var isFirst: Bool { !done.exchange(true, ordering: .relaxed) }

    /// Whether somebody has.
    var isDone: Bool { done.load(ordering: .relaxed) }
}
