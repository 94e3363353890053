import Failpoints
import GRDB
import Logging
import Metrics
import NIOCore
import Posts
import TCC
import TCCHTTP
import TCCParticipant
import TCCStorage

/// A participant in one of its lives: the real barrier and resource behind the real service.
struct ParticipantNode: Node {
    let services: [@Sendable () async -> Void]
    private let perform: @Sendable (TCC.Operation, ByteBuffer) async throws -> BranchOutcome
    private let other: @Sendable (Message) async throws -> Reply
    private let pruneNow: @Sendable () async throws -> Void

    init<R: Resource>(
        _ resource: R,
        _ parts: NodeParts,
        ask: @escaping @Sendable (Message) async throws -> Reply,
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
        self.perform = { operation, body in
            switch operation {
            case .try: return try await service.attempt(try JSONCoding.decode(BranchCall<R.Payload>.self, from: body))
            case .confirm, .cancel:
                let call = try JSONCoding.decode(BranchCall<Ignored>.self, from: body)
                let decision: Decision = operation == .confirm ? .confirm : .cancel
                return try await service.carryOut(decision, call.id, action: call.action)
            }
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

    func prune() async {
        // `try?`: what is not forgotten now is forgotten another time.
        try? await pruneNow()
    }

    func answer(_ message: Message) async -> Reply? {
        do {
            guard case .call(let operation, let body) = message else { return try await other(message) }
            return .call(BranchAnswer(status: 200, outcome: try await perform(operation, body)))
        } catch let problem as Problem {
            if case .call = message { return .call(BranchAnswer(status: problem.status, problem: problem)) }
            return .problem(problem)
        } catch {
            return .call(BranchAnswer(status: 500))
        }
    }
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
