import TCC

/// The contract's ten invariants as a function from what there is to what is wrong with it.
package enum Invariants {
    /// Everything that is wrong.
    ///
    /// - Parameter state: everything that both sides know, and what clients were told and saw.
    /// - Returns: each thing that is wrong.
    package static func violations(in state: FinalState) -> [Violation] {
        state.history.contradictions + oneDecision(state) + refusalsKept(state) + outcomesKept(state)
            + noBranchBoth(state)
            + effectsOnce(state) + requestsOnce(state) + keysKept(state) + revisionsKept(state)
            + answersKept(state) + deletesKept(state) + librariesAgree(state) + savesKept(state)
            + noReservation(state) + journalAndBarriersAgree(state)
            + allEnded(state) + cancelledIsInvisible(state) + looksWereCommitted(state)
    }

    /// 1: one decision per gid, and every answer said the same.
    private static func oneDecision(_ state: FinalState) -> [Violation] {
        var violations: [Violation] = []
        for entry in state.journal where entry.decisions != 1 {
            violations.append(Violation(1, "\(entry.gid) was decided \(entry.decisions) times"))
        }
        for entry in state.journal where (entry.state.decision == nil) != (entry.decidedAt == nil) {
            let time = entry.decidedAt == nil ? "no time" : "a time"
            violations.append(Violation(1, "\(entry.gid) is \(entry.state.rawValue) and has \(time) of its decision"))
        }
        let entries = state.entries
        for attempt in state.history.attempts {
            guard let answer = attempt.answer else { continue }
            guard let gid = answer.gid else {
                // Who is told of a commit can ask what became of it.
                if answer.isCommitted {
                    violations.append(
                        Violation(1, "'\(attempt.request.key)' was answered \(answer.status) without a gid")
                    )
                }
                continue
            }
            let told: Decision = answer.isCommitted ? .confirm : .cancel
            let decided = entries[gid]?.state.decision
            if decided != told {
                let truth = decided.map(\.rawValue) ?? "nothing"
                violations.append(Violation(1, "\(gid): \(answer.status) says \(told.rawValue), the journal \(truth)"))
            }
        }
        return violations
    }

    /// 1, for participants that asked: what they were told is what was decided.
    private static func outcomesKept(_ state: FinalState) -> [Violation] {
        let entries = state.entries
        return state.history.outcomes.sorted { $0.key < $1.key }
            .flatMap { gid, told in
                told.filter { $0 != entries[gid]?.state.decision }
                    .map { told in
                        let truth = entries[gid]?.state.decision?.rawValue ?? "nothing"
                        return Violation(1, "\(gid): a participant was told \(told.rawValue), the journal has \(truth)")
                    }
            }
    }

    /// 2: no branch is confirmed here and cancelled there.
    private static func noBranchBoth(_ state: FinalState) -> [Violation] {
        let rows = state.rows
        return state.journal.flatMap { entry in
            entry.branches.compactMap { branch in
                let row = rows[BranchID(gid: entry.gid, branch: branch.name)]
                let isBoth =
                    branch.state == .confirmed && row == .cancelled || branch.state == .cancelled && row == .confirmed
                guard isBoth else { return nil }
                return Violation(2, "\(entry.gid) \(branch.name) is both confirmed and cancelled")
            }
        }
    }

    /// 3: what committed happened once; what did not, did not.
    private static func effectsOnce(_ state: FinalState) -> [Violation] {
        var violations: [Violation] = []
        let charges = state.journal.filter { entry in
            entry.state.decision == .confirm && entry.branches.contains { $0.name.description == "quota" }
        }
        if charges.count != state.spent {
            violations.append(Violation(3, "\(charges.count) charges are committed, \(state.spent) were spent"))
        }
        violations += authorsCharged(state, charges)
        let effects = state.effects
        for (post, effects) in Dictionary(grouping: effects, by: \.post).sorted(by: { $0.key < $1.key }) {
            // Where nobody can know which was the last, any that may have been explains what is there.
            let last = effects.filter { effect in !effects.contains { $0.follows(effect) } }
            let live = state.posts.first { $0.id == post }
            let wrong = last.compactMap { difference(between: $0, and: live) }
            if wrong.count == last.count { violations += wrong.map { Violation(3, "\(post) \($0)") } }
        }
        for live in state.posts where !effects.contains(where: { $0.post == live.id && $0.revision == live.revision }) {
            violations.append(Violation(3, "\(live.id) revision \(live.revision) is live, but nothing published it"))
        }
        for (title, posts) in Dictionary(grouping: state.posts, by: \.title) where posts.count > 1 {
            violations.append(Violation(3, "'\(title)' is live \(posts.count) times"))
        }
        return violations
    }

    /// 3: each author has spent what was committed for that author.
    private static func authorsCharged(_ state: FinalState, _ charges: [JournalEntry]) -> [Violation] {
        guard let spent = state.spentByAuthor else { return [] }
        let committed = state.committedByKey
        var authors: [GlobalTransactionID: String] = [:]
        for attempt in state.history.attempts {
            let gid = attempt.answer?.isCommitted ?? false ? attempt.answer?.gid : nil
            for gid in [gid, committed[attempt.request.identity]?.gid] {
                if let gid { authors[gid] = attempt.request.author }
            }
        }
        let due = Dictionary(grouping: charges.compactMap { authors[$0.gid] }) { $0 }.mapValues(\.count)
        return Set(due.keys).union(spent.keys).sorted()
            .filter { due[$0, default: 0] != spent[$0, default: 0] }
            .map {
                Violation(
                    3,
                    "\(due[$0, default: 0]) charges of \($0) are committed, \(spent[$0, default: 0]) were spent"
                )
            }
    }

    /// 3: every committed transaction is of one request, and every request has at most one.
    private static func requestsOnce(_ state: FinalState) -> [Violation] {
        var violations: [Violation] = []
        var committed: [String: GlobalTransactionID] = [:]
        let keys = state.keys
        for entry in state.journal where entry.state.decision == .confirm {
            let own = keys[entry.gid, default: []].sorted()
            if own.count != 1 {
                violations.append(Violation(3, "\(entry.gid) is committed and is of \(own.count) requests"))
            }
            for key in own {
                if let other = committed.updateValue(entry.gid, forKey: key), other != entry.gid {
                    violations.append(
                        Violation(3, "'\(key)' was asked for once; \(other) and \(entry.gid) are committed")
                    )
                }
            }
        }
        return violations
    }

    /// 4 and 5: revisions are published in their order, and each has one text.
    private static func revisionsKept(_ state: FinalState) -> [Violation] {
        var violations: [Violation] = []
        for (post, effects) in Dictionary(grouping: state.effects, by: \.post).sorted(by: { $0.key < $1.key }) {
            for effect in effects {
                guard let revision = effect.revision else { continue }
                let falls = effects.contains { effect.wasAskedAfter($0) && $0.revision ?? 0 > revision }
                if falls {
                    violations.append(Violation(4, "\(post) revision \(revision) was published after a later one"))
                }
                // A try takes its number, so whatever has one between was there before it, and its author had not read it.
                if let base = effect.base, effect.isOfSaved ? base != revision : base >= revision {
                    violations.append(Violation(3, "\(post) revision \(revision) was published, asked for at \(base)"))
                }
                let between = min(effect.base ?? revision, revision)..<revision
                let unread = effects.compactMap(\.revision) + (state.history.saves[post] ?? [:]).keys.sorted()
                for lost in Set(unread).sorted() where lost > between.lowerBound && between.contains(lost) {
                    let text = "\(post) revision \(revision) replaced \(lost), and was made from \(between.lowerBound)"
                    violations.append(Violation(3, text))
                }
                guard let text = effect.text else { continue }
                let others = effects.filter { $0.revision == revision }.compactMap(\.text)
                let saved = state.history.saves[post]?[revision]
                if (others + [saved ?? text]).contains(where: { $0 != text }) {
                    violations.append(
                        Violation(5, "\(post) revision \(revision) was two texts, '\(text.title)' is one")
                    )
                }
            }
        }
        return violations
    }

    /// 5: a draft's head is the last of what was saved or published, with its text.
    private static func savesKept(_ state: FinalState) -> [Violation] {
        let effects = state.effects
        return state.drafts.flatMap { draft -> [Violation] in
            let saves = state.history.saves[draft.id] ?? [:]
            var violations: [Violation] = []
            if let last = saves.keys.max(), last > draft.revision {
                violations.append(Violation(5, "\(draft.id) revision \(last) was saved; \(describe(draft))"))
            }
            let published = effects.first { $0.post == draft.id && $0.revision == draft.revision }?.text
            if let text = saves[draft.revision] ?? published,
                draft.title != text.title || draft.content != text.content
            {
                violations.append(
                    Violation(5, "\(draft.id) revision \(draft.revision) has another text: \(draft.title)")
                )
            }
            return violations
        }
    }

    /// What speaks against an effect having been the last of its post.
    private static func difference(between effect: FinalState.Effect, and live: PostView?) -> String? {
        guard let revision = effect.revision else {
            return live.map { "is \(effect.isDelete ? "deleted" : "withdrawn") and live as revision \($0.revision)" }
        }
        guard let live, live.revision == revision else {
            let found = live.map { "revision \($0.revision)" } ?? "not live"
            return "was published as revision \(revision) and is \(found)"
        }
        guard let text = effect.text, live.title != text.title || live.content != text.content else { return nil }
        return "revision \(revision) is live with another text: \(live.title)"
    }

    /// 4: an answered publish is in both libraries until something later.
    private static func answersKept(_ state: FinalState) -> [Violation] {
        let effects = state.effects
        return state.history.attempts.compactMap { attempt in
            guard let answer = attempt.answer, answer.isCommitted, let gid = answer.gid else { return nil }
            let request = attempt.request
            if case .other = request.intent { return nil }
            guard let effect = effects.first(where: { $0.gid == gid }) else {
                return Violation(4, "\(gid) was answered \(answer.status) and has no effect")
            }
            if let post = answer.post ?? request.postID, post != effect.post {
                return Violation(4, "\(gid) was answered \(answer.status) about \(post), and is about \(effect.post)")
            }
            guard let revision = effect.revision,
                !effects.contains(where: { $0.post == effect.post && $0 != effect && !effect.follows($0) })
            else { return nil }
            let draft = state.drafts.first { $0.id == effect.post }
            guard let post = state.posts.first(where: { $0.id == effect.post }), post.revision == revision else {
                return Violation(4, "\(gid) was answered \(answer.status); revision \(revision) is not live")
            }
            guard let draft, draft.publishedRevision == revision, draft.status == "published" else {
                return Violation(4, "\(gid) was answered \(answer.status); the draft does not know: \(describe(draft))")
            }
            if draft.revision == revision, let text = effect.text,
                draft.title != text.title || draft.content != text.content
            {
                return Violation(4, "\(gid) was answered \(answer.status); the draft has another text: \(draft.title)")
            }
            return nil
        }
    }

    /// 3: what was deleted stays so; 4: readers did not see it then; 5: what was not deleted is there.
    private static func deletesKept(_ state: FinalState) -> [Violation] {
        let drafts = Set(state.drafts.map(\.id))
        var violations: [Violation] = []
        for (post, effects) in Dictionary(grouping: state.effects, by: \.post).sorted(by: { $0.key < $1.key }) {
            guard let delete = effects.first(where: \.isDelete) else {
                if !drafts.contains(post) { violations.append(Violation(5, "\(post) is gone, and nothing deleted it")) }
                continue
            }
            if drafts.contains(post) { violations.append(Violation(3, "\(post) is deleted and has a draft")) }
            for other in effects where other != delete && (other.isDelete || other.wasAskedAfter(delete)) {
                violations.append(Violation(3, "\(other.gid) is committed, after \(delete.gid) deleted \(post)"))
            }
            let hides = effects.filter { $0.revision == nil && !$0.isDelete && !$0.wasAskedAfter(delete) }
            for publish in effects {
                guard let revision = publish.revision, !hides.contains(where: { !publish.wasAskedAfter($0) }) else {
                    continue
                }
                violations.append(Violation(4, "\(post) was deleted while revision \(revision) was live"))
            }
        }
        return violations
    }

    private static func describe(_ draft: DraftView?) -> String {
        draft.map { draft in
            let published = draft.publishedRevision.map { "\($0)" } ?? "none"
            return "\(draft.status), revision \(draft.revision), published \(published)"
        } ?? "there is none"
    }

    /// 5: both libraries say the same of every post.
    private static func librariesAgree(_ state: FinalState) -> [Violation] {
        var violations: [Violation] = []
        for draft in state.drafts {
            let post = state.posts.first { $0.id == draft.id }
            let isVisible = draft.status == "published"
            if isVisible != (post != nil) || isVisible && post?.revision != draft.publishedRevision {
                let live = post.map { "live as revision \($0.revision)" } ?? "not live"
                violations.append(Violation(5, "\(draft.id) is \(live); the draft is \(describe(draft))"))
            }
            if let post, post.author != draft.author {
                violations.append(Violation(5, "\(draft.id) is \(draft.author)'s here and \(post.author)'s there"))
            }
            if let post, post.revision == draft.revision, post.title != draft.title || post.content != draft.content {
                violations.append(Violation(5, "\(draft.id) revision \(post.revision) has two texts"))
            }
            if draft.nextRevision <= draft.revision || draft.revision < draft.publishedRevision ?? 0 {
                violations.append(Violation(5, "\(draft.id) has impossible revisions: \(describe(draft))"))
            }
        }
        for post in state.posts where !state.drafts.contains(where: { $0.id == post.id }) {
            violations.append(Violation(5, "\(post.id) is live and has no draft"))
        }
        return violations
    }

    /// 6: nothing is reserved any more.
    private static func noReservation(_ state: FinalState) -> [Violation] {
        state.barriers.filter { $0.state == .reserved }.map { Violation(6, "\($0.gid) \($0.branch) is still reserved") }
            + state.drafts.compactMap { draft in
                draft.pendingTransaction.map { Violation(6, "\(draft.id) is still held by \($0)") }
            }
    }

    /// 7: every finished branch is at its participant as in the journal, and nothing else is.
    private static func journalAndBarriersAgree(_ state: FinalState) -> [Violation] {
        var violations: [Violation] = []
        let (rows, entries) = (state.rows, state.entries)
        for entry in state.journal {
            let expected: BranchOutcome = entry.state.decision == .confirm ? .confirmed : .cancelled
            for branch in entry.branches {
                let row = rows[BranchID(gid: entry.gid, branch: branch.name)]
                if row != expected || branch.state.rawValue != expected.rawValue || !branch.isAcknowledged {
                    let found = row?.rawValue ?? "nothing"
                    let text =
                        "\(entry.gid) is \(entry.state.rawValue); \(branch.name) is \(branch.state.rawValue), there \(found)"
                    violations.append(Violation(7, text))
                }
            }
        }
        for row in state.barriers {
            let entry = entries[row.gid]
            let isKnown = entry?.branches.contains { $0.name.description == row.branch } ?? false
            // A branch of a transaction that the journal learnt of by being asked is cancelled.
            if !isKnown, row.state == .confirmed || entry?.state.decision != .cancel {
                violations.append(
                    Violation(7, "\(row.gid) \(row.branch) is \(row.state.rawValue); the journal has none")
                )
            }
            if row.participant != row.branch {
                violations.append(Violation(7, "\(row.gid) \(row.branch) is at \(row.participant)"))
            }
        }
        return violations
    }

    /// 8: every transaction has ended; how fast is seen while it does.
    private static func allEnded(_ state: FinalState) -> [Violation] {
        state.journal.filter { !$0.isFinished || !$0.state.isFinished }
            .map { Violation(8, "\($0.gid) is still \($0.state.rawValue)") }
    }

    /// 10: what was not committed is nowhere.
    private static func cancelledIsInvisible(_ state: FinalState) -> [Violation] {
        let allowed = allowedTitles(state)
        var violations: [Violation] = []
        for attempt in state.history.attempts {
            guard let text = attempt.request.text, !allowed.contains(text.title) else { continue }
            let isThere =
                state.posts.contains { $0.title == text.title } || state.drafts.contains { $0.title == text.title }
            if isThere { violations.append(Violation(10, "'\(text.title)' was not committed and is there")) }
        }
        return violations
    }

    static func allowedTitles(_ state: FinalState) -> Set<String> {
        var titles = Set(state.effects.compactMap { $0.text?.title })
        for saves in state.history.saves.values { titles.formUnion(saves.values.map(\.title)) }
        titles.formUnion(state.history.uncertainSaves.map(\.title))
        return titles
    }
}
