package import TCC
package import Verification

/// What one client asks for, one thing after the other, from a seed and from what it has learnt.
package struct Workload: Hashable, Sendable {
    /// A post that there is.
    package struct Post: Hashable, Sendable {
        /// Its id.
        package var id: UUIDv7
        /// Whose it is.
        package var author: String

        /// Makes one.
        ///
        /// - Parameters:
        ///   - id: its id.
        ///   - author: whose it is.
        package init(id: UUIDv7, author: String) {
            self.id = id
            self.author = author
        }
    }

    /// What to do next.
    package enum Step: Hashable, Sendable {
        /// Publishes a new post.
        case publishNew(RevisionText, author: String)
        /// Saves an edit.
        case save(Post, RevisionText)
        /// Publishes what is saved.
        case publishSaved(Post)
        /// Publishes a text as the next revision.
        case republish(Post, RevisionText, ifMatch: String?)
        /// Withdraws a post.
        case withdraw(Post)
        /// Has both libraries forget a post.
        case delete(Post)
        /// Publishes a text, for a post of the quota.
        case publishCharged(Post, RevisionText)
        /// Withdraws a post, for a post of the quota.
        case withdrawCharged(Post)
        /// Spends a post of the quota, and touches no library.
        case charge(author: String)
        /// Publishes a new post of somebody who has no quota left.
        case overdraw(UUIDv7, RevisionText)
    }

    /// What a client is for.
    package enum Purpose: Hashable, Sendable {
        /// Does everything, as fast as it can.
        case everything
        /// Needs both libraries and nothing else, now and then: whether they serve while the ledger does not.
        case publishes
        /// Needs the ledger and nothing else, now and then: whether it serves while a library does not.
        case charges
    }

    /// Who has posts and quota.
    package static let authors = ["ann", "bob"]
    /// Who has no quota.
    package static let pauper = "carl"
    /// More would only make readers slow.
    private static let mostPosts = 48

    private let client: Int
    private let purpose: Purpose
    private var generator: SplitMix64
    private var texts = 0

    /// A client's.
    ///
    /// - Parameters:
    ///   - client: the client's number.
    ///   - seed: what its choices depend on, with what it learns.
    ///   - purpose: what the client is for.
    package init(client: Int, seed: UInt64, purpose: Purpose = .everything) {
        self.client = client
        self.purpose = purpose
        self.generator = SplitMix64(seed: seed)
    }

    /// Chooses what to do next.
    ///
    /// - Parameter posts: the posts that there are.
    /// - Returns: what to do.
    package mutating func next(_ posts: [Post]) -> Step {
        if purpose == .charges { return .charge(author: Self.authors.randomElement(using: &generator) ?? "ann") }
        let dice = Int.random(in: purpose == .publishes ? 34..<55 : 0..<100, using: &generator)
        guard let post = posts.randomElement(using: &generator), dice >= 12 || posts.count >= Self.mostPosts else {
            let author = Self.authors.randomElement(using: &generator) ?? "ann"
            return .publishNew(text(), author: author)
        }
        switch dice {
        case ..<20: return .save(post, text())
        case ..<34: return .publishSaved(post)
        case ..<55: return .republish(post, text(), ifMatch: nil)
        // Of a revision that has most likely passed.
        case ..<59: return .republish(post, text(), ifMatch: "\"1\"")
        case ..<68: return .withdraw(post)
        case ..<74: return .delete(post)
        case ..<88: return .publishCharged(post, text())
        case ..<93: return .withdrawCharged(post)
        default: return .overdraw(UUIDv7(at: Timestamp(milliseconds: 0), using: &generator), text())
        }
    }

    /// How long to think before the next step.
    package mutating func pause() -> Duration {
        .milliseconds(Int.random(in: purpose == .everything ? 0...30 : 100...200, using: &generator))
    }

    /// A key that no other request has.
    package mutating func key() -> String { "chaos-\(client)-\(generator.next())" }

    private mutating func text() -> RevisionText {
        texts += 1
        let lines = Int.random(in: 1...40, using: &generator)
        let title = "Text \(client).\(texts)"
        return RevisionText(title: title, content: String(repeating: "\(title), café, 漢字.\n", count: lines))
    }
}
