import ArgumentParser
import Hosting
import Posts
import TCC
import TCCHTTP

/// The command `orchestrator post`.
struct ShowPost: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        commandName: "post",
        abstract: "Show a post as both libraries have it, side by side.",
        discussion: """
            Says whether they agree, too. A draft is its author's own: name the author if readers do not see the post.

            Example:
              orchestrator post 0192f3c4-5d6e-7f80-9123-456789abcdef --author ada

            JSON: {draft, online, agree, difference}
              with the draft {id, author, title, content, source, revision,
              nextRevision, status, publishedRevision, pendingTransaction, createdAt,
              updatedAt}, the post online {id, author, title, content, revision,
              publishedAt, updatedAt}, each null if it is not there; agree is null while
              a transaction is under way.
            """
    )

    @Argument(help: ArgumentHelp("The post's id, as 'orchestrator posts' lists it.", valueName: "id"))
    var post: UUIDv7

    @Option(help: ArgumentHelp("Whose it is (default: what the online service says).", valueName: "name"))
    var author: SubjectName?

    @OptionGroup
    var shared: SharedOptions

    /// Shows it.
    mutating func run() async throws {
        let (post, named) = (post, author)
        let comparison = try await Services.with(shared) { services in
            let author = try await services.author(of: post, named: named)
            let draft = try await services.find(Draft.self, .get(.draft, "/v1/drafts/\(post)", as: author))
            let live = try await services.find(Post.self, .get(.online, "/v1/posts/\(post)"))
            guard draft != nil || live != nil else {
                throw CommandFailure.noPost(post, of: author.subject)
            }
            if draft == nil, let live, live.author != author.subject {
                let text = "post \(post) is \(live.author)'s, not \(author.subject)'s; leave out --author."
                throw CommandFailure(.refused, TerminalText.printable(text))
            }
            return PostComparison(draft: draft, live: live)
        }
        if shared.json { return try Output.json(comparison) }
        try Output.line(comparison.text(.standardOutput))
    }
}
