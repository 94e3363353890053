public import Failpoints
public import Logging
public import Metrics
import NIOCore
public import ServiceLifecycle
import TCCHTTP
public import TCC
public import TCCStorage

/// Runs global transactions over its participants by TCC, and finishes what a crash interrupted.
///
/// A transaction's life, reading down: ``run(key:_:)`` writes the begin record and waits; `drive` hands the tries to the
/// participants' lanes, writes the decision and hands it to the lanes, which deliver it however long that takes; the
/// last acknowledgement, or the answer timeout, concludes. (Pardon and Pautasso, "Atomic Distributed Transactions: a
/// RESTful Design", WWW 2014, describe TCC over HTTP.)
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

    private struct Job: Sendable {
        let live: LiveTransaction
        let tries: [ParticipantName: ByteBuffer]
        let tryTimeout: Duration
    }

    private struct Patience: Sendable {
        let live: LiveTransaction
        let until: Duration
    }

    let settings: Settings
    let store: DurableStore
    let world: World
    let failpoints: Failpoints
    let logger: Logger
    let lanes: [ParticipantName: LaneRunner]
    let live: LiveTransactions
    private let jobs: AsyncStream<Job>
    private let submit: AsyncStream<Job>.Continuation
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
        let live = live
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
                metrics: metrics
            ) { id, decision in
                // Whoever waits for a cancel is told when it is on disk, and of nothing that comes later.
                guard decision == .confirm, let transaction = live[id.gid],
                    let finished = transaction.acknowledged(id.branch, decision, at: world.wallClock())
                else { return }
                live.conclude(transaction, .confirmed(finished))
            }
        }
        self.lanes = lanes
        (self.jobs, self.submit) = AsyncStream.makeStream()
        (self.patience, self.awaitAnswer) = AsyncStream.makeStream()
    }

    /// Decides cancel for what was undecided when the last life ended.
    ///
    /// To be called once, before anything else. What is decided is driven on by ``run()``, from the journal.
    public func recover() async throws {
        try await failpoints.pass(.coordinatorRecoverBefore)
        let now = world.wallClock()
        let (decided, unfinished) = try await store.write { try Journal.recover(at: now, in: $0) }
        try await failpoints.pass(.coordinatorRecoverAfter)
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
            for await job in jobs { group.addTask { await self.drive(job) } }
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

    /// Writes the begin record, and waits for the end.
    private func begin(_ request: TransactionRequest, key: Journal.Key?) async throws -> Conclusion {
        let tryTimeout = try validate(request)
        let record = TransactionRecord(
            gid: world.makeIdentifier(),
            action: request.action,
            owner: request.owner,
            labels: withAllLabels(request.labels),
            branches: request.branches.map(\.participant),
            createdAt: world.wallClock()
        )
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
            submit.yield(Job(live: transaction, tries: tries, tryTimeout: tryTimeout))
            return try await transaction.conclusion.value()
        case .keyInUse(let gid):
            live[record.gid] = nil
            return try await conclusion(of: gid)
        case .tooLate:
            live[record.gid] = nil
            throw Problem(
                503,
                "deadline-passed",
                "It began too late. Nothing was changed; try again.",
                retryAfterSeconds: 1
            )
        }
    }

    /// One transaction after its begin record: try, decide, hand the decision over.
    private func drive(_ job: Job) async {
        let transaction = job.live
        let gid = transaction.gid
        await sendTries(job)
        // `try?`: throws when the task is cancelled, and then the next start decides.
        guard let wanted = try? await transaction.wanted.value() else {
            live[gid] = nil
            return
        }
        guard let decision = await decide(wanted.decision, reason: wanted.reason, transaction) else {
            live[gid] = nil
            return
        }
        if decision == .confirm {
            // Before the lanes know: the last acknowledgement may come at once.
            awaitAnswer.yield(Patience(live: transaction, until: world.elapsed() + settings.answerTimeout))
        } else {
            let reason = wanted.reason ?? Problem(503, "deadline-passed", "Nothing was changed; try again.")
            live.conclude(transaction, .cancelled(reason.with("gid", .string(gid.description)), gid))
        }
        let (action, finished) = transaction.decided(decision, at: world.wallClock())
        if case .carryOut(_, let branches) = action {
            for branch in branches { lanes[branch]?.deliver(decision, of: gid, action: transaction.record.action) }
        }
        if decision == .confirm, let finished { live.conclude(transaction, .confirmed(finished)) }
    }

    /// Hands all tries to the lanes, which report each when it has ended.
    private func sendTries(_ job: Job) async {
        let transaction = job.live
        guard case .sendTries(let branches) = transaction.begun() else { return }
        let (gid, world) = (transaction.gid, world)
        let expiry = world.elapsed() + job.tryTimeout
        do {
            try await failpoints.pass(.coordinatorBeginAfter)
        } catch {
            let report = LaneRunner.TryReport(result: .unavailable("\(error)"), attempts: 0)
            return transaction.tried(branches[0], report, at: world.wallClock())
        }
        for branch in branches {
            guard let lane = lanes[branch], let body = job.tries[branch] else { continue }
            lane.attempt(gid, body: body, expiresAt: expiry) { report in
                transaction.tried(branch, report, at: world.wallClock())
            }
        }
    }

    /// Tells callers of a commit, when their patience ends, that it will be.
    ///
    /// All have the same patience: the first to come is the first to go.
    private func acceptInTime() async {
        for await waiting in patience {
            do {
                let rest = waiting.until - world.elapsed()
                if rest > .zero, !waiting.live.conclusion.isFulfilled { try await world.sleep(rest) }
            } catch {
                return  // the process stops, and its callers' connections with it
            }
            live.conclude(waiting.live, .accepted(waiting.live.record))
        }
    }

    /// Writes the decision, however long that takes; a caller that would wait for the disk ends unanswered.
    private func decide(_ wanted: Decision, reason: Problem?, _ transaction: LiveTransaction) async -> Decision? {
        let record = transaction.deciding(wanted, reason: reason, at: world.wallClock())
        var failures = 0
        while !Task.isCancelled {
            do {
                try await failpoints.pass(.coordinatorDecideBefore)
                let decision = try await store.write { try Journal.decide(wanted, of: record, in: $0) }
                try await failpoints.pass(.coordinatorDecideAfter)
                return decision
            } catch {
                transaction.conclusion.fulfil(.unknown)
                failures += 1
                logger.error(
                    "A decision cannot be written for now; trying again",
                    metadata: ["tcc.gid": "\(record.gid)", "error": "\(error)"]
                )
                var generator = world.generator
                // `try?`: a cancelled sleep ends the loop by its condition.
                try? await world.sleep(settings.retry.delay(afterFailures: failures, using: &generator))
            }
        }
        return nil
    }
}
