import Failpoints
import Foundation
import Logging
import Metrics
import Posts
import Publishing
import TCC
import TCCCoordinator
import TCCHTTP
import Verification

/// The orchestrator in one of its lives: the real coordinator over the real journal.
struct OrchestratorNode: Node {
    private let coordinator: Coordinator
    private let parts: NodeParts
    private let pruner: JournalPruner
    private let isReady = Box(false)
    private let ask: @Sendable (Party, Message) async throws -> Reply
    private let ready: @Sendable () -> Void
    private let die: @Sendable () -> Void

    init(
        _ parts: NodeParts,
        settings: Coordinator.Settings,
        ask: @escaping @Sendable (Party, Message) async throws -> Reply,
        ready: @escaping @Sendable () -> Void,
        die: @escaping @Sendable () -> Void
    ) {
        self.parts = parts
        self.ask = ask
        self.ready = ready
        self.die = die
        var settings = settings
        settings.retention = parts.retention
        settings.labelNames = PostTransaction.labelNames
        self.coordinator = Coordinator(
            participants: [Party.draft, .online, .quota]
                .compactMap { party in
                    ParticipantName(party.rawValue).map { Participant(name: $0, url: party.rawValue) }
                },
            settings: settings,
            store: parts.store,
            call: { participant, calls in
                do {
                    return try await Self.call(participant, calls, ask)
                } catch {
                    return .each(calls.map { _ in .unanswered("\(error)") })
                }
            },
            world: parts.world,
            failpoints: parts.failpoints,
            logger: parts.logger,
            metrics: NOOPMetricsHandler.instance
        )
        self.pruner = JournalPruner(coordinator)
    }

    /// As `ParticipantClient` does it over HTTP.
    private static func call(
        _ participant: Participant,
        _ calls: [BranchRequest],
        _ ask: @Sendable (Party, Message) async throws -> Reply
    ) async throws -> RequestResult {
        guard let party = Party(rawValue: participant.url) else { throw Misfit() }
        if calls.count == 1 {
            guard case .call(let answer) = try await ask(party, .call(calls[0].operation, calls[0].body)) else {
                throw Misfit()
            }
            return .each([.answered(answer)])
        }
        switch try await ask(party, .batch(calls)) {
        case .batchRefused(let isForGood): return .refusedTogether(isForGood: isForGood)
        case .batch(let answers) where answers.count == calls.count: return .each(answers.map { .answered($0) })
        case .batch: return .each(calls.map { _ in .answered(BranchAnswer(status: 200)) })
        default: throw Misfit()
        }
    }

    var services: [@Sendable () async -> Void] {
        [
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
        ]
    }

    func prune() async {
        // `try?`: what is not forgotten now is forgotten another time.
        try? await pruner.prune()
    }

    func answer(_ message: Message) async -> Reply? {
        guard isReady.withLock({ $0 }) else { return nil }
        do {
            switch message {
            case .outcome(let gid): return .outcome(try await coordinator.outcome(of: gid))
            case .horizon: return .horizon(try await coordinator.horizon())
            case .begin(let request): return try await told(request)
            default: return nil
            }
        } catch let problem as Problem {
            return .problem(problem)
        } catch {
            return nil
        }
    }

    private func told(_ request: Request) async throws -> Reply? {
        let key = Journal.Key(
            caller: request.callerName,
            key: request.key,
            fingerprint: Data("\(request.intent) \(request.ifMatch ?? "")".utf8)
        )
        let conclusion: Conclusion
        do {
            conclusion = try await coordinator.run(key: key) { try await transaction(for: request) }
        } catch let problem as Problem {
            return .told(.init(status: problem.status, gid: Self.gid(of: problem), code: problem.code), postID: nil)
        }
        try await parts.failpoints.pass(.coordinatorAnswerBefore)
        switch conclusion {
        case .confirmed(let record): return .told(.init(status: 200, gid: record.gid), postID: Self.postID(of: record))
        case .accepted(let record): return .told(.init(status: 202, gid: record.gid), postID: Self.postID(of: record))
        case .cancelled(let problem, let gid):
            return .told(.init(status: problem.status, gid: gid, code: problem.code), postID: nil)
        case .unknown: return nil
        }
    }

    private static func gid(of problem: Problem) -> GlobalTransactionID? {
        problem.extensions["gid"]?.string.flatMap { GlobalTransactionID($0) }
    }

    private static func postID(of record: TransactionRecord) -> UUIDv7? {
        record.labels["postID"]?.string.flatMap { UUIDv7($0) }
    }

    private func transaction(for request: Request) async throws -> TransactionRequest {
        switch request.intent {
        case .publishNew(let text):
            return PostTransaction.publishNew(
                PostText(title: text.title, content: text.content),
                as: parts.world.makeIdentifier(),
                by: request.author
            )
        case .republish(let id, let text):
            let text = PostText(title: text.title, content: text.content)
            return PostTransaction.publish(try await head(id, request), text, by: request.author)
        case .publishSaved(let id):
            return PostTransaction.publish(try await head(id, request), nil, by: request.author)
        case .withdraw(let id):
            _ = try await draft(id, request)
            return PostTransaction.withdraw(id, by: request.author)
        case .delete(let id):
            _ = try await draft(id, request)
            return PostTransaction.delete(id, by: request.author)
        case .chargedPublish(let id, let base, let revision, let text):
            let payload = PostPayload(
                postID: id,
                author: request.author,
                baseRevision: base,
                revision: revision,
                title: text.title,
                content: text.content
            )
            return Self.charged(.publish, payload)
        case .chargedWithdraw(let id):
            return Self.charged(.withdraw, PostPayload(postID: id, author: request.author))
        case .other(let participants):
            return TransactionRequest(
                action: "charge",
                branches: participants.compactMap { name in
                    ParticipantName(name).map { .init(participant: $0, payload: ["author": request.author]) }
                }
            )
        }
    }

    private static func charged(_ action: PostAction, _ payload: PostPayload) -> TransactionRequest {
        TransactionRequest(
            action: action.rawValue,
            branches: [Party.draft, .online, .quota]
                .compactMap { party in
                    ParticipantName(party.rawValue).map { .init(participant: $0, payload: payload) }
                }
        )
    }

    /// The draft, if it is the one that the request is about.
    private func head(_ id: UUIDv7, _ request: Request) async throws -> Draft {
        let draft = try await draft(id, request)
        guard try request.ifMatch.map({ try EntityTag.matches($0, draft.revision, weak: false) }) ?? true else {
            throw Problem(412, "stale-revision", "The draft is at revision \(draft.revision) now. Read it again.")
        }
        return draft
    }

    private func draft(_ id: UUIDv7, _ request: Request) async throws -> Draft {
        do {
            switch try await ask(.draft, .readDraft(id, author: request.author)) {
            case .draft(let draft): return draft
            case .problem(let problem): throw problem
            default: throw Misfit()
            }
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(503, "participant-unavailable", "The draft service does not answer.")
        }
    }
}
