/// Who is in the simulated world.
package enum Party: String, Hashable, Sendable, CaseIterable, Codable {
    /// Runs the transactions.
    case orchestrator
    /// Keeps the drafts.
    case draft
    /// Shows the posts.
    case online
    /// Counts what authors may publish.
    case quota
    /// Whoever asks for publishes; never dies.
    case client

    /// Those that take part in transactions.
    static let participants: [Party] = [.draft, .online, .quota]

    private static let scheme = "http://"

    /// Where it is reached.
    var url: String { Self.scheme + rawValue }

    /// Whom a URL is about, and the rest of it from its path on; nil if nobody here.
    static func at(_ url: String) -> (party: Party, path: String)? {
        let rest = url.dropFirst(scheme.count)
        guard let slash = rest.utf8.firstIndex(of: UInt8(ascii: "/")) else { return nil }
        return Party(rawValue: String(rest[..<slash])).map { ($0, String(rest[slash...])) }
    }
}
