import Posts
import TCC

/// The page `/write/{id}/history`.
struct HistoryModel {
    struct Item {
        var number: String
        var name: String
        var title: String
        var href: String
        var time: String
        var machineTime: String
        var size: String
        var isHead: Bool
        var isPublished: Bool
        var isOld: Bool
        var isNew: Bool
    }

    var heading: String
    var editorHref: String
    var compareAction: String
    var canCompare: Bool
    var revisions: [Item]
    var olderHref: String?

    init(_ revisions: [RevisionSummary], nextCursor: String?, of draft: Draft, _ words: Words) {
        let base = "/write/\(draft.id)"
        self.heading = words("historyTitle", Words.isolated(words.title(draft.title)))
        self.editorHref = base
        self.compareAction = base + "/compare"
        self.canCompare = revisions.count > 1
        self.olderHref = nextCursor.map { "\(base)/history?cursor=\(FormBody.encoded($0))" }
        self.revisions = revisions.enumerated()
            .map { index, revision in
                Item(
                    number: String(revision.revision),
                    name: words("revision", String(revision.revision)),
                    title: words.title(revision.title),
                    href: "\(base)/revisions/\(revision.revision)",
                    time: words.time(revision.createdAt),
                    machineTime: revision.createdAt.description,
                    size: words("bytes", String(revision.contentBytes)),
                    isHead: revision.isHead,
                    isPublished: revision.isPublished,
                    // What is most often wanted: what the last save changed.
                    isOld: index == min(1, revisions.count - 1),
                    isNew: index == 0
                )
            }
    }
}

/// The page `/write/{id}/revisions/{n}`.
struct RevisionModel {
    var historyHref: String
    var heading: String
    var time: String
    var machineTime: String
    var isHead: Bool
    var isPublished: Bool
    var restoreAction: String
    var compareHref: String
    var formToken: String
    var number: String
    var headRevision: String
    var html: String

    init(_ revision: RevisionText, of draft: Draft, token: String, policy: LinkPolicy, _ words: Words) {
        let base = "/write/\(draft.id)"
        self.historyHref = base + "/history"
        self.number = String(revision.revision)
        self.headRevision = String(draft.revision)
        self.heading = words("revisionTitle", number, Words.isolated(words.title(revision.title)))
        self.time = words.time(revision.createdAt)
        self.machineTime = revision.createdAt.description
        self.isHead = revision.isHead
        self.isPublished = revision.isPublished
        self.restoreAction = base + "/restore"
        self.compareHref = "\(base)/compare?from=\(number)&to=\(headRevision)"
        self.formToken = token
        self.html = MarkdownHTML.render(revision.content, policy: policy)
    }
}

/// The page `/write/{id}/compare`.
struct CompareModel {
    struct Titles {
        var old: String
        var new: String
    }

    var historyHref: String
    var heading: String
    var titles: Titles
    var diff: DiffModel

    init(_ old: RevisionText, _ new: RevisionText, of id: UUIDv7, _ words: Words) {
        self.historyHref = "/write/\(id)/history"
        self.heading = words("compareTitle", String(old.revision), String(new.revision))
        self.titles = Titles(
            old: words("revision", String(old.revision)) + ": " + words.title(old.title),
            new: words("revision", String(new.revision)) + ": " + words.title(new.title)
        )
        self.diff = DiffModel(
            old: FormBody.normalized(old.content),
            new: FormBody.normalized(new.content),
            words
        )
    }
}
