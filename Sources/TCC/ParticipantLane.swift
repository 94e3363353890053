import DequeModule
import HeapModule

/// Everything a coordinator has to say to one participant, in the order in which it should be said.
///
/// A pure struct: it is told what to send and what came of it, and says what to do next, given the time that has passed
/// and a random generator. It keeps these promises of the protocol:
///
/// - Confirms and cancels go before tries.
/// - Whatever waits at the same moment goes in one request, bounded in calls, bytes and requests under way; while none
///   is under way, no call waits for a request to fill.
/// - A participant that does not answer is probed by one call at a time. What waits for it waits in the journal: only
///   so many outcomes are held here, the others are loaded when there is room.
/// - An unknown answer is asked again with full-jitter exponential backoff: a try until it expires, an outcome for ever.
/// - Every queue has a bound.
public struct ParticipantLane: Sendable {
    /// What bounds a lane.
    public struct Limits: Hashable, Sendable {
        /// Requests of several calls under way at once: while one is being committed the next one gathers.
        ///
        /// One goes beside others only when as many calls wait as those have on average (after Nagle's algorithm, RFC 896).
        public var requestsInFlight: Int
        /// After so long without a new request another one may go, however many are under way: a call that hangs holds
        /// up no other.
        public var patience: Duration
        /// Calls in one request.
        public var callsInRequest: Int
        /// Bytes of calls in one request; a call that has more goes alone.
        public var bytesInRequest: Int
        /// Requests under way at once in any case, and so calls that go alone, each in a request of its own.
        public var callsInFlight: Int
        /// Outcomes held in memory, those included whose acknowledgement is being written; further ones wait in the
        /// journal.
        public var outcomesHeld: Int

        /// Makes limits.
        ///
        /// - Parameters:
        ///   - requestsInFlight: requests of several calls under way at once.
        ///   - patience: after how long another request may go, however many are under way.
        ///   - callsInRequest: calls in one request.
        ///   - bytesInRequest: bytes of calls in one request.
        ///   - callsInFlight: calls under way at once that go alone.
        ///   - outcomesHeld: outcomes held in memory.
        public init(
            requestsInFlight: Int = 2,
            patience: Duration = .milliseconds(100),
            callsInRequest: Int = 256,
            bytesInRequest: Int = 1 << 20,
            callsInFlight: Int = 64,
            outcomesHeld: Int = 4096
        ) {
            self.requestsInFlight = requestsInFlight
            self.patience = patience
            self.callsInRequest = callsInRequest
            self.bytesInRequest = bytesInRequest
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
        /// Make these calls in one request and report with `returned`.
        case send([Call])
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
        /// It needs no further call; of an outcome, the acknowledgement is being written, to be reported with
        /// `acknowledgementsWritten` or `acknowledgementLost`.
        case done
        /// Ask again soon (425).
        case busy
        /// Ask again later; silent if the participant gave no sign of life.
        case failed(String, silent: Bool)
        /// The request as a whole was refused: make this call again at once, in a request of its own.
        case alone
        /// No call was made, for nobody waits for it any more: it says nothing about the participant.
        case notMade
    }

    private enum Position: Hashable {
        case ready
        case delayed(until: Duration)
        case sending
    }

    private struct Item {
        var bytes: Int
        var goesAlone = false
        var failures = 0
        var lastError = "not sent yet"
        var expiresAt: Duration?
        var position: Position = .ready
        /// How many requests that are under way have it: an operator may have it asked again beside one that hangs.
        var requests = 0

        mutating func beginRequest() {
            position = .sending
            requests += 1
            if failures == 0 { lastError = "no answer yet" }
        }

        mutating func endRequest() { requests = max(0, requests - 1) }
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

    /// How many outcomes an operator may have delivered at the same moment.
    private static let mostUrgent = 64
    /// How many requests may have the same outcome at once.
    private static let mostRequestsOfOne = 2
    /// What a confirm or a cancel has at most, roughly: it carries no payload.
    private static let outcomeBytes = 256

    private let limits: Limits
    private let retry: RetryPolicy
    private var health: Health = .answering
    private var items: [Call: Item] = [:]
    private var outcomesHeld = 0
    private var readyOutcomes: Deque<Call> = []
    private var readyTries: Deque<Call> = []
    /// Outcomes that an operator wants delivered now, whatever else is under way.
    private var urgent: Deque<Call> = []
    private var alarms: Heap<Alarm> = []
    private var requestsInFlight = 0
    private var lastSentAt: Duration?
    /// Calls of the requests under way.
    private var callsUnderWay = 0
    private var takesBatches = true
    /// How many calls the next request may have: few after a silence, twice as many after each answer.
    ///
    /// So a participant that comes back is not buried, and a call that fells it fells no other for long.
    private var callsInNextRequest: Int
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
        self.callsInNextRequest = limits.callsInRequest
    }

