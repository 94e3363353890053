package import TCC

/// A transaction as the journal has it.
package struct JournalEntry: Hashable, Sendable {
    package struct Branch: Hashable, Sendable {
        package var name: ParticipantName
        package var state: BranchState
        package var isAcknowledged: Bool
    }

    package var gid: GlobalTransactionID
    package var state: TransactionState
    package var branches: [Branch] = []
    /// How many decisions its timeline tells of.
    package var decisions = 1
    /// Who began it, as `role:subject`.
    package var caller: String?
    /// The Idempotency-Key, as long as it belongs to this transaction.
    package var liveKey: String?
    package var postID: UUIDv7?
    package var revision: Int?
    package var decidedAt: Int64?
    package var isFinished = true
}

/// A branch as its participant's barrier has it.
package struct BarrierRow: Hashable, Sendable {
    package var participant: String
    package var gid: GlobalTransactionID
    package var branch: String
    package var state: BranchOutcome
}

/// Everything that both sides know once nothing moves any more.
package struct FinalState: Sendable {
    package var journal: [JournalEntry] = []
    package var barriers: [BarrierRow] = []
    package var drafts: [DraftView] = []
    package var posts: [PostView] = []
    /// How many posts the quota ledger has spent.
    package var spent = 0
    package var history = History()

    /// Nothing.
    package init() {}

    /// What a committed transaction did to one post.
    package struct Effect: Hashable, Sendable {
        package var gid: GlobalTransactionID
        package var post: UUIDv7
        package var decidedAt: Int64
        /// Nil for a withdraw.
        package var revision: Int?
        /// Nil for a withdraw, and where nobody knows what the saved text was.
        package var text: RevisionText?
    }

    /// Whose key, to tell it from another caller's.
    private static func name(ofKey key: String, caller: String) -> String { "\(caller) \(key)" }

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
    package func committed(_ request: Request) -> JournalEntry? {
        committedByKey[Self.name(ofKey: request.key, caller: request.callerName)]
    }

    /// What committed transactions did to posts, in the order of their decisions.
    package var effects: [Effect] {
        let committed = committedByKey
        var requests: [GlobalTransactionID: Request] = [:]
        for attempt in history.attempts {
            let key = Self.name(ofKey: attempt.request.key, caller: attempt.request.callerName)
            for gid in [attempt.answer?.gid, committed[key]?.gid] {
                if let gid { requests[gid] = attempt.request }
            }
        }
        return journal.filter { $0.state.decision == .confirm }
            .compactMap { entry in requests[entry.gid].flatMap { effect(of: entry, $0) } }
            .sorted { ($0.decidedAt, $0.gid) < ($1.decidedAt, $1.gid) }
    }

    private func effect(of entry: JournalEntry, _ request: Request) -> Effect? {
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
    package var rows: [BranchID: BranchOutcome] {
        var rows: [BranchID: BranchOutcome] = [:]
        for row in barriers {
            guard let branch = ParticipantName(row.branch) else { continue }
            rows[BranchID(gid: row.gid, branch: branch)] = row.state
        }
        return rows
    }

    /// The journal by transaction.
    package var entries: [GlobalTransactionID: JournalEntry] {
        Dictionary(journal.map { ($0.gid, $0) }) { first, _ in first }
    }
}
