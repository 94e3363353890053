import Foundation
package import HTTPTypes
package import NIOCore
package import TCC
package import TCCHTTP

extension Request {
    /// Who sends it.
    package var caller: Caller {
        switch intent {
        case .chargedPublish, .chargedWithdraw, .other: Caller(subject: "operator", role: .operator)
        default: Caller(subject: author, role: .author)
        }
    }

    /// Where it goes at the orchestrator.
    package var path: String {
        switch intent {
        case .publishNew: "/v1/posts"
        case .republish(let id, _), .publishSaved(let id): "/v1/posts/\(id)/publish"
        case .withdraw(let id): "/v1/posts/\(id)/withdraw"
        case .delete(let id): "/v1/posts/\(id)"
        case .chargedPublish, .chargedWithdraw, .other: "/v1/transactions"
        }
    }

    /// With which method.
    package var method: HTTPRequest.Method { isDelete ? .delete : .post }

    /// Its key and its condition.
    package var headers: [(String, String)] {
        [("Idempotency-Key", key)] + (ifMatch.map { [("If-Match", $0)] } ?? [])
    }

    /// The body, the same bytes each time: a key is bound to them.
    ///
    /// - Returns: JSON, or nil if the request has no body.
    /// - Throws: an `EncodingError`.
    package func body() throws -> ByteBuffer? {
        switch intent {
        case .publishNew(let text), .republish(_, let text): return try Self.encode(text)
        case .publishSaved, .withdraw, .delete: return nil
        case .chargedPublish(let id, let base, let revision, let text):
            let payload = TryPayload(
                postID: id,
                author: author,
                baseRevision: base,
                revision: revision,
                title: text.title,
                content: text.content
            )
            return try transaction("publish", payload, ["draft", "online", "quota"])
        case .chargedWithdraw(let id):
            return try transaction("withdraw", TryPayload(postID: id, author: author), ["draft", "online", "quota"])
        case .other(let participants): return try transaction("charge", TryPayload(author: author), participants)
        }
    }

    private static func encode(_ value: some Encodable) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return ByteBuffer(bytes: try encoder.encode(value))
    }

    private func transaction(_ action: String, _ payload: TryPayload, _ names: [String]) throws -> ByteBuffer {
        struct Body: Encodable {
            struct Branch: Encodable {
                let participant: String
                let payload: TryPayload
            }
            let action: String
            let branches: [Branch]
        }
        return try Self.encode(
            Body(action: action, branches: names.map { .init(participant: $0, payload: payload) })
        )
    }
}

/// What any of the participants needs to reserve; the ledger looks at the author only.
package struct TryPayload: Codable, Sendable {
    /// The post.
    package var postID: UUIDv7?
    /// Whose it is.
    package var author: String
    /// The revision that the new one is made from.
    package var baseRevision: Int?
    /// The new revision.
    package var revision: Int?
    /// Its title.
    package var title: String?
    /// Its content.
    package var content: String?

    /// Makes a payload.
    ///
    /// - Parameters:
    ///   - postID: the post.
    ///   - author: whose it is.
    ///   - baseRevision: the revision that the new one is made from.
    ///   - revision: the new revision.
    ///   - title: its title.
    ///   - content: its content.
    package init(
        postID: UUIDv7? = nil,
        author: String,
        baseRevision: Int? = nil,
        revision: Int? = nil,
        title: String? = nil,
        content: String? = nil
    ) {
        self.postID = postID
        self.author = author
        self.baseRevision = baseRevision
        self.revision = revision
        self.title = title
        self.content = content
    }
}