    /// Whether the participant gave a sign of life when it was last called, for a test.
    package var isAnswering: Bool { health == .answering }

    /// How many calls wait or are under way.
    public var depth: Int { items.count }

    /// Whether a call waits or is under way here; an outcome that does not is left to the journal.
    ///
    /// - Parameter call: the call.
    /// - Returns: whether it is here.
    public func holds(_ call: Call) -> Bool { items[call] != nil }

    /// How much it remembers, for a test that it does not grow.
    package var entriesHeld: Int {
        items.count + readyOutcomes.count + readyTries.count + urgent.count + alarms.count
    }

    /// A transaction wants this participant tried.
    ///
    /// - Parameters:
    ///   - gid: the transaction.
    ///   - bytes: how large its call is.
    ///   - expiry: when the try timeout ends.
    public mutating func tryRequested(_ gid: GlobalTransactionID, bytes: Int, expiresAt expiry: Duration) {
        let call = Call(gid: gid, operation: .try)
        guard items[call] == nil else { return }
        items[call] = Item(bytes: bytes, expiresAt: expiry)
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
        hold(call, failures: failures)
        readyOutcomes.append(call)
    }

    private mutating func hold(_ call: Call, failures: Int) {
        items[call] = Item(bytes: Self.outcomeBytes, failures: failures)
        outcomesHeld += 1
    }

    private mutating func leaveToJournal() {
        journalHasMore = true
        leftBehind = true
    }

    /// An operator wants this transaction's outcome delivered now: whatever its backoff says, also while the participant is
    /// probed, before all that waits, and beside a request of the same call that hangs.
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
        guard urgent.count < Self.mostUrgent, !urgent.contains(call) else { return }
        // It may be one that was left to the journal; its place is taken above the limit then, by a few at most.
        if items[call] == nil {
            guard outcomesHeld < limits.outcomesHeld + Self.mostUrgent else { return }
            hold(call, failures: 0)
        }
        guard let item = items[call], item.requests < Self.mostRequestsOfOne else { return }
        items[call]?.position = .ready
        urgent.append(call)
    }

    /// A request came back.
    ///
    /// - Parameters:
    ///   - results: its calls, each with what came of it.
    ///   - now: the time.
    ///   - generator: the source of the jitter.
    public mutating func returned(
        _ results: [(call: Call, verdict: Verdict)],
        now: Duration,
        using generator: inout some RandomNumberGenerator
    ) {
        requestsInFlight -= 1
        callsUnderWay -= results.count
        noteHealth(results.lazy.map(\.verdict), now: now, using: &generator)
        for (call, verdict) in results {
            switch verdict {
            case .done:
                // An outcome keeps its place until its acknowledgement is on disk. One that was asked for twice takes it
                // again, for it is acknowledged twice.
                if items.removeValue(forKey: call) == nil, call.operation != .try { outcomesHeld += 1 }
            case .notMade:
                remove(call)
            case .busy, .alone, .failed:
                items[call]?.endRequest()
                notDone(call, verdict, now: now, using: &generator)
            }
        }
    }

    /// A call has to be made again, unless it waits or is under way already.
    private mutating func notDone(
        _ call: Call,
        _ verdict: Verdict,
        now: Duration,
        using generator: inout some RandomNumberGenerator
    ) {
        guard let item = items[call], item.position == .sending, item.requests == 0 else { return }
        switch verdict {
        case .busy: delay(call, until: now + retry.busy)
        case .alone:
            items[call]?.goesAlone = true
            makeReady(call)
        case .failed(let detail, _): failed(call, detail, now: now, using: &generator)
        case .done, .notMade: break
        }
    }

    /// The participant takes no requests of several calls: all go alone from now on.
    public mutating func batchesRefused() { takesBatches = false }

    /// Acknowledgements of outcomes that were done are on disk.
    ///
    /// - Parameter count: how many.
    public mutating func acknowledgementsWritten(_ count: Int) { outcomesHeld -= count }

    /// The acknowledgement of an outcome that was done could not be written: a later pass asks the participant again.
    public mutating func acknowledgementLost() {
        outcomesHeld -= 1
        leaveToJournal()
    }

