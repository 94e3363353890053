import DequeModule
import HeapModule

/// Everything a coordinator has to say to one participant, in the order in which it should be said.
///
/// A pure struct: it is told what to send and what came of it, and says what to do next, given the time that has passed
/// and a random generator. It keeps these promises of the protocol:
///
/// - Confirms and cancels go before tries.
/// - A participant that does not answer is probed by one call at a time. What waits for it waits in the journal: only
///   so many outcomes are held here, the others are loaded when there is room.
/// - An unknown answer is asked again with full-jitter exponential backoff: a try until it expires, an outcome for ever.
/// - Every queue has a bound.
public struct ParticipantLane: Sendable {
    /// What bounds a lane.
    public struct Limits: Hashable, Sendable {
        /// Calls under way at once.
        public var callsInFlight: Int
        /// Outcomes held in memory; further ones wait in the journal.
        public var outcomesHeld: Int

        /// Makes limits.
        ///
        /// - Parameters:
        ///   - callsInFlight: calls under way at once.
        ///   - outcomesHeld: outcomes held in memory.
        public init(callsInFlight: Int = 64, outcomesHeld: Int = 4096) {
            self.callsInFlight = callsInFlight
            self.outcomesHeld = outcomesHeld
        }
    }

    /// One call.
    public struct Call: Hashable, Sendable {
        /// The transaction.
        public var gid: GlobalTransactionID
        /// What to ask.
        public var operation: Operation

        /// Makes a call.
        ///
        /// - Parameters:
        ///   - gid: the transaction.
        ///   - operation: what to ask.
        public init(gid: GlobalTransactionID, operation: Operation) {
            self.gid = gid
            self.operation = operation
        }
    }

    /// What to do next.
    public enum Step: Hashable, Sendable {
        /// Make this call and report with `returned`.
        case send(Call)
        /// This try has expired; says what its last call met.
        case expire(GlobalTransactionID, lastError: String)
        /// Read outcomes that are not acknowledged from the journal, from after this transaction on, in order; report
        /// with `loaded`.
        case loadOutcomes(after: GlobalTransactionID?, limit: Int)
        /// Nothing until something is reported, or until then.
        case wait(until: Duration?)
    }

    /// What came of a call.
    public enum Verdict: Hashable, Sendable {
        /// It needs no further call.
        case done
        /// Ask again soon (425).
        case busy
        /// Ask again later; silent if the participant gave no sign of life.
        case failed(String, silent: Bool)
        /// No call was made, for nobody waits for it any more: it says nothing about the participant.
        case notMade
    }

    private enum Position: Hashable {
        case ready
        case delayed(until: Duration)
        case sending
    }

    private struct Item {
        var failures = 0
        var lastError = "not sent yet"
        var expiresAt: Duration?
        var position: Position = .ready
    }

    private struct Alarm: Comparable {
        var at: Duration
        var call: Call
        var isExpiry: Bool
        static func < (left: Self, right: Self) -> Bool { left.at < right.at }
    }

    private enum Health: Hashable {
        case answering
        /// No sign of life; one call at a time, not before `probeAt`, or `soonestAt` where a caller waits with a try.
        case silent(failures: Int, probeAt: Duration, soonestAt: Duration)
    }

    private let limits: Limits
    private let retry: RetryPolicy
    private var health: Health = .answering
    private var items: [Call: Item] = [:]
    private var outcomesHeld = 0
    private var readyOutcomes: Deque<Call> = []
    private var readyTries: Deque<Call> = []
    private var alarms: Heap<Alarm> = []
    private var callsInFlight = 0
    // The journal may hold outcomes that are not here. They are read in passes from the oldest on, at most one pass a
    // second, so that outcomes that no retry helps cannot make a busy loop.
    private var journalHasMore = true
    private var isLoading = false
    private var loadedUpTo: GlobalTransactionID?
    private var nextPassAt: Duration = .zero

    /// A lane at a coordinator's start: whatever the journal holds is yet to be loaded.
    ///
    /// - Parameters:
    ///   - limits: what bounds it.
    ///   - retry: how long it waits before asking again.
    public init(limits: Limits = Limits(), retry: RetryPolicy = RetryPolicy()) {
        self.limits = limits
        self.retry = retry
    }

    /// Whether the participant gave a sign of life when it was last called.
    public var isAnswering: Bool { health == .answering }

    /// How many calls wait or are under way.
    public var depth: Int { items.count }

