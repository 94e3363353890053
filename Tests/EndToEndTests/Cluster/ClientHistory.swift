import Harness
import Synchronization
import TCC
import Verification

/// What the clients of a cluster asked, were told and saw, noted by any number of them at once.
final class ClientHistory: Sendable {
    private let state = Mutex(History())

    var content: History { state.withLock { $0 } }

    /// A request is about to be sent.
    ///
    /// - Returns: its number.
    func sent(_ request: Request) -> Int { state.withLock { $0.sent(request) } }

    /// A request came back, with an answer or without.
    func answered(_ number: Int, _ answer: Answer?) {
        let reply = answer.map {
            History.Reply(status: $0.status, gid: $0.gid, code: $0.problem?.code, post: $0.postID)
        }
        state.withLock { $0.answered(number, reply) }
    }

    /// A text became a revision of a draft.
    func saved(_ post: UUIDv7, _ revision: Int, _ text: RevisionText) {
        state.withLock { $0.saved(post, revision, text) }
    }

    /// A reader saw a post.
    func saw(_ sighting: History.Sighting) { state.withLock { $0.saw(sighting) } }

    /// A journal or a barrier says that something is decided.
    func observed(_ decision: String, of subject: String, invariant: Int) {
        state.withLock { $0.observed(decision, of: subject, invariant: invariant) }
    }

    /// A server contradicted an invariant while it ran.
    func contradicted(_ violation: Violation) { state.withLock { $0.contradictions.append(violation) } }
}
