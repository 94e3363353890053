import ArgumentParser
import HTTPTypes
import Posts
import TCC
import TCCHTTP

/// The command `orchestrator delete`.
struct Delete: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        abstract: "Delete posts that readers do not see, for good.",
        discussion: """
            Both libraries forget a post and all its revisions, and nobody can bring it back. One that readers see is \
            refused: withdraw it first. Of several posts, those that are refused do not keep the others.

            Example:
              orchestrator delete 0192f3c4-5d6e-7f80-9123-456789abcdef --author ada

            JSON: for each post that was deleted a line with its transaction, as 'orchestrator transactions show \
            --json' has it.
            """
    )

    @Argument(
        help: ArgumentHelp("The posts' ids, as 'orchestrator posts --author NAME' lists them.", valueName: "id")
    )
    var posts: [UUIDv7]

    @Option(help: ArgumentHelp("Whose they are; 1 to 64 characters.", valueName: "name"))
    var author: SubjectName

    @OptionGroup
    var shared: SharedOptions

    /// Deletes, one after the other.
    mutating func run() async throws {
        let (posts, author, isJSON) = (posts, author.author, shared.json)
        try await Services.with(shared) { services in
            try await services.greet([.orchestrator])
            var refused = 0
            for post in posts {
                do {
                    try await Self.delete(post, of: author, services, isJSON: isJSON)
                } catch let failure as CommandFailure where posts.count > 1 {
                    Output.note("refused", "\(post): \(failure)")
                    refused += 1
                }
            }
            if refused > 0 {
                throw CommandFailure(.refused, "of \(posts.count) posts, \(refused) could not be deleted.")
            }
        }
    }

    private static func delete(_ post: UUIDv7, of author: Caller, _ services: Services, isJSON: Bool) async throws {
        var schedule = services.schedule()
        let key = services.world.makeIdentifier().description
        let request = ServiceRequest(
            method: .delete,
            service: .orchestrator,
            path: "/v1/posts/\(post)",
            caller: author,
            headers: [("idempotency-key", key)]
        )
        let answer = try await services.send(request, &schedule)
        if answer.status == 404 { throw CommandFailure.noPost(post, of: author.subject) }
        guard answer.conclusion == .done else { throw CommandFailure.refused(answer.problem) }
        if isJSON { return try Output.json(try answer.transaction()) }
        let gid = answer.decode(TransactionRecord.self).map { " (transaction \($0.gid))" } ?? ""
        try Output.line(
            answer.status == 202
                ? "Accepted: post \(post) will be deleted, though not every library has done it yet\(gid)."
                : "Deleted post \(post)\(gid)."
        )
    }
}
