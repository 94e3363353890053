import Foundation
import Supervision
import Synchronization
import TCC
import Verification

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Keeps one process alive, as a supervisor would, but for when a fault wants it dead.
final class Keeper: Sendable {
    private struct State {
        /// Whether it is to live.
        var isWanted = true
        /// Where its next life is to die.
        var arms: String?
        /// Where this life is to die.
        var armed: String?
        /// Whether somebody has ended this life on purpose.
        var isOrdered = false
        /// Whether it may die by itself: its disk is full.
        var mayDie = false
        var isReady = false
        var lives = 0
    }

    let party: Party
    private let stack: Stack
    private let recorder: Recorder
    private let waits: Waits
    private let recoveries: Recoveries
    private let state = Mutex(State())

    init(_ party: Party, stack: Stack, recorder: Recorder, waits: Waits, recoveries: Recoveries) {
        self.party = party
        self.stack = stack
        self.recorder = recorder
        self.waits = waits
        self.recoveries = recoveries
    }

    /// Whether it serves.
    var isReady: Bool { state.withLock { $0.isReady } }

    // MARK: What faults do

    /// Kills it; it stays dead until it is woken.
    ///
    /// - Returns: whether it lived.
    @discardableResult
    func kill() -> Bool {
        let lived = isAlive
        state.withLock { state in
            state.isWanted = false
            state.isOrdered = true
        }
        stack.life(party)?.signal(SIGKILL)
        return lived
    }

    /// Whether there is a process.
    private var isAlive: Bool { stack.life(party).map { $0.pid != nil && !$0.death.isFulfilled } ?? false }

    /// Has it started again.
    ///
    /// - Parameter arms: where the next life is to die; nil for nowhere.
    func wake(arms: String? = nil) {
        state.withLock { state in
            state.arms = arms
            state.isWanted = true
        }
    }

    /// Sees to it that no life is to die any more: one that is gets killed, to be started again.
    ///
    /// - Returns: whether one had to be killed.
    @discardableResult
    func disarm() -> Bool {
        let isArmed = state.withLock { state in
            state.arms = nil
            guard state.armed != nil else { return false }
            state.isOrdered = true
            return true
        }
        if isArmed { stack.life(party)?.signal(SIGKILL) }
        return isArmed
    }

    /// Stops it, or has it go on.
    ///
    /// - Returns: whether there was a process to be stopped.
    @discardableResult
    func pause(_ isPaused: Bool) -> Bool {
        stack.life(party)?.signal(isPaused ? SIGSTOP : SIGCONT)
        return isAlive
    }

    /// The process's id, if there is a process.
    var pid: Int32? { isAlive ? stack.life(party)?.pid : nil }

    /// Whether what it writes is read.
    func readOutput(_ isRead: Bool) { stack.life(party)?.readOutput(isRead) }

    /// Whether the process, if there is one, has a wall clock that can be set.
    var hasFakeClock: Bool { stack.life(party)?.pid.map(FakeClock.isIn) ?? false }

    /// Whether it may die by itself, as it does when it cannot know what is on its disk.
    func allowDeath(_ mayDie: Bool) { state.withLock { $0.mayDie = mayDie } }

    // MARK: Living

    /// Keeps it alive until the task is cancelled.
    func run() async throws {
        while true {
            while !state.withLock({ $0.isWanted }) { try await Task.sleep(for: .milliseconds(2)) }
            try await live()
        }
    }

    private func live() async throws {
        let (failpoints, number) = state.withLock { state in
            state.armed = state.arms
            state.arms = nil
            state.isOrdered = false
            state.lives += 1
            return (state.armed, state.lives)
        }
        let start = ContinuousClock.now
        let life = try await stack.begin(party, failpoints: failpoints)
        // Somebody wanted it dead while it was being born.
        if !state.withLock({ $0.isWanted && !$0.isOrdered }) { life.signal(SIGKILL) }
        let death = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.greet(life, since: start, isFirst: number == 1) }
            let death = try await life.death.value()
            group.cancelAll()
            return death
        }
        state.withLock { $0.isReady = false }
        stack.bury(party)
        waits.moved()
        await judge(death, of: life)
    }

    /// Waits until it serves, and then until it has recovered.
    private func greet(_ life: ChildLife, since start: ContinuousClock.Instant, isFirst: Bool) async throws {
        try await waits.during(party.rawValue, "its readiness") {
            while !(try await stack.isReady(party)) { try await Task.sleep(for: .milliseconds(3)) }
        }
        state.withLock { $0.isReady = true }
        waits.moved()
        guard !isFirst else { return }
        recorder.note(.ready(party: party.rawValue, milliseconds: (ContinuousClock.now - start) / .milliseconds(1)))
        try await recoveries.measure()
    }

    private func judge(_ death: Death, of life: ChildLife) async {
        let (armed, isOrdered, mayDie) = state.withLock { state in
            defer { state.armed = nil }
            return (state.armed, state.isOrdered, state.mayDie)
        }
        recorder.died()
        // `try?`: the next look will do, if this one meets a database in motion.
        try? await recorder.observe(stack.databases)
        if isOrdered { return }
        if let armed, death == .killed(signal: SIGKILL) {
            let name = armed.prefix { $0 != "=" }
            return recorder.note(.failpoints(party: party.rawValue, hits: [String(name): 1]))
        }
        if mayDie, case .exited = death { return }
        // A Swift program that traps says why before it lists where it was.
        let reason = life.tail.last { $0.contains("Fatal error") } ?? life.tail.last
        let last = reason.map { ": \($0)" } ?? ""
        recorder.note(.contradiction(Violation(8, "\(party.rawValue) died by itself, \(death)\(last)")))
    }
}

/// Measures how long it takes after a death until everything is finished that it left unfinished.
final class Recoveries: Sendable {
    private static let interval = Duration.milliseconds(5)
    private static let longest = Duration.seconds(6)

    private struct State {
        /// Faults that are on.
        var active = 0
        /// Faults that there have been.
        var begun = 0
    }

    private let databases: Databases
    private let recorder: Recorder
    private let state = Mutex(State())

    init(_ databases: Databases, _ recorder: Recorder) {
        self.databases = databases
        self.recorder = recorder
    }

    /// A fault begins.
    func faultBegins() {
        state.withLock { state in
            state.active += 1
            state.begun += 1
        }
    }

    /// A fault is taken back.
    func faultEnds() { state.withLock { $0.active -= 1 } }

    /// Measures one recovery, if nothing else goes wrong meanwhile.
    func measure() async throws {
        let begun = state.withLock { $0.active == 0 ? $0.begun : nil }
        guard let begun else { return }
        let start = ContinuousClock.now
        let left = try await databases.aside { try $0.unfinishedTransactions() }
        guard !left.isEmpty else { return }
        while state.withLock({ $0.begun == begun }), ContinuousClock.now - start < Self.longest {
            let unfinished = try await databases.aside { try $0.unfinishedTransactions() }
            if left.keys.allSatisfy({ unfinished[$0] == nil }) {
                let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
                return recorder.note(.recovered(milliseconds: milliseconds, transactions: left.count))
            }
            try await Task.sleep(for: Self.interval)
        }
    }
}
