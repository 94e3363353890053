import Foundation
import NIOCore
import TCC
import TCCHTTP
import Verification

extension RevisionText {
    /// A text whose title no other has.
    static func unique(_ words: String = "A post") -> RevisionText {
        let number = UInt32.random(in: .min ... .max)
        let content = "Content of #\(number): café, 漢字, \"quotes\" / slashes."
        return RevisionText(title: "\(words) #\(number)", content: content)
    }
}

extension Request {
    /// A request of alice's, under a key of its own.
    init(_ intent: Intent, author: String = "alice", ifMatch: String? = nil) {
        self.init(intent, author: author, key: "key-\(UInt64.random(in: .min ... .max))", ifMatch: ifMatch)
    }

    /// A request of alice's.
    init(_ intent: Intent, key: String, ifMatch: String? = nil) {
        self.init(intent, author: "alice", key: key, ifMatch: ifMatch)
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
