public import Failpoints
public import Logging
public import Metrics
import NIOCore
public import ServiceLifecycle
import Synchronization
import TCCHTTP
public import TCC
public import TCCStorage

/// Runs global transactions over its participants by TCC, and finishes what a crash interrupted.
///
/// A transaction's life, reading down: ``run(key:_:)`` writes the begin record, hands the tries to the participants'
/// lanes and waits; what one request to a participant answers is decided together: `decide` writes the decisions and
/// hands them to the lanes, which deliver them however long that takes; the last acknowledgement, or the answer timeout,
/// concludes. (Pardon and Pautasso, "Atomic Distributed Transactions: a RESTful Design", WWW 2014, describe TCC over
/// HTTP.)
public final class Coordinator: Service {
    /// How long things may take, and how many there may be.
    public struct Settings: Hashable, Sendable {
        /// How long branches are tried before the transaction is cancelled.
        public var tryTimeout: Duration = .seconds(3)
        /// How long after the decision a caller waits for the branches' acknowledgements.
        public var answerTimeout: Duration = .seconds(2)
        /// What is added to the try timeout to make a try's deadline, for skew between the clocks.
        public var deadlineMargin: Duration = .seconds(30)
        /// How many callers are served at once; further ones get 429.
        public var maxInFlight = 1024
        /// How long a finished transaction is remembered.
        public var retention: Duration = .seconds(86400)
        /// How calls are repeated.
        public var retry = RetryPolicy()
        /// Members that every transaction shows, null where its labels do not have them.
        public var labelNames: [String] = []

        /// The defaults.
        public init() {}
    }

    private struct Patience: Sendable {
        let gid: GlobalTransactionID
        let until: Duration
    }

    let settings: Settings
    let store: DurableStore
    let world: World
    let failpoints: Failpoints
    let logger: Logger
    let lanes: [ParticipantName: LaneRunner]
    let live: LiveTransactions
    /// Makes the gids.
    private let identifiers = Mutex(IdentifierClock())
    /// Decisions to be written, those together that became clear together.
    private let decisions: AsyncStream<[LiveTransaction.Wanted]>
    private let submit: AsyncStream<[LiveTransaction.Wanted]>.Continuation
    /// Commits whose callers wait, in the order in which their patience ends.
    private let patience: AsyncStream<Patience>
    private let awaitAnswer: AsyncStream<Patience>.Continuation

    /// A coordinator over a journal.
    ///
    /// - Parameters:
    ///   - participants: whom its transactions may involve, each name once.
    ///   - settings: timeouts and bounds.
    ///   - store: the database that holds the journal (``Journal/registerMigrations(in:)``).
    ///   - call: makes one call to a participant.
    ///   - world: clocks and chance.
    ///   - failpoints: what a test asked for.
    ///   - logger: where alerts go.
    ///   - metrics: makes its counters and timers: `tcc.coordinator.calls` by participant, operation and status,
    ///     `tcc.coordinator.alerts` by participant, `tcc.coordinator.transaction.duration` by decision, from the begin
    ///     record to the answer.
    public init(
        participants: [Participant],
        settings: Settings,
        store: DurableStore,
        call: @escaping ParticipantCall,
        world: World,
        failpoints: Failpoints = .none,
        logger: Logger,
        metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.settings = settings
        self.store = store
        self.world = world
        self.failpoints = failpoints
        self.logger = logger
        self.live = LiveTransactions(world: world, metrics: metrics)
        (self.decisions, self.submit) = AsyncStream.makeStream()
        (self.patience, self.awaitAnswer) = AsyncStream.makeStream()
        let (live, submit) = (live, submit)
        var lanes: [ParticipantName: LaneRunner] = [:]
        for participant in participants {
            lanes[participant.name] = LaneRunner(
                participant: participant,
                retry: settings.retry,
                call: call,
                store: store,
                world: world,
                failpoints: failpoints,
                logger: logger,
                metrics: metrics,
                onTried: { reports in
                    let now = world.wallClock()
                    let wanted = reports.compactMap { live[$0.id.gid]?.tried($0, at: now) }
                    if !wanted.isEmpty { submit.yield(wanted) }
                },
                onAcknowledged: { id, decision in
                    // Whoever waits for a cancel is told when it is on disk, and of nothing that comes later.
                    guard decision == .confirm, let transaction = live[id.gid],
                        let finished = transaction.acknowledged(id.branch, decision, at: world.wallClock())
                    else { return }
                    live.conclude(transaction, .confirmed(finished))
                }
            )
        }
        self.lanes = lanes
    }

