package import Hosting
package import Posts
import TCC
package import TCCHTTP

/// An author's draft beside what readers see of it.
package struct DraftBesideLive: Hashable, Sendable, Codable {
    /// The draft.
    package var draft: Draft
    /// The revision that readers see, if they do.
    package var onlineRevision: Int?

    /// Makes a pair.
    ///
    /// - Parameters:
    ///   - draft: the draft.
    ///   - onlineRevision: the revision that readers see.
    package init(draft: Draft, onlineRevision: Int?) {
        self.draft = draft
        self.onlineRevision = onlineRevision
    }

    private enum CodingKeys: String, CodingKey {
        case onlineRevision
    }

    /// Reads what `encode(to:)` writes.
    package init(from decoder: any Decoder) throws {
        self.draft = try Draft(from: decoder)
        self.onlineRevision = try decoder.container(keyedBy: CodingKeys.self)
            .decodeIfPresent(Int.self, forKey: .onlineRevision)
    }

    /// Writes the draft with one more member.
    package func encode(to encoder: any Encoder) throws {
        try draft.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(onlineRevision, forKey: .onlineRevision)
    }
}

/// Lists of posts for people.
package enum PostTables {
    private static let longestTitle = 48

    /// An author's posts.
    package static func drafts(
        _ page: Page<DraftBesideLive>,
        _ style: TerminalStyle = .text,
        columns: Int = .max
    ) -> String {
        guard !page.items.isEmpty else { return "There are no drafts of this author." }
        var table = Table([
            .init("ID"), .init("STATUS"), .init("REVISION", isNumeric: true, rank: 2),
            .init("PUBLISHED", isNumeric: true, rank: 1), .init("ONLINE", isNumeric: true, rank: 1),
            .init("UPDATED", rank: 3), .init("TITLE"),
        ])
        for item in page.items {
            let draft = item.draft
            let published = draft.publishedRevision.map { String($0) } ?? "-"
            let online = item.onlineRevision.map { String($0) } ?? "-"
            // Between a transaction's two confirms they may differ.
            let isApart = online != (draft.status == .published ? published : "-") && draft.pendingTransaction == nil
            table.add([
                .init(draft.id.description), .init(draft.status.rawValue, draft.status.tone),
                .init(String(draft.revision)), .init(published), .init(online, isApart ? .alarm : nil),
                .init(draft.updatedAt.description, .faint),
                .init(TerminalText.shortened(draft.title, to: longestTitle)),
            ])
        }
        return withMore(table.text(style, fitting: columns), page.nextCursor)
    }

    /// What readers see.
    package static func live(
        _ page: Page<Post>,
        _ style: TerminalStyle = .text,
        columns: Int = .max
    ) -> String {
        guard !page.items.isEmpty else { return "Readers see no posts." }
        var table = Table([
            .init("ID"), .init("AUTHOR", rank: 1), .init("REVISION", isNumeric: true, rank: 2),
            .init("UPDATED", rank: 3), .init("TITLE"),
        ])
        for post in page.items {
            table.add([
                .init(post.id.description), .init(TerminalText.shortened(post.author, to: longestTitle)),
                .init(String(post.revision)), .init(post.updatedAt.description, .faint),
                .init(TerminalText.shortened(post.title, to: longestTitle)),
            ])
        }
        return withMore(table.text(style, fitting: columns), page.nextCursor)
    }

    /// A list, and under it that it goes on, if it does.
    package static func withMore(_ text: String, _ cursor: String?) -> String {
        guard let cursor else { return text }
        return "\(text)\n\nThere are more; raise --limit, or go on with\n  --cursor \(TerminalText.printable(cursor))"
    }
}
