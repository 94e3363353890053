package import Hosting
package import Posts
package import TCC

/// A post as the two libraries have it, side by side.
package struct PostComparison: Hashable, Sendable {
    /// Whether they agree.
    package enum Agreement: Hashable, Sendable {
        /// They do.
        case agree
        /// A transaction holds the post; between its two confirms they may differ.
        case underWay(GlobalTransactionID)
        /// They do not, and this is how.
        case differ(String)
    }

    private let draft: Draft?
    private let live: Post?

    /// Makes a comparison.
    ///
    /// - Parameters:
    ///   - draft: what the draft service has.
    ///   - live: what readers see.
    package init(draft: Draft?, live: Post?) {
        self.draft = draft
        self.live = live
    }

    /// Whether they agree.
    package var agreement: Agreement {
        guard let draft else {
            return live == nil ? .agree : .differ("readers see a post that its author has no draft of")
        }
        if let gid = draft.pendingTransaction { return .underWay(gid) }
        guard draft.status == .published else {
            return live == nil ? .agree : .differ("its draft is \(draft.status.rawValue), but readers see it")
        }
        guard let live else { return .differ("its draft is published, but readers do not see it") }
        guard draft.publishedRevision == live.revision else {
            let published = draft.publishedRevision.map { String($0) } ?? "none"
            return .differ("the published revision is \(published), but readers see \(live.revision)")
        }
        // A later head is an edit that waits to be published.
        guard draft.revision == live.revision else { return .agree }
        let isSame = draft.title == live.title && draft.content == live.content
        return isSame ? .agree : .differ("the texts of revision \(live.revision) are not the same")
    }

    /// For people.
    ///
    /// - Parameter style: what it is written to.
    /// - Returns: a table, and whether they agree.
    package func text(_ style: TerminalStyle = .text) -> String {
        var table = Table([.init(""), .init("DRAFT SERVICE"), .init("ONLINE SERVICE")])
        table.add([
            .init("status"), .init(draft?.status.rawValue ?? "no such draft", draft?.status.tone),
            .init(live == nil ? "not visible" : "visible", live == nil ? nil : .good),
        ])
        table.add(["revision", revisions, live.map { String($0.revision) } ?? "-"])
        table.add(["author", draft?.author ?? "-", live?.author ?? "-"])
        table.add(["title", Self.title(draft?.title), Self.title(live?.title)])
        table.add(["updated", Self.time(draft?.updatedAt), Self.time(live?.updatedAt)])
        table.add(["content", Self.size(draft?.content), Self.size(live?.content)])
        return "\(table.text(style))\n\n\(style.paint(verdict, tone))"
    }

    private var revisions: String {
        guard let draft else { return "-" }
        guard let published = draft.publishedRevision, published != draft.revision else { return "\(draft.revision)" }
        return "\(draft.revision) (published: \(published))"
    }

    private var verdict: String {
        switch agreement {
        case .agree: "The libraries agree."
        case .underWay(let gid): "Transaction \(gid) is under way; look again when it has ended."
        case .differ(let how): "The libraries do not agree: \(how). If a publish just ran, look again."
        }
    }

    private var tone: TerminalStyle.Tone {
        switch agreement {
        case .agree: .good
        case .underWay: .busy
        case .differ: .alarm
        }
    }

    private static func title(_ title: String?) -> String { title.map { TerminalText.shortened($0, to: 40) } ?? "-" }

    private static func time(_ time: Timestamp?) -> String { time?.description ?? "-" }

    private static func size(_ content: String?) -> String {
        guard let content else { return "-" }
        return content.utf8.count == 1 ? "1 byte" : "\(content.utf8.count) bytes"
    }

    /// For scripts: whether they agree; nil while a transaction is under way.
    package var isAgreed: Bool? {
        switch agreement {
        case .agree: true
        case .underWay: nil
        case .differ: false
        }
    }
}

extension PostComparison: Encodable {
    private enum CodingKeys: String, CodingKey {
        case draft
        case online
        case agree
        case difference
    }

    /// Writes `{draft, online, agree, difference}`, with null for what is absent.
    package func encode(to encoder: any Encoder) throws {
        var difference: String?
        if case .differ(let how) = agreement { difference = how }
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(draft, forKey: .draft)
        try container.encode(live, forKey: .online)
        try container.encode(isAgreed, forKey: .agree)
        try container.encode(difference, forKey: .difference)
    }
}
