import HTTPTypes
import Hummingbird
import Posts
public import TCC
public import TCCCoordinator
public import TCCHTTP

/// Publishing, withdrawing and deleting as transactions over the two libraries: the author's routes of the orchestrator.
public struct PostRoutes: Sendable {
    private let transactions: CoordinatorRoutes
    private let drafts: DraftReader
    private let world: World
    private let liveRevisions = LiveRevisions()

    /// Routes over a coordinator.
    ///
    /// - Parameters:
    ///   - transactions: answers requests that begin a transaction.
    ///   - drafts: reads drafts.
    ///   - world: clocks and chance.
    public init(transactions: CoordinatorRoutes, drafts: DraftReader, world: World) {
        self.transactions = transactions
        self.drafts = drafts
        self.world = world
    }

    /// Adds the routes to an API.
    ///
    /// - Parameter api: the API.
    public func add(to api: inout API) {
        api.on(.post, "/v1/posts", allow: [.author]) { request in
            try await transactions.respond(to: request) { try publishNew($0) }
        }
        api.on(.post, "/v1/posts/:id/publish", allow: [.author]) { request in
            do {
                return try await transactions.respond(to: request) { try await publish($0) }
            } catch let refusal as Problem {
                if refusal.liveRevision != nil { liveRevisions.learn(from: refusal, of: try request.identifier()) }
                throw refusal
            }
        }
        api.on(.post, "/v1/posts/:id/withdraw", allow: [.author]) { request in
            try await transactions.respond(to: request) { try await withdraw($0) }
        }
        api.on(.delete, "/v1/posts/:id", allow: [.author]) { request in
            try await transactions.respond(to: request) { try await delete($0) }
        }
    }

    /// A new post, as revision 1.
    private func publishNew(_ request: APIRequest) throws -> TransactionRequest {
        let text = try request.decode(PostText.self)
        try text.check()
        return PostTransaction.publishNew(text, as: world.makeIdentifier(), by: request.subject)
    }

    private struct PublishBody: FastJSONReadable {
        var title: String?
        var content: String?

        init() {}

        init(scanning scanner: inout JSONScanner) throws(JSONDoubt) {
            var (title, content) = (JSONMember<String>(), JSONMember<String>())
            try scanner.beginObject()
            while let name = try scanner.nextName() {
                switch name {
                case "title": try title.read(&scanner)
                case "content": try content.read(&scanner)
                default: throw JSONDoubt()
                }
            }
            self.title = title.value
            self.content = content.value
        }
    }

    /// The saved head, or this text as the next revision.
    private func publish(_ request: APIRequest) async throws -> TransactionRequest {
        let id = try request.identifier()
        let body = request.body.readableBytes == 0 ? PublishBody() : try request.decode(PublishBody.self)
        let text = try Self.text(of: body)
        let draft = try await drafts.draft(id, token: Self.token(of: request))
        _ = try Self.isHeadNamed(by: request, draft)
        let live = liveRevisions.ahead(of: id, than: text == nil ? draft.revision : draft.nextRevision)
        return PostTransaction.publish(draft, text, after: live, by: request.subject)
    }

    private static func text(of body: PublishBody) throws -> PostText? {
        switch (body.title, body.content) {
        case (nil, nil): return nil
        case (let title?, let content?):
            let text = PostText(title: title, content: content)
            try text.check()
            return text
        case (nil, _): throw Problem.invalid("title", "is missing; send both, or neither to publish the saved draft")
        case (_, nil): throw Problem.invalid("content", "is missing; send both, or neither to publish the saved draft")
        }
    }

    /// Hides the post from readers; its draft becomes private.
    private func withdraw(_ request: APIRequest) async throws -> TransactionRequest {
        let id = try request.identifier()
        // Both libraries refuse a post that is not there, the online one as not published: which of the two is first
        // must not decide whether the author gets 404 or 409.
        _ = try await drafts.draft(id, token: Self.token(of: request))
        return PostTransaction.withdraw(id, by: request.subject)
    }

    /// Has both libraries forget the post, unless readers see it.
    private func delete(_ request: APIRequest) async throws -> TransactionRequest {
        let id = try request.identifier()
        let draft = try await drafts.draft(id, token: Self.token(of: request))
        let isHeadNamed = try Self.isHeadNamed(by: request, draft)
        return PostTransaction.delete(id, ifHead: isHeadNamed ? draft.revision : nil, by: request.subject)
    }

    /// Whether a request has `If-Match`, which then names the head.
    ///
    /// - Throws: 412 if it names another revision.
    private static func isHeadNamed(by request: APIRequest, _ draft: Draft) throws -> Bool {
        guard let expected = request.head.headerFields[.ifMatch] else { return false }
        guard try EntityTag.matches(expected, draft.revision, weak: false) else {
            throw Problem(412, "stale-revision", "The draft is at revision \(draft.revision) now. Read it again.")
        }
        return true
    }

    private static func token(of request: APIRequest) -> String {
        String((request.head.headerFields[.authorization] ?? "").dropFirst("Bearer ".count))
    }
}
