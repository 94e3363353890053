package import NIOCore
package import Posts
package import TCC
package import TCCCoordinator
package import Verification

/// What one party of the simulated world asks another.
package enum Message: Sendable {
    /// A try, confirm or cancel, as it would be on the wire.
    case call(TCC.Operation, ByteBuffer)
    /// Several of them in one request.
    case batch([BranchRequest])
    /// What became of a transaction.
    case outcome(GlobalTransactionID)
    /// How far back the coordinator remembers.
    case horizon
    /// An author reads a draft.
    case readDraft(UUIDv7, author: String)
    /// An author saves an edit.
    case save(UUIDv7, RevisionText, author: String)
    /// A client wants a transaction.
    case begin(Request)
}

/// What comes back.
package enum Reply: Sendable {
    case call(BranchAnswer)
    /// One for each call of a batch, unless something is wrong.
    case batch([BranchAnswer])
    /// A batch was refused as a whole, and would be always if there is no such endpoint.
    case batchRefused(isForGood: Bool)
    case outcome(Outcome)
    case horizon(OutcomeHorizon)
    case draft(Draft)
    case problem(Problem)
    case told(History.Reply, postID: UUIDv7?)
}
