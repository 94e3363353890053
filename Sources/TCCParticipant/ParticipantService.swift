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
        try await failpoints.pass(.participantReserveBefore)
        let now = world.wallClock()
        let result = await outcome(of: .try) { try Barrier.attempt(call, on: resource, at: now, in: $0) }
        try await failpoints.pass(.participantReserveAfter)
        return try result.get()
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
        let isConfirm = decision == .confirm
        try await failpoints.pass(isConfirm ? .participantConfirmBefore : .participantCancelBefore)
        let now = world.wallClock()
        let result = await outcome(of: decision.operation) {
            try Barrier.carryOut(decision, id, action: action, on: resource, at: now, in: $0)
        }
        try await failpoints.pass(isConfirm ? .participantConfirmAfter : .participantCancelAfter)
        return try result.get()
    }

    private func outcome(
        of operation: TCC.Operation,
        _ write: @escaping @Sendable (Database) throws -> BranchOutcome
    ) async -> Result<BranchOutcome, any Error> {
        let result: Result<BranchOutcome, any Error>
        let word: String
        do {
            let outcome = try await store.write(write)
            (result, word) = (.success(outcome), outcome.rawValue)
        } catch {
            (result, word) = (.failure(error), (error as? Problem)?.code ?? "error")
        }
        Counter(
            label: "tcc.participant.calls",
            dimensions: [("tcc.operation", operation.rawValue), ("tcc.outcome", word)],
            factory: metrics
        )
        .increment()
        return result
    }

    private struct Ignored: Decodable, Sendable {}

    private struct OutcomeBody: Encodable {
        let outcome: BranchOutcome
    }

    /// Adds `POST /tcc/try`, `/tcc/confirm` and `/tcc/cancel`.
    ///
    /// - Parameter api: the API.
    public func addRoutes(to api: inout API) {
        api.on(.post, "/tcc/try", allow: [.service], bodyLimit: Self.largestBody) { request in
            let call = try request.decode(BranchCall<R.Payload>.self)
            guard call.deadline != nil else { throw Problem.invalid("deadline", "is missing") }
            guard call.payload != nil else { throw Problem.invalid("payload", "is missing") }
            return try .json(OutcomeBody(outcome: try await attempt(call)))
        }
        for decision in [Decision.confirm, .cancel] {
            api.on(.post, "/tcc/\(decision.rawValue)", allow: [.service], bodyLimit: Self.largestBody) { request in
                let call = try request.decode(BranchCall<Ignored>.self)
                return try .json(OutcomeBody(outcome: try await carryOut(decision, call.id, action: call.action)))
            }
        }
    }
}
