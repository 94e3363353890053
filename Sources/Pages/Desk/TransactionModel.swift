import TCC

/// The page `/write/{id}/transactions/{gid}`.
struct TransactionModel {
    var heading: String
    var title: String?
    var steps: StepsModel?
    var retry: Retry?
    var progressHref: String
    var links: [MessageModel.Link]

    /// A transaction that is known.
    init(_ record: TransactionRecord, post: UUIDv7, token: String, _ words: Words) {
        let key = "action-\(record.action)"
        self.heading = Words.table[key] == nil ? words("transaction") : words(key)
        self.steps = StepsModel(record, retry: Retry(of: record, post: post, token: token), words)
        self.progressHref = "/write/\(post)/transactions/\(record.gid)/steps"
        let isDeleted = record.action == "delete" && record.state.decision == .confirm
        self.links = isDeleted ? [] : [.init(href: "/write/\(post)", name: words("backToEditor"))]
        if record.action == "publish", record.state == .confirmed {
            links.insert(.init(href: "/posts/\(post)", name: words("asReader")), at: 0)
        }
        links.append(.init(href: "/write", name: words("toDesk")))
    }

    /// A transaction that was refused before it began.
    init(refused code: String, _ retry: Retry, post: UUIDv7, _ words: Words) {
        self.heading = words("notDone")
        self.title = words.refusal(code)
        self.retry = retry
        self.progressHref = "/write/\(post)/progress"
        self.links = [
            .init(href: "/write/\(post)", name: words("backToEditor")), .init(href: "/write", name: words("toDesk")),
        ]
    }

    /// A transaction that nobody has answered for.
    init(unanswered retry: Retry, post: UUIDv7, _ words: Words) {
        self.heading = words("unknownResult")
        self.title = words("unknownResultText")
        self.retry = retry
        self.progressHref = "/write/\(post)/progress"
        self.links = [.init(href: "/write/\(post)", name: words("backToEditor"))]
    }
}
