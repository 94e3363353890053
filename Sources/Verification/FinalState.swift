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
    /// And whose; nil if that is not known.
    package var spentByAuthor: [String: Int]?
    package var history = History()

    /// Nothing.
    package init() {}

    /// What a committed transaction did to one post.
    package struct Effect: Hashable, Sendable {
        package var gid: GlobalTransactionID
        package var post: UUIDv7
        /// When it was first asked for: it was decided later.
        package var askedAt: Int
        /// When somebody was first told that it is committed: it was decided earlier.
        package var knownAt: Int?
        /// Nil for a withdraw and a delete.
        package var revision: Int?
        /// The revision that its author had read, where the request says so, also by its If-Match.
        package var base: Int?
        /// Whether it publishes that revision, and not one made from it.
        package var isOfSaved = false
        /// Nil for a withdraw and a delete, and where nobody knows what the saved text was.
        package var text: RevisionText?
        /// Whether both libraries forget the post.
        package var isDelete = false

        /// Whether it was certainly decided later than another one of the same post.
        ///
        /// No clock of the system's is believed in this. A post has one transaction at a time, so decisions about it are
        /// ordered: as the clients' own order says where one was told before the other asked, and as the revisions say,
        /// which never fall. Nothing comes after a delete.
        package func follows(_ other: Effect) -> Bool {
            if wasAskedAfter(other) { return true }
            if isDelete != other.isDelete { return isDelete }
            guard let revision, let earlier = other.revision else { return false }
            return revision > earlier
        }

        /// Whether the clients themselves know the order: the other one was told before this one was asked for.
        package func wasAskedAfter(_ other: Effect) -> Bool { other.knownAt.map { $0 < askedAt } ?? false }
    }

    /// Whose key, to tell it from another caller's.
    private static func name(ofKey key: String, caller: String) -> String { "\(caller) \(key)" }

    /// Committed transactions by the ``Request/identity`` of their request.
    package var committedByKey: [String: JournalEntry] {
        var entries: [String: JournalEntry] = [:]
        for entry in journal where entry.state.decision == .confirm {
            guard let key = entry.liveKey, let caller = entry.caller else { continue }
            entries[Self.name(ofKey: key, caller: caller)] = entry
        }
        return entries
    }

    /// The transaction that committed a request.
    package func committed(_ request: Request) -> JournalEntry? { committedByKey[request.identity] }

    /// The keys of the requests that each transaction is of: the one that the journal has, and those that were told of it.
    package var keys: [GlobalTransactionID: Set<String>] {
        var asked: Set<String> = []
        var keys: [GlobalTransactionID: Set<String>] = [:]
        for attempt in history.attempts {
            let key = attempt.request.identity
            asked.insert(key)
            if let gid = attempt.answer?.gid { keys[gid, default: []].insert(key) }
        }
        for entry in journal {
            guard let key = entry.liveKey, let caller = entry.caller else { continue }
            let name = Self.name(ofKey: key, caller: caller)
            if asked.contains(name) { keys[entry.gid, default: []].insert(name) }
        }
        return keys
    }

    /// What committed transactions did to posts.
    package var effects: [Effect] {
        let committed = committedByKey
        var asked: [String: (request: Request, at: Int)] = [:]
        var requests: [GlobalTransactionID: String] = [:]
        var known: [GlobalTransactionID: Int] = [:]
        for attempt in history.attempts {
            let key = attempt.request.identity
            if asked[key] == nil { asked[key] = (attempt.request, attempt.sentAt) }
            for gid in [attempt.answer?.gid, committed[key]?.gid] {
                if let gid { requests[gid] = key }
            }
            if let answer = attempt.answer, answer.isCommitted, let gid = answer.gid, let at = attempt.answeredAt {
                known[gid] = min(at, known[gid] ?? at)
            }
        }
        return journal.filter { $0.state.decision == .confirm }
            .compactMap { entry in
                guard let (request, askedAt) = requests[entry.gid].flatMap({ asked[$0] }) else { return nil }
                return effect(of: entry, request, askedAt: askedAt, knownAt: known[entry.gid])
            }
    }

    private func effect(of entry: JournalEntry, _ request: Request, askedAt: Int, knownAt: Int?) -> Effect? {
        guard let post = entry.postID ?? request.postID else { return nil }
        var effect = Effect(gid: entry.gid, post: post, askedAt: askedAt, knownAt: knownAt)
        effect.isDelete = request.isDelete
        if request.isPublish {
            effect.revision = entry.revision
            effect.base = request.head
            if case .publishSaved = request.intent { effect.isOfSaved = true }
            if case .chargedPublish(_, let base, let revision, _) = request.intent {
                (effect.base, effect.revision) = (base, revision)
            }
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