    private mutating func failed(
        _ call: Call,
        _ detail: String,
        now: Duration,
        using generator: inout some RandomNumberGenerator
    ) {
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

    /// A request whose every call got no sign of life is silence; any other answer is life.
    private mutating func noteHealth(
        _ verdicts: some Sequence<Verdict>,
        now: Duration,
        using generator: inout some RandomNumberGenerator
    ) {
        var isSilent: Bool?
        for verdict in verdicts {
            switch verdict {
            case .notMade: continue
            case .failed(_, silent: true): isSilent = isSilent ?? true
            case .done, .busy, .alone, .failed(_, silent: false): isSilent = false
            }
        }
        switch isSilent {
        case nil: break
        case true?:
            callsInNextRequest = 1
            fellSilent(wasProbe: requestsInFlight == 0, now: now, using: &generator)
        case false?:
            health = .answering
            callsInNextRequest = min(limits.callsInRequest, 2 * callsInNextRequest)
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
            makeReady(alarm.call)
        }
        if journalHasMore, !isLoading, outcomesHeld <= limits.outcomesHeld / 2, loadedUpTo != nil || nextPassAt <= now {
            isLoading = true
            return .loadOutcomes(after: loadedUpTo, limit: limits.outcomesHeld - outcomesHeld)
        }
        let calls = takeRequest(now: now)
        if !calls.isEmpty { return .send(calls) }
        return .wait(until: wakeTime(now: now))
    }

    /// Queues and alarms keep entries of calls that are over until their turn comes; there must not be too many.
    private mutating func dropWhatIsOver() {
        let most = 1024 + 4 * items.count
        if alarms.count > most { alarms = Heap(alarms.unordered.filter { items[$0.call] != nil }) }
        if readyTries.count > most { readyTries = Deque(readyTries.filter { items[$0]?.position == .ready }) }
        if readyOutcomes.count > most { readyOutcomes = Deque(readyOutcomes.filter { items[$0]?.position == .ready }) }
    }

    /// The next outcome that is not to wait.
    private mutating func takeUrgent() -> Call? {
        while let call = urgent.first {
            guard requestsInFlight < limits.callsInFlight else { return nil }
            urgent.removeFirst()
            if items[call]?.position == .ready { return call }
        }
        return nil
    }

    private mutating func makeReady(_ call: Call) {
        items[call]?.position = .ready
        if call.operation == .try { readyTries.append(call) } else { readyOutcomes.append(call) }
    }

    /// The calls of the next request, if there may be one now.
    private mutating func takeRequest(now: Duration) -> [Call] {
        if let call = takeUrgent() {
            items[call]?.beginRequest()
            return request([call], now: now)
        }
        guard let first = nextReady() else { return [] }
        let isAlone = goesAlone(first)
        switch health {
        case .answering:
            guard requestsInFlight < limits.callsInFlight, isAlone || nextRequestAt <= now else { return [] }
        case .silent:
            guard requestsInFlight == 0, probeTime <= now else { return [] }
        }
        let most = isAlone || health != .answering ? 1 : callsInNextRequest
        var calls: [Call] = []
        var bytes = 0
        while calls.count < most, let call = nextReady(), let item = items[call] {
            bytes += item.bytes
            if !calls.isEmpty, bytes > limits.bytesInRequest || goesAlone(call) { break }
            if readyOutcomes.first == call { readyOutcomes.removeFirst() } else { readyTries.removeFirst() }
            items[call]?.beginRequest()
            calls.append(call)
        }
        return request(calls, now: now)
    }

    private mutating func request(_ calls: [Call], now: Duration) -> [Call] {
        requestsInFlight += 1
        lastSentAt = now
        callsUnderWay += calls.count
        return calls
    }

    /// When the next request of several calls may go: beside others at once if as many calls wait as those have on average.
    private var nextRequestAt: Duration {
        guard requestsInFlight > 0, let lastSentAt else { return .zero }
        let isLarge = (readyOutcomes.count + readyTries.count) * requestsInFlight >= callsUnderWay
        return requestsInFlight < limits.requestsInFlight && isLarge ? .zero : lastSentAt + limits.patience
    }

    private func goesAlone(_ call: Call) -> Bool { !takesBatches || items[call]?.goesAlone == true }

    /// The call whose turn is next; entries of calls that are over are dropped on the way.
    private mutating func nextReady() -> Call? {
        while let call = readyOutcomes.first {
            if items[call]?.position == .ready { return call }
            readyOutcomes.removeFirst()
        }
        while let call = readyTries.first {
            if items[call]?.position == .ready { return call }
            readyTries.removeFirst()
        }
        return nil
    }

    /// When a silent participant may be called again; only a caller who waits is worth a call ahead of the backoff.
    private var probeTime: Duration {
        guard case .silent(_, let probeAt, let soonestAt) = health else { return .zero }
        return readyTries.isEmpty ? probeAt : soonestAt
    }

    private mutating func wakeTime(now: Duration) -> Duration? {
        while let alarm = alarms.min, items[alarm.call] == nil { alarms.removeMin() }
        var wake = alarms.min?.at
        if journalHasMore, !isLoading, outcomesHeld <= limits.outcomesHeld / 2 {
            wake = min(wake ?? nextPassAt, nextPassAt)
        }
        if readyOutcomes.isEmpty, readyTries.isEmpty { return wake }
        if health == .answering, requestsInFlight < limits.callsInFlight {
            wake = min(wake ?? nextRequestAt, nextRequestAt)
        } else if case .silent = health, requestsInFlight == 0 {
            wake = min(wake ?? probeTime, probeTime)
        }
        return wake
    }
}
