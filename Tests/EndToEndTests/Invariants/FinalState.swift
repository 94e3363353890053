import TCC
import TCCHTTP

/// A transaction as the journal has it.
struct JournalEntry: Hashable, Sendable {
    struct Branch: Hashable, Sendable {
        var name: ParticipantName
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

    /// Whose key, to tell it from another caller's.
    private static func name(ofKey key: String, caller: String) -> String { "\(caller) \(key)" }

    private static func caller(of request: PostRequest) -> String {
        "\(request.caller.role.rawValue):\(request.caller.subject)"
    }

    /// Committed transactions by their key.
    private var committedByKey: [String: JournalEntry] {
        var entries: [String: JournalEntry] = [:]
        for entry in journal where entry.state.decision == .confirm {
            guard let key = entry.liveKey, let caller = entry.caller else { continue }
            entries[Self.name(ofKey: key, caller: caller)] = entry
        }
        return entries
    }

    /// The transaction that committed a request.
    func committed(_ request: PostRequest) -> JournalEntry? {
        committedByKey[Self.name(ofKey: request.key, caller: Self.caller(of: request))]
    }

    /// What committed transactions did to posts, in the order of their decisions.
    var effects: [Effect] {
        let committed = committedByKey
        var requests: [GlobalTransactionID: PostRequest] = [:]
        for attempt in history.attempts {
            let key = Self.name(ofKey: attempt.request.key, caller: Self.caller(of: attempt.request))
            for gid in [attempt.answer?.gid, committed[key]?.gid] {
                if let gid { requests[gid] = attempt.request }
            }
        }
        return journal.filter { $0.state.decision == .confirm }
            .compactMap { entry in requests[entry.gid].flatMap { effect(of: entry, $0) } }
            .sorted { ($0.decidedAt, $0.gid) < ($1.decidedAt, $1.gid) }
    }

    private func effect(of entry: JournalEntry, _ request: PostRequest) -> Effect? {
        guard let post = entry.postID ?? request.postID else { return nil }
        var effect = Effect(gid: entry.gid, post: post, decidedAt: entry.decidedAt ?? 0)
        if !request.isWithdraw {
            effect.revision = entry.revision
            if case .chargedPublish(_, _, let revision, _) = request.intent { effect.revision = revision }
            effect.text = request.text ?? effect.revision.flatMap { history.saves[post]?[$0] }
        }
        return effect
    }

    /// A barrier's rows by transaction and branch.
    var rows: [BranchID: BranchOutcome] {
        var rows: [BranchID: BranchOutcome] = [:]
        for row in barriers {
            guard let branch = ParticipantName(row.branch) else { continue }
            rows[BranchID(gid: row.gid, branch: branch)] = row.state
        }
        return rows
    }

    /// The journal by transaction.
    var entries: [GlobalTransactionID: JournalEntry] {
        Dictionary(journal.map { ($0.gid, $0) }) { first, _ in first }
    }
}