    /// Decides cancel for what was undecided when the last life ended.
    ///
    /// To be called once, before anything else. What is decided is driven on by ``run()``, from the journal.
    public func recover() async throws {
        try await failpoints.pass(.coordinatorRecoverBefore)
        let now = world.wallClock()
        let (decided, unfinished) = try await store.write { try Journal.recover(at: now, in: $0) }
        try await failpoints.pass(.coordinatorRecoverAfter)
        try await passIdentifiers()
        reportLead(at: now)
        for name in try await store.read({ try Journal.participantsWaitedFor(in: $0) }) where lanes[name] == nil {
            logger.error(
                "The journal has decisions for a participant that is not configured; name it with its URL again",
                metadata: ["tcc.participant": "\(name)"]
            )
        }
        guard unfinished > 0 else { return }
        logger.notice(
            "Finishing what the last life left",
            metadata: ["tcc.cancelled": "\(decided)", "tcc.unfinished": "\(unfinished)"]
        )
    }

    /// Has every gid come after all that the journal knows of.
    private func passIdentifiers() async throws {
        let latest = try await store.read { try Journal.latestIdentifier(in: $0) }
        identifiers.withLock { $0.pass(latest) }
    }

    private func reportLead(at now: Timestamp) {
        let lead = identifiers.withLock { $0.lead(at: now) }
        guard lead >= ClockWatch.leastJump else { return }
        logger.warning(
            "The clock is behind the journal; new transactions are numbered after its latest until the clock catches up",
            metadata: ["tcc.clock": "\(now)", "tcc.behind.seconds": "\(lead.components.seconds)"]
        )
    }

    /// Runs the lanes and the transactions until the service group stops it.
    public func run() async throws {
        await cancelWhenGracefulShutdown { await self.runUntilCancelled() }
    }

    /// Runs the lanes and the transactions until the task is cancelled.
    package func runUntilCancelled() async {
        await withDiscardingTaskGroup { group in
            // In an order that does not depend on hashes: what is simulated is simulated again.
            for (_, lane) in lanes.sorted(by: { $0.key < $1.key }) { group.addTask { await lane.run() } }
            group.addTask { await self.acceptInTime() }
            for await wanted in decisions { group.addTask { await self.decide(wanted) } }
            group.cancelAll()
        }
    }

    /// Serves one caller: its key first, before anything else is read, checked or refused.
    ///
    /// - Parameters:
    ///   - key: the caller's idempotency key; a transaction that is trying or committed under it is waited for.
    ///   - makeRequest: says what to run, if there is no such transaction.
    /// - Returns: how the transaction ended, for its caller.
    /// - Throws: a problem if nothing was begun: 429 at once if there are too many callers, 422 if the key is bound to
    ///   another request, and whatever `makeRequest` throws.
    public func run(
        key: Journal.Key?,
        _ makeRequest: () async throws -> TransactionRequest
    ) async throws -> Conclusion {
        let known: GlobalTransactionID?
        if let key {
            known = try store.lookUp { try Journal.transaction(under: key, in: $0) }
        } else {
            known = nil
        }
        // Whoever waits with another's transaction takes no place: it begins nothing, and must not be refused.
        if let known { return try await conclusion(of: known) }
        try live.admit(atMost: settings.maxInFlight)
        defer { live.dismiss() }
        return try await begin(try await makeRequest(), key: key)
    }

    /// How often a transaction is begun anew, under another gid, because the horizon passed the first one.
    private static let mostBeginnings = 3

    /// Writes the begin record, and waits for the end.
    private func begin(_ request: TransactionRequest, key: Journal.Key?) async throws -> Conclusion {
        let tryTimeout = try validate(request)
        for _ in 0..<Self.mostBeginnings {
            let record = makeRecord(request)
            let tries = try tryBodies(for: request, record, tryTimeout: tryTimeout)
            let transaction = LiveTransaction(record, since: world.elapsed())
            live[record.gid] = transaction

            let begun: Journal.Begun
            do {
                try await failpoints.pass(.coordinatorBeginBefore)
                begun = try await store.write { try Journal.begin(record, key: key, in: $0) }
            } catch {
                live[record.gid] = nil
                throw error
            }
            switch begun {
            case .began:
                await sendTries(of: transaction, tries, within: tryTimeout)
                return try await conclusion(of: transaction)
            case .keyInUse(let gid):
                live[record.gid] = nil
                return try await conclusion(of: gid)
            case .tooLate:
                // The clock jumped, or the disk took longer than things are remembered.
                live[record.gid] = nil
                try await passIdentifiers()
            }
        }
        throw Problem(
            503,
            "deadline-passed",
            "It began too late. Nothing was changed; try again.",
            retryAfterSeconds: 1
        )
    }

