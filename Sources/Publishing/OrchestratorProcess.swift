import GRDB
public import Hosting
import Posts
import TCC
public import TCCCoordinator
import TCCHTTP
import TCCStorage

/// The orchestrator as a process: a coordinator over the two libraries, with the authors' routes.
public enum OrchestratorProcess {
    /// What it runs with, beside what every process does.
    public struct Settings: Hashable, Sendable {
        /// Whom its transactions may involve; among them `draft` and `online`.
        public var participants: [Participant]
        /// The draft service, to read drafts from.
        public var draftURL: String
        /// When a call is given up.
        public var callTimeout: Duration
        /// The coordinator's timeouts and bounds.
        public var coordinator: Coordinator.Settings
        /// Whether it gives tokens of any author to any process of its machine.
        public var givesDevelopmentTokens = false

        /// Settings.
        ///
        /// - Parameters:
        ///   - participants: whom its transactions may involve.
        ///   - draftURL: the draft service.
        ///   - callTimeout: when a call is given up.
        ///   - coordinator: the coordinator's timeouts and bounds.
        public init(
            participants: [Participant],
            draftURL: String,
            callTimeout: Duration,
            coordinator: Coordinator.Settings
        ) {
            self.participants = participants
            self.draftURL = draftURL
            self.callTimeout = callTimeout
            self.coordinator = coordinator
        }
    }

    /// Makes the process's parts; what the last life left undecided is decided before this returns.
    ///
    /// - Parameters:
    ///   - context: what it is built from.
    ///   - settings: what it runs with.
    /// - Returns: the coordinator with its routes, the authors' routes and its background services.
    /// - Throws: a failure that a person can read.
    public static func build(_ context: HostContext, _ settings: Settings) async throws -> HostedProcess {
        var migrator = DatabaseMigrator()
        Journal.registerMigrations(in: &migrator)
        let store = try context.openStore("journal.sqlite", migrator)
        let participants = ParticipantClient(
            client: context.client,
            authority: context.authority,
            callTimeout: settings.callTimeout
        )
        var coordinatorSettings = settings.coordinator
        coordinatorSettings.labelNames = PostTransaction.labelNames
        let coordinator = Coordinator(
            participants: settings.participants,
            settings: coordinatorSettings,
            store: store,
            call: { await participants.call($0, $1) },
            world: context.world,
            failpoints: context.failpoints,
            logger: context.logger
        )
        try await coordinator.recover()

        let transactions = CoordinatorRoutes(coordinator)
        let drafts = DraftReader(
            client: context.client,
            url: settings.draftURL,
            callTimeout: settings.callTimeout,
            patience: settings.coordinator.tryTimeout,
            world: context.world,
            failpoints: context.failpoints
        )
        var api = API(authority: context.authority, readiness: context.readiness)
        transactions.add(to: &api)
        PostRoutes(transactions: transactions, drafts: drafts, world: context.world).add(to: &api)
        if settings.givesDevelopmentTokens { DevelopmentTokens(authority: context.authority).add(to: &api) }
        return HostedProcess(
            api: api,
            services: [
                coordinator, JournalPruner(coordinator), context.storageWatch(store),
                ClockComparison(
                    settings.participants.filter { $0.name == PostBranch.draft || $0.name == PostBranch.online },
                    settings.coordinator,
                    context
                ),
            ],
            close: { try store.close() }
        )
    }
}
