import Failpoints
import Logging
import Metrics
import Publishing
import TCC
import TCCCoordinator
import TCCHTTP
import TCCParticipant
import TCCStorage

/// A process in one of its lives: the real one, but for its network, its disk and its clocks.
struct Node: Sendable {
    /// What a node is made of.
    struct Parts: Sendable {
        let store: DurableStore
        let client: JSONClient
        let authority: TokenAuthority
        let world: World
        let failpoints: Failpoints
        let logger: Logger
        let retention: Duration
    }

    /// Asks the coordinator what became of a transaction.
    typealias Ask = @Sendable (GlobalTransactionID) async throws -> Outcome

    /// Comes between the orchestrator and a participant; `proceed` makes the calls properly.
    typealias Intervention =
        @Sendable (
            _ to: Party, _ calls: [BranchRequest], _ proceed: @Sendable ([BranchRequest]) async -> RequestResult
        ) async -> RequestResult

    /// Comes between a participant that asks for what it holds too long and the coordinator; `proceed` asks properly.
    typealias InquiryIntervention =
        @Sendable (_ gid: GlobalTransactionID, _ proceed: @Sendable (GlobalTransactionID) async throws -> Outcome)
        async throws -> Outcome

    /// What runs in the background.
    let services: [@Sendable () async -> Void]
    /// What it serves.
    let routes: Routes
    /// Whether it listens.
    let isListening: @Sendable () -> Bool
    /// Of a participant.
    let ask: Ask?
    private let pruneNow: @Sendable () async throws -> Void

    /// Forgets what is old.
    func prune() async {
        // `try?`: what is not forgotten now is forgotten another time.
        try? await pruneNow()
    }
}

// MARK: The orchestrator

extension Node {
    /// The orchestrator: the real coordinator over the real journal, with the real routes.
    ///
    /// - Parameters:
    ///   - parts: what it is made of.
    ///   - intervention: comes between it and its participants.
    ///   - ready: is called when it has recovered.
    ///   - die: ends it.
    /// - Returns: the process, not yet running.
    static func orchestrator(
        _ parts: Parts,
        intervention: Intervention?,
        ready: @escaping @Sendable () -> Void,
        die: @escaping @Sendable () -> Void
    ) -> Node {
        var settings = Coordinator.Settings()
        settings.retention = parts.retention
        settings.labelNames = PostTransaction.labelNames
        let client = ParticipantClient(
            client: parts.client,
            authority: parts.authority,
            callTimeout: SimulatedWorld.callTimeout
        )
        let coordinator = Coordinator(
            participants: Party.participants.compactMap { party in
                ParticipantName(party.rawValue).map { Participant(name: $0, url: party.url) }
            },
            settings: settings,
            store: parts.store,
            call: { participant, calls in
                guard let intervention, let party = Party(rawValue: participant.name.description) else {
                    return await client.call(participant, calls)
                }
                return await intervention(party, calls) { await client.call(participant, $0) }
            },
            world: parts.world,
            failpoints: parts.failpoints,
            logger: parts.logger,
            metrics: NOOPMetricsHandler.instance
        )
        let drafts = DraftReader(
            client: parts.client,
            url: Party.draft.url,
            callTimeout: SimulatedWorld.callTimeout,
            patience: settings.tryTimeout,
            world: parts.world,
            failpoints: parts.failpoints
        )
        let transactions = CoordinatorRoutes(coordinator)
        var api = API(authority: parts.authority)
        transactions.add(to: &api)
        PostRoutes(transactions: transactions, drafts: drafts, world: parts.world).add(to: &api)
        let pruner = JournalPruner(coordinator)
        let isReady = Box(false)
        return Node(
            services: [
                {
                    do {
                        try await coordinator.recover()
                        isReady.withLock { $0 = true }
                        ready()
                        await coordinator.runUntilCancelled()
                    } catch {
                        // A process that cannot recover ends.
                        die()
                    }
                },
                { await pruner.runUntilCancelled() },
            ],
            routes: Routes(api, logger: parts.logger),
            isListening: { isReady.withLock { $0 } },
            ask: nil,
            pruneNow: { try await pruner.prune() }
        )
    }
}

// MARK: Participants

extension Node {
    /// A participant: the real barrier and resource behind the real routes.
    ///
    /// - Parameters:
    ///   - resource: what it reserves.
    ///   - parts: what it is made of.
    ///   - isFailing: whether the resource fails at what is decided of a transaction.
    ///   - inquiryIntervention: comes between it and the coordinator that it asks for what it holds too long.
    ///   - told: hears what it is told of a transaction that it asks for.
    ///   - addRoutes: adds routes of its own.
    /// - Returns: the process, not yet running.
    static func participant<R: Resource>(
        _ resource: R,
        _ parts: Parts,
        isFailing: @escaping @Sendable (GlobalTransactionID) -> Bool,
        inquiryIntervention: InquiryIntervention?,
        told: @escaping @Sendable (GlobalTransactionID, Outcome) -> Void,
        addRoutes: (inout API) -> Void = { _ in }
    ) -> Node {
        let service = ParticipantService(
            resource: Failing(resource: resource, isFailing: isFailing),
            store: parts.store,
            world: parts.world,
            failpoints: parts.failpoints,
            logger: parts.logger,
            metrics: NOOPMetricsHandler.instance
        )
        var api = API(authority: parts.authority)
        addRoutes(&api)
        service.addRoutes(to: &api)
        let coordinator = CoordinatorClient(
            client: parts.client,
            authority: parts.authority,
            url: Party.orchestrator.url,
            timeout: SimulatedWorld.callTimeout
        )
        let ask: Ask = { gid in
            let outcome = try await coordinator.outcome(of: gid)
            told(gid, outcome)
            return outcome
        }
        let inquiry = OutcomeInquiry(service) { gid in
            guard let inquiryIntervention else { return try await ask(gid) }
            return try await inquiryIntervention(gid, ask)
        }
        let pruner = BarrierPruner(service, retention: parts.retention) { try await coordinator.horizon() }
        return Node(
            services: [{ await inquiry.runUntilCancelled() }, { await pruner.runUntilCancelled() }],
            routes: Routes(api, logger: parts.logger),
            isListening: { true },
            ask: ask,
            pruneNow: { try await pruner.prune() }
        )
    }
}
