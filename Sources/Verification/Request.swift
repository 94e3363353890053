package import TCC

/// A title and a content.
package struct RevisionText: Hashable, Sendable, Codable {
    /// The title; in a history, no two texts share one.
    package var title: String
    /// The content.
    package var content: String

    /// Makes a text.
    ///
    /// - Parameters:
    ///   - title: the title.
    ///   - content: the content.
    package init(title: String, content: String) {
        self.title = title
        self.content = content
    }
}

/// A request that begins a transaction, and its Idempotency-Key.
package struct Request: Hashable, Sendable {
    /// What it wants.
    package enum Intent: Hashable, Sendable {
        /// `POST /v1/posts`
        case publishNew(RevisionText)
        /// `POST /v1/posts/{id}/publish` with a body
        case republish(UUIDv7, RevisionText)
        /// `POST /v1/posts/{id}/publish` without a body
        case publishSaved(UUIDv7)
        /// `POST /v1/posts/{id}/withdraw`
        case withdraw(UUIDv7)
        /// `DELETE /v1/posts/{id}`
        case delete(UUIDv7)
        /// `POST /v1/transactions`: publishes over draft, online and the quota ledger
        case chargedPublish(UUIDv7, base: Int, revision: Int, RevisionText)
        /// `POST /v1/transactions`: withdraws over draft, online and the quota ledger
        case chargedWithdraw(UUIDv7)
        /// `POST /v1/transactions` over participants that have nothing to do with posts
        case other(participants: [String])
    }

    /// What it wants.
    package let intent: Intent
    /// Whose post it is about.
    package let author: String
    /// Its Idempotency-Key.
    package let key: String
    /// Its If-Match.
    package var ifMatch: String?

    /// Makes a request.
    ///
    /// - Parameters:
    ///   - intent: what it wants.
    ///   - author: whose post it is about.
    ///   - key: its Idempotency-Key.
    ///   - ifMatch: its If-Match.
    package init(_ intent: Intent, author: String, key: String, ifMatch: String? = nil) {
        self.intent = intent
        self.author = author
        self.key = key
        self.ifMatch = ifMatch
    }

    /// Who sends it, as the journal has it: `role:subject`.
    package var callerName: String {
        switch intent {
        case .chargedPublish, .chargedWithdraw, .other: "operator:operator"
        default: "author:\(author)"
        }
    }

    /// Whose key it has, and which: to the orchestrator, what has the same of both is the same request.
    package var identity: String { "\(callerName) \(key)" }

    /// Whether the orchestrator reads the draft before it begins anything.
    package var needsDraft: Bool {
        switch intent {
        case .republish, .publishSaved, .withdraw, .delete: true
        case .publishNew, .chargedPublish, .chargedWithdraw, .other: false
        }
    }

    /// The participants that it needs, as a transaction names them.
    package var participants: Set<String> {
        switch intent {
        case .publishNew, .republish, .publishSaved, .withdraw, .delete: ["draft", "online"]
        case .chargedPublish, .chargedWithdraw: ["draft", "online", "quota"]
        case .other(let participants): Set(participants)
        }
    }

    /// The post that it names itself.
    package var postID: UUIDv7? {
        switch intent {
        case .publishNew, .other: nil
        case .republish(let id, _), .publishSaved(let id), .withdraw(let id), .delete(let id),
            .chargedPublish(let id, _, _, _), .chargedWithdraw(let id):
            id
        }
    }

    /// The text that it publishes, if it brings one along.
    package var text: RevisionText? {
        switch intent {
        case .publishNew(let text), .republish(_, let text), .chargedPublish(_, _, _, let text): text
        default: nil
        }
    }

    /// The head that it is to be done at only, where its If-Match names one.
    package var head: Int? {
        guard let ifMatch, ifMatch.count > 2, ifMatch.first == "\"", ifMatch.last == "\"" else { return nil }
        return Int(ifMatch.dropFirst().dropLast())
    }

    /// Whether it shows a post to readers.
    package var isPublish: Bool {
        switch intent {
        case .publishNew, .republish, .publishSaved, .chargedPublish: true
        case .withdraw, .delete, .chargedWithdraw, .other: false
        }
    }

    /// Whether it has both libraries forget a post.
    package var isDelete: Bool {
        if case .delete = intent { true } else { false }
    }
}
