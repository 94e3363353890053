import TCC

extension RecordedEvent {
    /// The event in words; texts of others' making are in it as they are.
    package var summary: String {
        switch self {
        case .run(let run): "the run begins: \(run.command)"
        case .invoke(let id, let client, let request):
            "client \(client) asks (request \(id), key \(request.key)): \(request.intent.summary)"
        case .answer(let answer): answer.summary
        case .save(let id, let client, let post, let text):
            "client \(client) saves '\(text.title)' as \(post) (request \(id))"
        case .saved(let id, let revision): "request \(id): saved as revision \(revision)"
        case .maybeSaved(let id): "request \(id): nobody answered; it may have been saved"
        case .notSaved(let id): "request \(id): not saved"
        case .saw(let sighting):
            "a reader sees revision \(sighting.revision) of \(sighting.post) in the \(sighting.library.words): "
                + "'\(sighting.title)'"
        case .gone(let library, let post): "a reader does not see \(post) in the \(library.words) any more"
        case .decision(let decision, let subject, _): "seen: \(subject) is \(decision)"
        case .fault(let fault): fault.summary
        case .healed: "the last fault is taken back"
        case .ready(let party, let milliseconds): "\(party) is ready again, \(Int(milliseconds)) ms after its start"
        case .recovered(let milliseconds, let transactions):
            "what a death had left unfinished (\(transactions)) has ended, within \(Int(milliseconds)) ms"
        case .failpoints(let party, let hits):
            "\(party) came by "
                + hits.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value) times" }.joined(separator: ", ")
        case .contradiction(let violation): "found while it ran: \(violation)"
        case .journal(let entry): entry.summary
        case .barrier(let row): "at the end, at \(row.participant): \(row.gid) \(row.branch) is \(row.state.rawValue)"
        case .draft(let draft):
            "at the end, draft \(draft.id): \(draft.status), revision \(draft.revision) '\(draft.title)', published "
                + (draft.publishedRevision.map { "\($0)" } ?? "none")
                + (draft.pendingTransaction.map { ", held by \($0)" } ?? "")
        case .post(let post): "at the end, live post \(post.id): revision \(post.revision) '\(post.title)'"
        case .spent(let count, _): "at the end: the quota ledger has spent \(count)"
        case .end(let verdict, let reason):
            "the run ends: \(verdict.rawValue)" + (reason.map { ", \($0)" } ?? "")
        }
    }

    /// Whether it is a part of what both sides knew at the end.
    package var isFinalState: Bool {
        switch self {
        case .journal, .barrier, .draft, .post, .spent: true
        default: false
        }
    }
}

extension RecordedAnswer {
    fileprivate var summary: String {
        let told = status.map { "HTTP \($0)" } ?? "no answer"
        let what = [error, gid.map { "transaction \($0)" }, post.map { "post \($0)" }].compactMap { $0 }
        return "request \(id): \(told), \(conclusion.words)" + what.map { ", \($0)" }.joined()
    }
}

extension RecordedAnswer.Conclusion {
    fileprivate var words: String {
        switch self {
        case .ok: "done"
        case .refused: "refused"
        case .unknown: "nothing can be concluded"
        }
    }
}

extension RecordedFault {
    fileprivate var summary: String {
        "fault: \(kind.rawValue), \(party)" + (detail.map { " (\($0))" } ?? "")
            + (untilMilliseconds.map { ", until \(($0 / 100).rounded() / 10) s" } ?? "")
    }
}

extension JournalEntry {
    fileprivate var summary: String {
        let branches = branches.map { branch in
            "\(branch.name) \(branch.state.rawValue)" + (branch.isAcknowledged ? "" : ", not acknowledged")
        }
        let about = postID.map { " about \($0)" } ?? ""
        return "at the end, journal: \(gid)\(about) is \(state.rawValue) (\(branches.joined(separator: "; ")))"
            + (isFinished ? "" : ", unfinished")
    }
}

extension History.Library {
    /// For people.
    package var words: String {
        switch self {
        case .draft: "draft service"
        case .online: "online service"
        }
    }
}

extension Request.Intent {
    /// What is asked for, for people.
    package var summary: String {
        switch self {
        case .publishNew(let text): "publish a new post, '\(text.title)'"
        case .republish(let id, let text): "publish '\(text.title)' as \(id)"
        case .publishSaved(let id): "publish what is saved of \(id)"
        case .withdraw(let id): "withdraw \(id)"
        case .delete(let id): "delete \(id)"
        case .chargedPublish(let id, _, let revision, let text):
            "publish '\(text.title)' as \(id), revision \(revision), for a post of the quota"
        case .chargedWithdraw(let id): "withdraw \(id), for a post of the quota"
        case .other(let participants): "spend at \(participants.joined(separator: ", "))"
        }
    }
}
