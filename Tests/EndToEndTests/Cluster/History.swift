import Synchronization
import TCC

/// What the clients of a cluster asked, were told and saw, in order.
final class History: Sendable {
    /// A request that was sent once.
    struct Attempt: Sendable {
        var request: PostRequest
        /// Nil until it is answered, and for ever if it was not.
        var answer: Answer?
    }

    /// What a reader of one library saw of one post.
    struct Sighting: Hashable, Sendable {
        var library: ServerRole
        var post: UUIDv7
        var revision: Int
        var title: String
    }

    /// Everything, at one moment.
    struct Content: Sendable {
        var attempts: [Attempt] = []
        /// The texts that were saved without being published, by post and revision.
        var saves: [UUIDv7: [Int: PostText]] = [:]
        var sightings: [Sighting] = []
        /// What journals and barriers once said of a transaction, or of a branch of it.
        var decisions: [String: String] = [:]
        var contradictions: [Violation] = []
        var authors: Set<String> = []
    }

    private let state = Mutex(Content())

    var content: Content { state.withLock { $0 } }

    /// A request is about to be sent.
    ///
    /// - Returns: its number.
    func sent(_ request: PostRequest) -> Int {
        state.withLock {
            $0.authors.insert(request.author)
            $0.attempts.append(Attempt(request: request))
            return $0.attempts.count - 1
        }
    }

    /// A request came back, with an answer or without.
    func answered(_ number: Int, _ answer: Answer?) {
        state.withLock { $0.attempts[number].answer = answer }
    }

    /// A text became a revision of a draft.
    func saved(_ post: UUIDv7, _ revision: Int, _ text: PostText) {
        state.withLock { $0.saves[post, default: [:]][revision] = text }
    }

    /// A reader saw a post; the same sight as before is noted once.
    func saw(_ sighting: Sighting) {
        state.withLock { content in
            let last = content.sightings.last { $0.post == sighting.post && $0.library == sighting.library }
            if last != sighting { content.sightings.append(sighting) }
        }
    }

    /// A journal or a barrier says that something is decided; what it said before must be the same.
    ///
    /// - Parameters:
    ///   - decision: `confirm` or `cancel`, `confirmed` or `cancelled`.
    ///   - subject: the transaction, or the branch.
    ///   - invariant: the one that a change would violate.
    func observed(_ decision: String, of subject: String, invariant: Int) {
        state.withLock { content in
            let before = content.decisions.updateValue(decision, forKey: subject)
            guard let before, before != decision else { return }
            content.contradictions.append(Violation(invariant, "\(subject) was \(before) and became \(decision)"))
        }
    }

    /// A server contradicted an invariant while it ran.
    func contradicted(_ violation: Violation) {
        state.withLock { $0.contradictions.append(violation) }
    }
}
