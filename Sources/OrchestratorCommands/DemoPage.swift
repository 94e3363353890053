import Hosting
import Posts
import TCC

/// What the demo puts on the screen.
struct DemoPage: Sendable {
    /// What the two libraries hold of a post, in words.
    struct Holding: Hashable, Sendable {
        var draft = "not running"
        var online = "not running"
    }

    private static let width = 96
    /// How fast it goes on.
    let pace: DemoPace
    /// Whether somebody wants to follow it.
    var isSlow: Bool { pace.isSlow }
    private let style = TerminalStyle.standardOutput
    private static let lanes = ["orchestrator", "draft service", "online service"]

    static func text(_ draft: Draft?) -> String {
        guard let draft else { return "none" }
        guard let published = draft.publishedRevision else {
            return "revision \(draft.revision), \(draft.status.rawValue)"
        }
        let saved = draft.revision == published ? "" : ", \(draft.revision) saved"
        let reserved = draft.pendingTransaction == nil ? "" : ", next reserved"
        return "revision \(published) published\(saved)\(reserved)"
    }

    static func text(_ post: Post?) -> String { post.map { "revision \($0.revision) visible" } ?? "nothing visible" }

    func introduce() async throws {
        try await show(
            """
            \(style.paint("swift-tcc: one publish, two libraries, and crashes at the worst moments", .strong))

              Authors write in the draft service; readers read in the online service. Each has a database of its
              own, so nothing can change both at once. The orchestrator does it in two steps, called TCC:

                try       each library checks the post and reserves it; nobody sees anything yet
                confirm   when both have reserved, that decision goes to disk; then each library shows the post
                cancel    if one refuses, or stays silent, each library gives its reservation back

              Whoever dies meanwhile, the post ends up in both libraries or in neither.

            """
        )
    }

    func title(_ text: String) async throws { try Output.line("\n\(style.paint(text, .strong))\n") }

    func say(_ text: String) async throws { try await show(Self.wrapped(TerminalText.printable(text)) + "\n") }

    /// Shows a text, and leaves time to read it.
    private func show(_ text: String) async throws {
        try Output.line(text)
        try await pace.rest(after: text)
    }

    func holdings(_ rows: [(when: String, holding: Holding)]) async throws {
        var table = Table([.init(""), .init("DRAFT SERVICE"), .init("ONLINE SERVICE")])
        for row in rows { table.add([.init(row.when), .init(row.holding.draft), .init(row.holding.online)]) }
        try await show(Self.indented(table.text) + "\n")
    }

    func diagram(_ record: TransactionRecord, seen: [TimelineDiagram.Row] = []) async throws {
        let diagram = TimelineDiagram(record, lanes: Self.lanes, seen: seen)
        try await show(diagram.text(style) + "\n")
    }

    func show(_ verdict: DemoVerdict) async throws {
        for check in verdict.checks {
            let mark = check.isTrue ? style.paint("✓", .good) : style.paint("✗ This is not so:", .bad)
            try Output.line("  \(mark) \(check.text)")
        }
        for difference in verdict.differences { try Output.line("\n\(Self.indented(difference.text(style)))") }
        guard verdict.isGood else { return }
        let next = "\(CommandLine.arguments[0]) up"
        try Output.line("\nNow play with it yourself: '\(next)' keeps the processes running and says what to do next.")
    }

    private static func indented(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }.joined(separator: "\n")
    }

    private static func wrapped(_ text: String) -> String {
        var lines: [String] = []
        var line = " "
        for word in text.split(separator: " ") {
            if TerminalText.width(of: line) + 1 + TerminalText.width(of: String(word)) > width {
                lines.append(line)
                line = " "
            }
            line += " \(word)"
        }
        return (lines + [line]).joined(separator: "\n")
    }
}
