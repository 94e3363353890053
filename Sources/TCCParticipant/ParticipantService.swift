public import Failpoints
import GRDB
import Hummingbird
public import Logging
public import Metrics
public import TCC
public import TCCHTTP
public import TCCStorage

/// A resource behind its barrier: applies calls durably, serves them over HTTP, and makes the background services that
/// keep a reservation from hanging and the barrier from growing.
public struct ParticipantService<R: Resource>: Sendable {
    /// The largest body of a call: 8 MiB.
    public static var largestBody: Int { 8 << 20 }

    let resource: R
    let store: DurableStore
    let world: World
    let failpoints: Failpoints
    let logger: Logger
    private let metrics: any MetricsFactory

    /// A participant.
    ///
    /// - Parameters:
    ///   - resource: what it reserves.
    ///   - store: the database that holds the resource and the barrier (``Barrier/registerMigrations(in:)``).
    ///   - world: clocks and chance.
    ///   - failpoints: what a test asked for.
    ///   - logger: where alerts go.
    ///   - metrics: makes its counter, `tcc.participant.calls` by operation and outcome.
    public init(
        resource: R,
        store: DurableStore,
        world: World,
        failpoints: Failpoints = .none,
        logger: Logger,
        metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.resource = resource
        self.store = store
        self.world = world
        self.failpoints = failpoints
        self.logger = logger
        self.metrics = metrics
    }

    /// Applies a try; when this returns, the reservation is on disk.
    ///
    /// - Parameter call: the try.
    /// - Returns: the branch's outcome so far: reserved, or confirmed if the decision was there first.
    /// - Throws: a problem: the refusal, 410 or 422.
    public func attempt(_ call: BranchCall<R.Payload>) async throws -> BranchOutcome {
        try await apply([.attempt(call)])[0].get()
    }

    /// Applies a decision; when this returns, it is on disk.
    ///
    /// - Parameters:
    ///   - decision: the decision.
    ///   - id: the branch.
    ///   - action: what its transaction does.
    /// - Returns: the outcome that fits the decision.
    /// - Throws: a 409 problem if the branch cannot do as decided.
    public func carryOut(_ decision: Decision, _ id: BranchID, action: String) async throws -> BranchOutcome {
        try await apply([.carryOut(decision, id, action: action)])[0].get()
    }

    /// Applies calls in one local transaction, in their order; when this returns, what they did is on disk.
    ///
    /// - Parameter calls: tries and decisions, of whichever transactions.
    /// - Returns: for each call its branch's outcome, or the error that it would have met alone.
    public func apply(_ calls: [ParticipantCall<R.Payload>]) async -> [Result<BranchOutcome, any Error>] {
        let outcomes = await store.write(
            all: calls.map { call in { try call.apply(on: resource, at: world.wallClock(), in: $0) } },
            between: { (calls[$0].failpointBefore, calls[$0].failpointAfter) }
        )
        for (call, outcome) in zip(calls, outcomes) { count(call.operation, outcome) }
        return outcomes
    }

    private func count(_ operation: TCC.Operation, _ result: Result<BranchOutcome, any Error>) {
        let word: String
        switch result {
        case .success(let outcome): word = outcome.rawValue
        case .failure(let error): word = (error as? Problem)?.code ?? "error"
        }
        Counter(
            label: "tcc.participant.calls",
            dimensions: [("tcc.operation", operation.rawValue), ("tcc.outcome", word)],
            factory: metrics
        )
        .increment()
    }

    /// Adds `POST /tcc/try`, `/tcc/confirm`, `/tcc/cancel` and `/tcc/batch`.
    ///
    /// - Parameter api: the API.
    public func addRoutes(to api: inout API) {
        api.on(.post, "/tcc/try", allow: [.service], bodyLimit: Self.largestBody) { request in
            try await answer(try ParticipantCall(try request.decode(BranchCall<R.Payload>.self)))
        }
        for decision in [Decision.confirm, .cancel] {
            api.on(.post, "/tcc/\(decision.rawValue)", allow: [.service], bodyLimit: Self.largestBody) { request in
                try await answer(ParticipantCall(decision, try request.decode(BranchCall<Ignored>.self)))
            }
        }
        api.on(.post, "/tcc/batch", allow: [.service], bodyLimit: Self.largestBody) { request in
            let calls = try request.decode(BatchBody<R.Payload>.self).calls
            guard calls.count <= ProtocolLimits.mostCallsInBatch else {
                throw Problem.invalid("calls", "must be at most \(ProtocolLimits.mostCallsInBatch)")
            }
            // `try?`: a call that cannot be read keeps its problem as its result.
            var outcomes = await apply(calls.compactMap { try? $0.result.get().call })[...]
            let results = calls.map { call in call.result.flatMap { _ in outcomes.removeFirst() } }
            return try .json(BatchAnswer(results: results.map { Self.result($0, of: request) }))
        }
    }

    private func answer(_ call: ParticipantCall<R.Payload>) async throws -> Response {
        try .json(BranchOutcomeBody(outcome: try await apply([call])[0].get()))
    }

    private static func result(_ result: Result<BranchOutcome, any Error>, of request: APIRequest) -> BatchResult {
        switch result {
        case .success(let outcome): BatchResult(outcome: outcome)
        case .failure(let error): BatchResult(problem: request.problem(for: error))
        }
    }
}
