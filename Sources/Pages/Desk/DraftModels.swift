import Posts
import TCC

/// A draft's state as its author is told it.
enum DraftState: String, Hashable, Sendable, CaseIterable {
    case unpublished
    case published
    case changed
    case `private`
    case pending

    init(_ draft: Draft) {
        switch draft.status {
        case _ where draft.pendingTransaction != nil: self = .pending
        case .unpublished: self = .unpublished
        case .private: self = .private
        case .published: self = draft.publishedRevision.map { $0 < draft.revision } ?? false ? .changed : .published
        }
    }

    var tone: String {
        switch self {
        case .unpublished, .private: "neutral"
        case .published: "good"
        case .changed: "caution"
        case .pending: "busy"
        }
    }

    func name(_ words: Words) -> String { words("status-\(rawValue)") }
}

/// The page `/write`.
struct DeskModel {
    struct Item {
        var href: String
        var title: String
        var status: String
        var tone: String
        var revision: String
        var time: String
        var machineTime: String
    }

    struct Choice {
        var value: String
        var name: String
        var isChosen: Bool
    }

    var notice: String?
    var words: String
    var choices: [Choice]
    var isEmpty: Bool
    var isSearch: Bool
    var drafts: [Item]
    var hasPages: Bool
    var newestHref: String?
    var olderHref: String?

    /// What may be looked for.
    static let searchable = ["unpublished", "published", "changed", "private"]

    init(_ drafts: [Draft], nextCursor: String?, _ search: DraftSearch, notice: String?, _ words: Words) {
        func href(_ cursor: String?) -> String {
            let parameters = [("q", search.words), ("status", search.status), ("cursor", cursor)]
            let pairs = parameters.compactMap { name, value in value.map { "\(name)=\(FormBody.encoded($0))" } }
            return "/write" + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
        }
        self.notice = notice
        self.words = search.words ?? ""
        self.choices = ([""] + Self.searchable)
            .map { value in
                Choice(
                    value: value,
                    name: value.isEmpty ? words("any") : words("status-\(value)"),
                    isChosen: value == search.status ?? ""
                )
            }
        self.isEmpty = drafts.isEmpty
        self.isSearch = search.words != nil || search.status != nil
        self.drafts = drafts.map { Item($0, words) }
        self.hasPages = nextCursor != nil || search.cursor != nil
        self.newestHref = search.cursor == nil ? nil : href(nil)
        self.olderHref = nextCursor.map { href($0) }
    }
}

extension DeskModel.Item {
    init(_ draft: Draft, _ words: Words) {
        let state = DraftState(draft)
        self.href = "/write/\(draft.id)"
        self.title = words.title(draft.title)
        self.status = state.name(words)
        self.tone = state.tone
        self.revision = words("revision", String(draft.revision))
        self.time = words.time(draft.updatedAt)
        self.machineTime = draft.updatedAt.description
    }
}

/// The page `/write/{id}`, and `/write/new`.
struct EditorModel {
    var heading: String
    var status: String
    var tone: String
    var revisionText: String
    var notice: String?
    var noticeTone = "good"
    var action: String
    var formToken: String
    var key: String
    var revision: String
    var title: String
    var content: String
    var html: String
    var publishName: String
    /// Whether the text is not (yet) what is saved.
    var isUnsaved = false
    var isSaved: Bool
    var historyHref: String
    var readerHref: String?
    var statusHint: String?
    /// Empty for a new draft: it has no transactions.
    var progressHref: String
    var canWithdraw: Bool
    var canDelete: Bool

    /// An editor.
    ///
    /// - Parameters:
    ///   - draft: the draft; nil for a new one.
    ///   - text: what the fields have, if not what is saved.
    ///   - key: what makes each of its transactions happen once.
    ///   - token: the session's form token.
    ///   - policy: which images are shown.
    ///   - words: the language.
    init(_ draft: Draft?, text: PostText? = nil, key: String, token: String, policy: LinkPolicy, _ words: Words) {
        let state = draft.map(DraftState.init)
        let number = draft.map { String($0.revision) } ?? ""
        self.heading = draft == nil ? words("newDraft") : words("editing")
        self.status = (state ?? .unpublished).name(words)
        self.tone = (state ?? .unpublished).tone
        self.revisionText = draft == nil ? "" : words("revision", number)
        self.action = draft.map { "/write/\($0.id)" } ?? "/write/new"
        self.formToken = token
        self.key = key
        self.revision = number
        self.title = text?.title ?? draft?.title ?? ""
        self.content = text?.content ?? draft?.content ?? ""
        self.html = MarkdownHTML.render(content, policy: policy)
        self.isSaved = draft != nil
        self.historyHref = action + "/history"
        self.progressHref = draft == nil ? "" : action + "/progress"
        let isLive = draft?.status == .published
        self.publishName = words(
            state == .changed ? "publishChanges" : state == .published ? "publishAgain" : "publish"
        )
        self.readerHref = isLive ? draft.map { "/posts/\($0.id)" } : nil
        self.statusHint = state.map {
            words("statusHint-\($0.rawValue)", draft?.publishedRevision.map(String.init) ?? "")
        }
        self.canWithdraw = isLive
        self.canDelete = draft != nil && !isLive
    }
}

/// The page of a conflict.
struct ConflictModel {
    var text: String
    var theirsName: String
    var theirTitle: String?
    var diff: DiffModel
    var action: String
    var formToken: String
    var key: String
    var revision: String
    var title: String
    var mine: String
    var merged: String

    init(mine: PostText, theirs: Draft, key: String, token: String, _ words: Words) {
        let saved = FormBody.normalized(theirs.content ?? "")
        let number = String(theirs.revision)
        self.text = words("conflictText", number)
        self.theirsName = words("theirs", number)
        self.theirTitle = theirs.title == mine.title ? nil : theirs.title
        self.diff = DiffModel(
            old: theirs.title + "\n\n" + saved,
            new: mine.title + "\n\n" + mine.content,
            words
        )
        self.action = "/write/\(theirs.id)"
        self.formToken = token
        self.key = key
        self.revision = number
        self.title = mine.title
        self.mine = mine.content
        self.merged = LineDiff.merged(
            theirs: saved,
            mine: mine.content,
            theirsName: words("mergeTheirs"),
            mineName: words("mergeMine")
        )
    }
}