    /// Whether a call waits or is under way here; an outcome that does not is left to the journal.
    ///
    /// - Parameter call: the call.
    /// - Returns: whether it is here.
    public func holds(_ call: Call) -> Bool { items[call] != nil }

    /// How much it remembers, for a test that it does not grow.
    package var entriesHeld: Int { items.count + readyOutcomes.count + readyTries.count + alarms.count }

    /// A transaction wants this participant tried.
    ///
    /// - Parameters:
    ///   - gid: the transaction.
    ///   - expiry: when the try timeout ends.
    public mutating func tryRequested(_ gid: GlobalTransactionID, expiresAt expiry: Duration) {
        let call = Call(gid: gid, operation: .try)
        guard items[call] == nil else { return }
        items[call] = Item(expiresAt: expiry)
        readyTries.append(call)
        alarms.insert(Alarm(at: expiry, call: call, isExpiry: true))
        dropWhatIsOver()
    }

    /// A decision is on disk and this participant has to be told.
    ///
    /// Its try, if it still waits, is pointless now.
    ///
    /// - Parameters:
    ///   - gid: the transaction.
    ///   - decision: the decision.
    public mutating func outcomeDecided(_ gid: GlobalTransactionID, _ decision: Decision) {
        items[Call(gid: gid, operation: .try)] = nil
        holdOutcome(Call(gid: gid, operation: decision.operation), failures: 0)
    }

    /// What the journal had, after `loadOutcomes`.
    ///
    /// - Parameters:
    ///   - outcomes: the calls, oldest first, each with how often it failed before.
    ///   - reachedEnd: whether there were no more than that.
    ///   - now: the time.
    public mutating func loaded(_ outcomes: [(call: Call, failures: Int)], reachedEnd: Bool, now: Duration) {
        isLoading = false
        for (call, failures) in outcomes { holdOutcome(call, failures: failures) }
        loadedUpTo = reachedEnd ? nil : outcomes.last?.call.gid ?? loadedUpTo
        guard reachedEnd else { return }
        nextPassAt = now + retry.cap
        journalHasMore = leftBehind
        leftBehind = false
    }

    /// The journal could not be read.
    ///
    /// - Parameter now: the time.
    public mutating func loadFailed(now: Duration) {
        isLoading = false
        loadedUpTo = nil
        nextPassAt = now + retry.cap
    }

    // Something was left to the journal since the pass began, perhaps behind it.
    private var leftBehind = false

    private mutating func holdOutcome(_ call: Call, failures: Int) {
        guard items[call] == nil else { return }
        guard outcomesHeld < limits.outcomesHeld else { return leaveToJournal() }
        items[call] = Item(failures: failures)
        outcomesHeld += 1
        readyOutcomes.append(call)
    }

    private mutating func leaveToJournal() {
        journalHasMore = true
        leftBehind = true
    }

    /// An operator wants this transaction's outcome delivered now.
    ///
    /// - Parameters:
    ///   - gid: the transaction.
    ///   - decision: its decision.
    ///   - now: the time.
    public mutating func retryRequested(_ gid: GlobalTransactionID, _ decision: Decision, now: Duration) {
        let call = Call(gid: gid, operation: decision.operation)
        if case .silent(let failures, _, _) = health {
            health = .silent(failures: failures, probeAt: now, soonestAt: now)
        }
        guard let item = items[call] else { return holdOutcome(call, failures: 0) }
        guard case .delayed = item.position else { return }
        items[call]?.position = .ready
        readyOutcomes.prepend(call)
    }

    /// A call came back.
    ///
    /// - Parameters:
    ///   - call: which.
    ///   - verdict: with what.
    ///   - now: the time.
    ///   - generator: the source of the jitter.
    public mutating func returned(
        _ call: Call,
        _ verdict: Verdict,
        now: Duration,
        using generator: inout some RandomNumberGenerator
    ) {
        callsInFlight -= 1
        switch verdict {
        case .done:
            health = .answering
            remove(call)
        case .notMade:
            remove(call)
        case .busy:
            health = .answering
            delay(call, until: now + retry.busy)
        case .failed(let detail, let silent):
            if silent {
                fellSilent(wasProbe: callsInFlight == 0, now: now, using: &generator)
            } else {
                health = .answering
            }
            guard let failures = items[call].map({ $0.failures + 1 }) else { return }
            items[call]?.failures = failures
            items[call]?.lastError = detail
            if call.operation != .try, failures >= 3, journalHasMore, outcomesHeld > limits.outcomesHeld / 2 {
                // Others in the journal may fare better: this one goes back there until a later pass.
                remove(call)
                leaveToJournal()
            } else {
                delay(call, until: now + retry.delay(afterFailures: failures, using: &generator))
            }
        }
    }

