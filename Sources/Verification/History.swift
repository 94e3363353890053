package import TCC

/// What the clients asked, were told and saw, in order.
package struct History: Sendable {
    /// What a client was told.
    package struct Reply: Hashable, Sendable {
        /// The HTTP status.
        package var status: Int
        /// The transaction that it speaks of.
        package var gid: GlobalTransactionID?
        /// The problem's code.
        package var code: String?
        /// The post that it speaks of.
        package var post: UUIDv7?

        /// Whether it says that the transaction is decided commit.
        package var isCommitted: Bool { (200..<300).contains(status) }

        /// Makes a reply.
        ///
        /// - Parameters:
        ///   - status: the HTTP status.
        ///   - gid: the transaction that it speaks of.
        ///   - code: the problem's code.
        ///   - post: the post that it speaks of.
        package init(status: Int, gid: GlobalTransactionID?, code: String? = nil, post: UUIDv7? = nil) {
            self.status = status
            self.gid = gid
            self.code = code
            self.post = post
        }
    }

    /// A request that was sent once.
    package struct Attempt: Sendable {
        /// The request.
        package var request: Request
        /// Its place among everything that was sent and answered.
        package var sentAt: Int
        /// Nil until it is answered, and for ever if it was not.
        package var answer: Reply?
        /// The answer's place among everything that was sent and answered.
        package var answeredAt: Int?
    }

    /// Where a reader looks.
    package enum Library: String, Hashable, Sendable, Codable {
        /// The draft service.
        case draft = "draft-service"
        /// The online service.
        case online = "online-service"
    }

    /// What a reader of one library saw of one post.
    package struct Sighting: Hashable, Sendable {
        /// Where.
        package var library: Library
        /// The post.
        package var post: UUIDv7
        /// Its revision: the live one, or the one that a published draft says is live.
        package var revision: Int
        /// That revision's title.
        package var title: String

        /// Makes a sighting.
        ///
        /// - Parameters:
        ///   - library: where.
        ///   - post: the post.
        ///   - revision: its revision.
        ///   - title: that revision's title.
        package init(library: Library, post: UUIDv7, revision: Int, title: String) {
            self.library = library
            self.post = post
            self.revision = revision
            self.title = title
        }
    }

    /// A change of what a reader sees of a post.
    package struct Look: Sendable {
        /// Its place among everything that was sent and answered.
        package var at: Int
        /// Where.
        package var library: Library
        /// The post.
        package var post: UUIDv7
        /// What was seen; nil if the post was not there any more.
        package var sighting: Sighting?
    }

    /// Every request, each time that it was sent.
    package var attempts: [Attempt] = []
    /// The texts that were saved without being published, by post and revision.
    package var saves: [UUIDv7: [Int: RevisionText]] = [:]
    /// Texts that may have been saved: their saves were not answered.
    package var uncertainSaves: [RevisionText] = []
    /// How what readers saw changed, in order.
    package private(set) var looks: [Look] = []
    /// What readers see of each post.
    private var seen: [Library: [UUIDv7: Sighting]] = [:]
    /// What journals and barriers once said of a transaction, or of a branch of it.
    package var decisions: [String: String] = [:]
    /// What participants that asked were told, each thing once.
    package private(set) var outcomes: [GlobalTransactionID: Set<Decision>] = [:]
    /// What was found wrong while things ran.
    package var contradictions: [Violation] = []
    /// Requests that may have come more often than they were sent, by their ``Request/identity``: what one copy is told
    /// says nothing of the other.
    package var doubled: Set<String> = []
    /// Who publishes.
    package var authors: Set<String> = []
    /// How much was sent and answered.
    private var places = 0

    /// Nothing yet.
    package init() {}

    /// A request is about to be sent.
    ///
    /// - Parameter request: the request.
    /// - Returns: its number.
    package mutating func sent(_ request: Request) -> Int {
        authors.insert(request.author)
        places += 1
        attempts.append(Attempt(request: request, sentAt: places))
        return attempts.count - 1
    }

    /// A request came back, with an answer or without.
    ///
    /// - Parameters:
    ///   - number: its number.
    ///   - answer: the answer, if there was one.
    package mutating func answered(_ number: Int, _ answer: Reply?) {
        guard let answer else { return }
        places += 1
        attempts[number].answer = answer
        attempts[number].answeredAt = places
    }

    /// A text became a revision of a draft.
    ///
    /// - Parameters:
    ///   - post: the post.
    ///   - revision: the revision.
    ///   - text: the text.
    package mutating func saved(_ post: UUIDv7, _ revision: Int, _ text: RevisionText) {
        saves[post, default: [:]][revision] = text
    }

    /// A text may have become a revision of a draft: nobody answered.
    ///
    /// - Parameter text: the text.
    package mutating func maybeSaved(_ text: RevisionText) { uncertainSaves.append(text) }

    /// What readers saw, in order.
    package var sightings: [Sighting] { looks.compactMap(\.sighting) }

    /// A reader saw a post; the same sight as before is noted once.
    ///
    /// - Parameter sighting: what was seen.
    package mutating func saw(_ sighting: Sighting) {
        let before = seen[sighting.library, default: [:]].updateValue(sighting, forKey: sighting.post)
        guard before != sighting else { return }
        looks.append(Look(at: places, library: sighting.library, post: sighting.post, sighting: sighting))
    }

    /// A reader did not find a post; noted once, and only of a post that was seen.
    ///
    /// - Parameters:
    ///   - post: the post.
    ///   - library: where.
    package mutating func missed(_ post: UUIDv7, in library: Library) {
        guard seen[library]?.removeValue(forKey: post) != nil else { return }
        looks.append(Look(at: places, library: library, post: post))
    }

    /// A participant that asked was told what became of a transaction.
    ///
    /// - Parameters:
    ///   - decision: what it was told.
    ///   - gid: the transaction.
    package mutating func told(_ decision: Decision, of gid: GlobalTransactionID) {
        outcomes[gid, default: []].insert(decision)
    }

    /// A barrier says what a branch is; a branch that has ended stays what it became.
    ///
    /// - Parameters:
    ///   - outcome: what it is.
    ///   - branch: the branch.
    ///   - participant: whose barrier.
    package mutating func observed(_ outcome: BranchOutcome, of branch: String, at participant: String) {
        let subject = "\(branch) at \(participant)"
        switch outcome {
        case .confirmed, .cancelled: observed(outcome.rawValue, of: subject, invariant: 2)
        case .reserved:
            guard let before = decisions[subject] else { return }
            contradictions.append(Violation(9, "\(subject) was \(before) and became reserved"))
        }
    }

    /// A journal or a barrier says that something is decided; what it said before must be the same.
    ///
    /// - Parameters:
    ///   - decision: `confirm` or `cancel`, `confirmed` or `cancelled`.
    ///   - subject: the transaction, or the branch.
    ///   - invariant: the one that a change would violate.
    package mutating func observed(_ decision: String, of subject: String, invariant: Int) {
        let before = decisions.updateValue(decision, forKey: subject)
        guard let before, before != decision else { return }
        contradictions.append(Violation(invariant, "\(subject) was \(before) and became \(decision)"))
    }
}
