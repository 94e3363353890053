import ArgumentParser
import Posts
import TCC
import TCCHTTP

/// The command `orchestrator withdraw`.
struct Withdraw: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        abstract: "Hide a post from readers.",
        discussion: """
            Its draft becomes private and keeps all its revisions; publishing it again brings it back.

            Example:
              orchestrator withdraw 0192f3c4-5d6e-7f80-9123-456789abcdef

            JSON: the transaction, as 'orchestrator transactions show --json' has it.
            """
    )

    @Argument(help: ArgumentHelp("The post's id, as 'orchestrator posts' lists it.", valueName: "id"))
    var post: UUIDv7

    @Option(help: ArgumentHelp("Whose it is (default: what the online service says).", valueName: "name"))
    var author: SubjectName?

    @OptionGroup
    var shared: SharedOptions

    /// Withdraws.
    mutating func run() async throws {
        let (post, named) = (post, author)
        let (answer, author) = try await Services.with(shared) { services in
            let author = try await services.author(of: post, named: named)
            try await services.greet([.orchestrator])
            var schedule = services.schedule()
            let key = services.world.makeIdentifier().description
            return (
                try await services.send(.post("/v1/posts/\(post)/withdraw", as: author, key: key), &schedule), author
            )
        }
        if answer.status == 404 { throw CommandFailure.noPost(post, of: author.subject) }
        guard answer.conclusion == .done else { throw CommandFailure.refused(answer.problem) }
        if shared.json { return try Output.json(try answer.transaction()) }
        let gid = answer.decode(TransactionRecord.self).map { " (transaction \($0.gid))" } ?? ""
        let isAccepted = answer.status == 202
        try Output.line(
            isAccepted
                ? "Accepted: post \(post) will be withdrawn, though not every library has done it yet\(gid)."
                : "Withdrew post \(post)\(gid)."
        )
    }
}
