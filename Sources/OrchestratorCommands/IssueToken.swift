import ArgumentParser
import TCC
import TCCHTTP

/// The command `orchestrator token`.
struct IssueToken: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Print a bearer token for the HTTP APIs.",
        discussion: """
            It is signed with the secret file; whoever may read that may be anyone. An author reads and publishes \
            the posts of that name, an operator looks at every transaction and begins any, a service is one of the \
            processes.

            Example:
              orchestrator token --role author --sub ada
              TOKEN=$(orchestrator token --role operator --sub me)
              curl -H "Authorization: Bearer $TOKEN" 127.0.0.1:8080/v1/transactions

            JSON: {token}
            """
    )

    @Option(help: "What it may do.")
    var role: Role

    @Option(help: ArgumentHelp("For whom: an author's name, say; 1 to 64 characters.", valueName: "name"))
    var sub: SubjectName

    @Option(help: ArgumentHelp("How long it lasts, at most ten years.", valueName: "seconds"))
    var ttl = 3600

    @OptionGroup(title: "Where the secret is")
    var secret: SecretOptions

    @OptionGroup(title: "Output")
    var output: OutputOptions

    private static let longestLifetimeSeconds = 10 * 366 * 86400

    /// Refuses lifetimes that make no sense.
    mutating func validate() throws {
        guard (1...Self.longestLifetimeSeconds).contains(ttl) else {
            throw ValidationError("--ttl must be from 1 to \(Self.longestLifetimeSeconds) seconds.")
        }
    }

    /// Prints it.
    mutating func run() async throws {
        let mint = try await TokenMint(secretFile: try secret.path())
        let token = try await mint.token(for: Caller(subject: sub.text, role: role), lifetime: .seconds(ttl))
        if output.json { return try Output.json(["token": token]) }
        try Output.line(token)
    }
}