    private mutating func fellSilent(
        wasProbe: Bool,
        now: Duration,
        using generator: inout some RandomNumberGenerator
    ) {
        let failures: Int
        switch health {
        case .answering: failures = 1
        case .silent(let before, _, _) where wasProbe: failures = min(before + 1, 1000)
        case .silent: return
        }
        let probeAt = now + retry.delay(afterFailures: failures, using: &generator)
        health = .silent(failures: failures, probeAt: probeAt, soonestAt: min(probeAt, now + retry.base))
    }

    private mutating func delay(_ call: Call, until: Duration) {
        guard items[call] != nil else { return }
        items[call]?.position = .delayed(until: until)
        alarms.insert(Alarm(at: until, call: call, isExpiry: false))
    }

    private mutating func remove(_ call: Call) {
        guard items.removeValue(forKey: call) != nil, call.operation != .try else { return }
        outcomesHeld -= 1
    }

    /// What to do next; to be asked again until it says wait.
    ///
    /// - Parameter now: the time.
    /// - Returns: the step to take; a call or a load is reported when it has ended.
    public mutating func next(now: Duration) -> Step {
        while let alarm = alarms.min, alarm.at <= now {
            alarms.removeMin()
            guard let item = items[alarm.call] else { continue }
            if alarm.isExpiry {
                remove(alarm.call)
                return .expire(alarm.call.gid, lastError: item.lastError)
            }
            guard item.position == .delayed(until: alarm.at) else { continue }
            items[alarm.call]?.position = .ready
            if alarm.call.operation == .try { readyTries.append(alarm.call) } else { readyOutcomes.append(alarm.call) }
        }
        if journalHasMore, !isLoading, outcomesHeld <= limits.outcomesHeld / 2, loadedUpTo != nil || nextPassAt <= now {
            isLoading = true
            return .loadOutcomes(after: loadedUpTo, limit: limits.outcomesHeld - outcomesHeld)
        }
        if mayCall(now: now), let call = popReady() {
            items[call]?.position = .sending
            if items[call]?.failures == 0 { items[call]?.lastError = "no answer yet" }
            callsInFlight += 1
            return .send(call)
        }
        return .wait(until: wakeTime(now: now))
    }

    /// Queues and alarms keep entries of calls that are over until their turn comes; there must not be too many.
    private mutating func dropWhatIsOver() {
        let most = 1024 + 4 * items.count
        if alarms.count > most { alarms = Heap(alarms.unordered.filter { items[$0.call] != nil }) }
        if readyTries.count > most { readyTries = Deque(readyTries.filter { items[$0]?.position == .ready }) }
        if readyOutcomes.count > most { readyOutcomes = Deque(readyOutcomes.filter { items[$0]?.position == .ready }) }
    }

    private func mayCall(now: Duration) -> Bool {
        switch health {
        case .answering: callsInFlight < limits.callsInFlight
        case .silent: callsInFlight == 0 && probeTime <= now
        }
    }

    /// When a silent participant may be called again; only a caller who waits is worth a call ahead of the backoff.
    private var probeTime: Duration {
        guard case .silent(_, let probeAt, let soonestAt) = health else { return .zero }
        return readyTries.isEmpty ? probeAt : soonestAt
    }

    private mutating func popReady() -> Call? {
        while let call = readyOutcomes.popFirst() ?? readyTries.popFirst() {
            if items[call]?.position == .ready { return call }
        }
        return nil
    }

    private mutating func wakeTime(now: Duration) -> Duration? {
        while let alarm = alarms.min, items[alarm.call] == nil { alarms.removeMin() }
        var wake = alarms.min?.at
        if journalHasMore, !isLoading, outcomesHeld <= limits.outcomesHeld / 2 {
            wake = min(wake ?? nextPassAt, nextPassAt)
        }
        if case .silent = health, callsInFlight == 0, !(readyOutcomes.isEmpty && readyTries.isEmpty) {
            wake = min(wake ?? probeTime, probeTime)
        }
        return wake
    }
}
