import Synchronization
import TCC

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The only thread of a simulated world: runs tasks' jobs and timed events, one after the other, in an order that its
/// seed alone decides.
///
/// Between two points in time it runs whatever is ready, in random order, as threads would; then its clock jumps to the
/// next event. Nothing here waits. (The approach is that of FoundationDB's simulator: Zhou et al., "FoundationDB: A
/// Distributed Unbundled Transactional Key Value Store", SIGMOD 2021.)
final class Scheduler: Sendable {
    /// An event that is to come, for whoever may want to forget it.
    final class Ticket: Sendable {
        fileprivate let at: Duration
        // Only the thread that simulates touches it.
        nonisolated(unsafe) fileprivate var fire: (@Sendable () -> Void)?

        fileprivate init(at: Duration, fire: @escaping @Sendable () -> Void) {
            self.at = at
            self.fire = fire
        }

        fileprivate func take() -> (@Sendable () -> Void)? {
            defer { fire = nil }
            return fire
        }
    }

    private struct State {
        var now = Duration.zero
        var jobs: [(job: UnownedJob, executor: LifeExecutor)] = []
        /// The events to come, the latest first.
        var events: [Ticket] = []
        /// In a systematic search: what may happen next, in any order.
        var inFlight: [@Sendable () -> Void] = []
        var choices: Choices?
        var random: SplitMix64
        var steps = 0
    }

    private let state: Mutex<State>

    init(seed: UInt64, choices: Choices? = nil) {
        self.state = Mutex(State(choices: choices, random: SplitMix64(seed: seed)))
    }

    /// The order in which things in flight happened, in a systematic search.
    var choices: Choices? { state.withLock { $0.choices } }

    /// From now on the order of what is in flight is chosen, or it is that in which it was sent.
    func setChoosing(_ isChoosing: Bool) { state.withLock { $0.choices?.isOn = isChoosing } }

    /// The simulated time since the world began.
    var now: Duration { state.withLock { $0.now } }

    /// How many jobs were run.
    var steps: Int { state.withLock { $0.steps } }

    /// Has something happen later; of what happens at one time, what was asked for first comes first.
    @discardableResult
    func at(_ time: Duration, _ fire: @escaping @Sendable () -> Void) -> Ticket {
        state.withLock { state in
            let ticket = Ticket(at: max(time, state.now), fire: fire)
            let index = state.events.partitioningIndex { $0.at <= ticket.at }
            state.events.insert(ticket, at: index)
            return ticket
        }
    }

    @discardableResult
    func after(_ wait: Duration, _ fire: @escaping @Sendable () -> Void) -> Ticket { at(now + wait, fire) }

    /// Has something happen that is under way, such as a message or a commit: after some time, or, in a systematic search,
    /// before or after anything else that is under way.
    func inFlight(_ delay: Duration, _ fire: @escaping @Sendable () -> Void) {
        let isSystematic = state.withLock { state in
            if state.choices != nil { state.inFlight.append(fire) }
            return state.choices != nil
        }
        if !isSystematic { after(delay, fire) }
    }

    /// Forgets an event; whoever forgets it does what is to be done instead.
    ///
    /// - Returns: whether it was still to come.
    func forget(_ ticket: Ticket) -> Bool { ticket.take() != nil }

    private let owner = pthread_self()

    fileprivate func enqueue(_ job: UnownedJob, _ executor: LifeExecutor) {
        precondition(pthread_equal(owner, pthread_self()) != 0, "a simulated world has one thread")
        state.withLock { $0.jobs.append((job, executor)) }
    }

    /// Runs until a time, or until nothing is left to happen.
    ///
    /// - Parameter end: the time.
    func run(until end: Duration) {
        while true {
            runReadyJobs()
            let fire: (@Sendable () -> Void)? = state.withLock { state in
                if let index = state.choices?.next(of: state.inFlight.count) { return state.inFlight.remove(at: index) }
                while let ticket = state.events.last, ticket.fire == nil { state.events.removeLast() }
                guard let ticket = state.events.last, ticket.at <= end else { return nil }
                state.events.removeLast()
                state.now = ticket.at
                return ticket.take()
            }
            guard let fire else { break }
            fire()
        }
        state.withLock { $0.now = max($0.now, end) }
    }

    private func runReadyJobs() {
        while true {
            let next: (job: UnownedJob, executor: LifeExecutor)? = state.withLock { state in
                guard !state.jobs.isEmpty else { return nil }
                state.steps += 1
                if state.choices != nil { return state.jobs.removeFirst() }
                let index = Int(state.random.next() % UInt64(state.jobs.count))
                state.jobs.swapAt(index, state.jobs.count - 1)
                return state.jobs.removeLast()
            }
            guard let next else { return }
            if next.executor.hold(next.job) { continue }
            next.job.runSynchronously(on: next.executor.asUnownedTaskExecutor())
        }
    }
}

/// Where the tasks of one life of a process run; it can be paused, as a process is by SIGSTOP.
final class LifeExecutor: TaskExecutor {
    private struct State {
        var isPaused = false
        var held: [UnownedJob] = []
        var heldWork: [@Sendable () -> Void] = []
    }

    private let scheduler: Scheduler
    private let state = Mutex(State())

    init(_ scheduler: Scheduler) { self.scheduler = scheduler }

    func enqueue(_ job: consuming ExecutorJob) { scheduler.enqueue(UnownedJob(job), self) }

    /// Keeps a job for later if the process is paused.
    fileprivate func hold(_ job: UnownedJob) -> Bool {
        state.withLock { state in
            if state.isPaused { state.held.append(job) }
            return state.isPaused
        }
    }

    func pause() { state.withLock { $0.isPaused = true } }

    func resume() {
        let (held, work) = state.withLock { state in
            state.isPaused = false
            defer { (state.held, state.heldWork) = ([], []) }
            return (state.held, state.heldWork)
        }
        for job in held { scheduler.enqueue(job, self) }
        for work in work { scheduler.after(.zero, work) }
    }

    /// Does something that is no task's, such as a commit, now or when the process is no longer paused.
    func perform(_ work: @escaping @Sendable () -> Void) {
        let isHeld = state.withLock { state in
            if state.isPaused { state.heldWork.append(work) }
            return state.isPaused
        }
        if !isHeld { work() }
    }
}

extension Array {
    /// The first index whose element belongs to the second part of an array that is ordered by parts.
    fileprivate func partitioningIndex(where belongsToSecond: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if belongsToSecond(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
