import Hosting
import Posts
import TCC
import TCCHTTP

extension Services {
    /// Finds out whose a post is.
    ///
    /// - Parameters:
    ///   - post: the post.
    ///   - name: the author that the command line names, who is taken as is.
    /// - Returns: the author.
    /// - Throws: a ``CommandFailure`` if nobody is named and readers do not see the post.
    func author(of post: UUIDv7, named name: SubjectName?) async throws -> Caller {
        if let name { return name.author }
        guard let live = try await find(Post.self, .get(.online, "/v1/posts/\(post)")) else {
            throw CommandFailure(
                .refused,
                "readers see no post \(post), and only they need no author: pass --author NAME; "
                    + "'orchestrator posts' lists what readers see."
            )
        }
        return Caller(subject: live.author, role: .author)
    }
}

extension CommandFailure {
    /// An author has no such post.
    static func noPost(_ post: UUIDv7, of author: String) -> CommandFailure {
        CommandFailure(
            .refused,
            TerminalText.printable(
                "\(author) has no post \(post); 'orchestrator posts --author \(author)' lists those that there are."
            )
        )
    }
}