    /// A transaction whose gid comes after all others, and whose time is the clock's.
    private func makeRecord(_ request: TransactionRequest) -> TransactionRecord {
        let now = world.wallClock()
        var generator = world.generator
        return TransactionRecord(
            gid: identifiers.withLock { $0.next(at: now, using: &generator) },
            action: request.action,
            owner: request.owner,
            labels: withAllLabels(request.labels),
            branches: request.branches.map(\.participant),
            createdAt: now
        )
    }

    /// Hands all tries to the lanes, which report each when it has ended.
    private func sendTries(
        of transaction: LiveTransaction,
        _ bodies: [ParticipantName: ByteBuffer],
        within tryTimeout: Duration
    ) async {
        do {
            try await failpoints.pass(.coordinatorBeginAfter)
        } catch {
            return giveUp(transaction, "\(error)")
        }
        transaction.begun { branch in
            guard let lane = lanes[branch], let body = bodies[branch] else { return }
            lane.attempt(transaction.gid, body: body, within: tryTimeout)
        }
    }

    /// Has a transaction cancelled without a try.
    private func giveUp(_ transaction: LiveTransaction, _ why: String) {
        var branches: [ParticipantName] = []
        transaction.begun { branches.append($0) }
        // One that is not tried is enough.
        let id = BranchID(gid: transaction.gid, branch: branches[0])
        let report = LaneRunner.TryReport(id: id, result: .unavailable(why), attempts: 0)
        if let wanted = transaction.tried(report, at: world.wallClock()) { submit.yield([wanted]) }
    }

    /// Writes decisions, however long that takes, and has each carried out as soon as it is on disk; a caller that would
    /// wait for the disk ends unanswered.
    private func decide(_ wanted: [LiveTransaction.Wanted]) async {
        let now = world.wallClock()
        var rest = wanted.map { (wanted: $0, record: $0.transaction.deciding($0.decision, reason: $0.reason, at: now)) }
        var failures = 0
        while !Task.isCancelled {
            var failed: [(wanted: LiveTransaction.Wanted, record: TransactionRecord)] = []
            let results = await store.write(
                all: rest.map { one in { try Journal.decide(one.wanted.decision, of: one.record, in: $0) } },
                between: { _ in (.coordinatorDecideBefore, .coordinatorDecideAfter) }
            )
            for (one, result) in zip(rest, results) {
                do {
                    carryOut(try result.get(), one.wanted)
                } catch {
                    one.wanted.transaction.conclusion.fulfil(.unknown)
                    logger.error(
                        "A decision cannot be written for now; trying again",
                        metadata: ["tcc.gid": "\(one.record.gid)", "error": "\(error)"]
                    )
                    failed.append(one)
                }
            }
            if failed.isEmpty { return }
            rest = failed
            failures += 1
            var generator = world.generator
            // `try?`: a cancelled sleep ends the loop by its condition.
            try? await world.sleep(settings.retry.delay(afterFailures: failures, using: &generator))
        }
        // The process stops, and the next start decides.
        for one in rest { live[one.record.gid] = nil }
    }

    /// Answers the caller of a transaction whose decision is on disk if nothing else is to be waited for, and hands the
    /// decision to the lanes.
    private func carryOut(_ decision: Decision, _ wanted: LiveTransaction.Wanted) {
        let transaction = wanted.transaction
        let gid = transaction.gid
        if decision == .confirm {
            // Before the lanes know: the last acknowledgement may come at once.
            awaitAnswer.yield(Patience(gid: gid, until: world.elapsed() + settings.answerTimeout))
        } else {
            let reason = wanted.reason ?? Problem(503, "deadline-passed", "Nothing was changed; try again.")
            live.conclude(transaction, .cancelled(reason.with("gid", .string(gid.description)), gid))
        }
        let (action, finished) = transaction.decided(decision, at: world.wallClock())
        if case .carryOut(_, let branches) = action {
            for branch in branches { lanes[branch]?.deliver(decision, of: gid, action: transaction.action) }
        }
        if decision == .confirm, let finished { live.conclude(transaction, .confirmed(finished)) }
    }

    /// Tells callers of a commit, when their patience ends, that it will be.
    ///
    /// All have the same patience: the first to come is the first to go.
    private func acceptInTime() async {
        for await waiting in patience {
            do {
                let rest = waiting.until - world.elapsed()
                if rest > .zero, live[waiting.gid] != nil { try await world.sleep(rest) }
            } catch {
                return  // the process stops, and its callers' connections with it
            }
            if let transaction = live[waiting.gid] { live.conclude(transaction, .accepted(transaction.record)) }
        }
    }
}
