import Failpoints
import GRDB
import Logging
import Metrics
import NIOCore
import Posts
import TCC
import TCCCoordinator
import TCCHTTP
import TCCParticipant
import TCCStorage

/// A participant in one of its lives: the real barrier and resource behind the real service.
struct ParticipantNode: Node {
    let services: [@Sendable () async -> Void]
    private let perform: @Sendable ([BranchRequest]) async -> [BranchAnswer]
    private let batchFault: @Sendable () -> BatchFault?
    private let other: @Sendable (Message) async throws -> Reply
    private let pruneNow: @Sendable () async throws -> Void

    init<R: Resource>(
        _ resource: R,
        _ parts: NodeParts,
        ask: @escaping @Sendable (Message) async throws -> Reply,
        batchFault: @escaping @Sendable () -> BatchFault?,
        other: @escaping @Sendable (DurableStore, Message) async throws -> Reply
    ) {
        let service = ParticipantService(
            resource: resource,
            store: parts.store,
            world: parts.world,
            failpoints: parts.failpoints,
            logger: parts.logger,
            metrics: NOOPMetricsHandler.instance
        )
        let store = parts.store
        self.batchFault = batchFault
        self.perform = { requests in
            let calls = requests.map { request in Result { try Self.call(request, of: R.self) } }
            // `try?`: a call that cannot be read keeps its problem as its answer.
            var outcomes = await service.apply(calls.compactMap { try? $0.get() })[...]
            return calls.map { call in Self.answer(call.flatMap { _ in outcomes.removeFirst() }) }
        }
        self.other = { try await other(store, $0) }
        let inquiry = OutcomeInquiry(service) { gid in
            guard case .outcome(let outcome) = try await ask(.outcome(gid)) else { throw Misfit() }
            return outcome
        }
        let pruner = BarrierPruner(service, retention: parts.retention) {
            guard case .horizon(let horizon) = try await ask(.horizon) else { throw Misfit() }
            return horizon
        }
        self.pruneNow = { try await pruner.prune() }
        self.services = [{ await inquiry.runUntilCancelled() }, { await pruner.runUntilCancelled() }]
    }

    private struct Ignored: Decodable, Sendable {}

    private static func call<R: Resource>(_ request: BranchRequest, of resource: R.Type) throws
        -> TCCParticipant.ParticipantCall<R.Payload>
    {
        switch request.operation {
        case .try: return .attempt(try JSONCoding.decode(BranchCall<R.Payload>.self, from: request.body))
        case .confirm, .cancel:
            let call = try JSONCoding.decode(BranchCall<Ignored>.self, from: request.body)
            return .carryOut(request.operation == .confirm ? .confirm : .cancel, call.id, action: call.action)
        }
    }

    private static func answer(_ result: Result<BranchOutcome, any Error>) -> BranchAnswer {
        switch result {
        case .success(let outcome): BranchAnswer(status: 200, outcome: outcome)
        case .failure(let problem as Problem): BranchAnswer(status: problem.status, problem: problem)
        case .failure: BranchAnswer(status: 500)
        }
    }

    func prune() async {
        // `try?`: what is not forgotten now is forgotten another time.
        try? await pruneNow()
    }

    func answer(_ message: Message) async -> Reply? {
        switch message {
        case .call(let operation, let body): return .call(await perform([BranchRequest(operation, body)])[0])
        case .batch(let calls):
            switch batchFault() {
            case .noEndpoint: return .batchRefused(isForGood: true)
            case .refused: return .batchRefused(isForGood: false)
            case .short: return .batch(await perform(calls).dropLast())
            case nil: return .batch(await perform(calls))
            }
        default:
            do {
                return try await other(message)
            } catch let problem as Problem {
                return .problem(problem)
            } catch {
                return nil
            }
        }
    }
}

/// What can be wrong with a request of several calls.
enum BatchFault: Hashable, Sendable {
    /// The participant has no endpoint for it.
    case noEndpoint
    /// It is refused as a whole.
    case refused
    /// The answer lacks a result.
    case short
}

/// An answer to another question.
struct Misfit: Error {}

/// A process in one of its lives.
protocol Node: Sendable {
    /// What runs in the background.
    var services: [@Sendable () async -> Void] { get }

    /// Forgets what is old.
    func prune() async

    /// Answers a message; nil if there is no answer.
    func answer(_ message: Message) async -> Reply?
}

/// What a node is made of.
struct NodeParts: Sendable {
    let store: DurableStore
    let world: World
    let failpoints: Failpoints
    let logger: Logger
    let retention: Duration
}
