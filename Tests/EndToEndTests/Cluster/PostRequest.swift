import Foundation
import NIOCore
import TCC
import TCCHTTP

/// A title and a content.
struct PostText: Hashable, Sendable, Encodable {
    var title: String
    var content: String

    /// A text whose title no other has.
    static func unique(_ words: String = "A post") -> PostText {
        let number = UInt32.random(in: .min ... .max)
        return PostText(title: "\(words) #\(number)", content: "Content of #\(number): café, 漢字, \"quotes\" / slashes.")
    }
}

/// A request that begins a transaction, and its Idempotency-Key.
struct PostRequest: Sendable {
    enum Intent: Sendable {
        /// `POST /v1/posts`
        case publishNew(PostText)
        /// `POST /v1/posts/{id}/publish` with a body
        case republish(UUIDv7, PostText)
        /// `POST /v1/posts/{id}/publish` without a body
        case publishSaved(UUIDv7)
        /// `POST /v1/posts/{id}/withdraw`
        case withdraw(UUIDv7)
        /// `POST /v1/transactions`: publishes over draft, online and the quota ledger
        case chargedPublish(UUIDv7, base: Int, revision: Int, PostText)
        /// `POST /v1/transactions`: withdraws over draft, online and the quota ledger
        case chargedWithdraw(UUIDv7)
        /// `POST /v1/transactions` over participants that have nothing to do with posts
        case other(participants: [String])
    }

    let intent: Intent
    let author: String
    let key: String
    var ifMatch: String?

    init(_ intent: Intent, author: String = "alice", key: String? = nil, ifMatch: String? = nil) {
        self.intent = intent
        self.author = author
        self.key = key ?? "key-\(UInt64.random(in: .min ... .max))"
        self.ifMatch = ifMatch
    }

    /// Who sends it.
    var caller: Caller {
        switch intent {
        case .chargedPublish, .chargedWithdraw, .other: Caller(subject: "operator", role: .operator)
        default: Caller(subject: author, role: .author)
        }
    }

    var path: String {
        switch intent {
        case .publishNew: "/v1/posts"
        case .republish(let id, _), .publishSaved(let id): "/v1/posts/\(id)/publish"
        case .withdraw(let id): "/v1/posts/\(id)/withdraw"
        case .chargedPublish, .chargedWithdraw, .other: "/v1/transactions"
        }
    }

    /// The post that it names itself.
    var postID: UUIDv7? {
        switch intent {
        case .publishNew, .other: nil
        case .republish(let id, _), .publishSaved(let id), .withdraw(let id), .chargedPublish(let id, _, _, _),
            .chargedWithdraw(let id):
            id
        }
    }

    /// The text that it publishes, if it brings one along.
    var text: PostText? {
        switch intent {
        case .publishNew(let text), .republish(_, let text), .chargedPublish(_, _, _, let text): text
        default: nil
        }
    }

    var isWithdraw: Bool {
        switch intent {
        case .withdraw, .chargedWithdraw: true
        default: false
        }
    }

    /// The body, the same bytes each time: a key is bound to them.
    func body() throws -> ByteBuffer? {
        switch intent {
        case .publishNew(let text), .republish(_, let text): return try Self.encode(text)
        case .publishSaved, .withdraw: return nil
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
struct TryPayload: Codable, Sendable {
    var postID: UUIDv7?
    var author: String
    var baseRevision: Int?
    var revision: Int?
    var title: String?
    var content: String?
}
