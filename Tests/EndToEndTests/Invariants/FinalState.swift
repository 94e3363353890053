import TCC
import TCCHTTP

/// A transaction as the journal has it.
struct JournalEntry: Hashable, Sendable {
    struct Branch: Hashable, Sendable {
        var name: String
        var state: BranchState
        var isAcknowledged: Bool
    }

    var gid: GlobalTransactionID
    var state: TransactionState
    var branches: [Branch] = []
    /// How many decisions its timeline tells of.
    var decisions = 1
    /// Who began it, as `role:subject`.
    var caller: String?
    /// The Idempotency-Key, as long as it belongs to this transaction.
    var liveKey: String?
    var postID: UUIDv7?
    var revision: Int?
    var decidedAt: Int64?
    var isFinished = true
}

/// A branch as its participant's barrier has it.
struct BarrierRow: Hashable, Sendable {
    var participant: String
    var gid: GlobalTransactionID
    var branch: String
    var state: BranchOutcome
}

/// Everything that both sides know once nothing moves any more.
struct FinalState: Sendable {
    var journal: [JournalEntry] = []
    var barriers: [BarrierRow] = []
    var drafts: [DraftView] = []
    var posts: [PostView] = []
    /// How many posts the quota ledger has spent.
    var spent = 0
    var history = History.Content()

    /// What a committed transaction did to one post.
    struct Effect: Hashable, Sendable {
        var gid: GlobalTransactionID
        var post: UUIDv7
        var decidedAt: Int64
        /// Nil for a withdraw.
        var revision: Int?
        /// Nil for a withdraw, and where nobody knows what the saved text was.
        var text: PostText?
    }

    /// The transaction that committed a request.
    func committed(_ request: PostRequest) -> JournalEntry? {
        journal.first { entry in
            entry.liveKey == request.key && entry.state.decision == .confirm
                && entry.caller == "\(request.caller.role.rawValue):\(request.caller.subject)"
        }
    }

    /// The request that a committed transaction came from.
    func request(of entry: JournalEntry) -> PostRequest? {
        history.attempts.first { attempt in
            attempt.answer?.gid == entry.gid || committed(attempt.request)?.gid == entry.gid
        }?
        .request
    }

    /// What committed transactions did to posts, in the order of their decisions.
    var effects: [Effect] {
        journal.filter { $0.state.decision == .confirm }
            .compactMap { entry -> Effect? in
                guard let request = request(of: entry), let post = entry.postID ?? request.postID else { return nil }
                var effect = Effect(gid: entry.gid, post: post, decidedAt: entry.decidedAt ?? 0)
                if !request.isWithdraw {
                    effect.revision = entry.revision
                    if case .chargedPublish(_, _, let revision, _) = request.intent { effect.revision = revision }
                    effect.text = request.text ?? effect.revision.flatMap { history.saves[post]?[$0] }
                }
                return effect
            }
            .sorted { ($0.decidedAt, $0.gid) < ($1.decidedAt, $1.gid) }
    }
}
