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
            It is signed with the secret file; whoever may read that may be anyone.

            Example:
              curl -H "Authorization: Bearer $(orchestrator token --role author --sub ada)" \\
                http://127.0.0.1:8081/v1/drafts
            """
    )

    @Option(help: "What it may do.")
    var role: Role

    @Option(help: ArgumentHelp("For whom: an author's name, say.", valueName: "name"))
    var sub: SubjectName

    @Option(help: ArgumentHelp("How long it lasts.", valueName: "seconds"))
    var ttl = 3600

    @OptionGroup(title: "Shared options")
    var shared: SharedOptions

    private static let longestLifetimeSeconds = 10 * 366 * 86400

    /// Refuses lifetimes that make no sense.
    mutating func validate() throws {
        guard (1...Self.longestLifetimeSeconds).contains(ttl) else {
            throw ValidationError("--ttl must be from 1 to \(Self.longestLifetimeSeconds) seconds.")
        }
    }

    /// Prints it.
    mutating func run() async throws {
        let mint = try await TokenMint(secretFile: try shared.addresses().secretFile)
        let token = try await mint.token(for: Caller(subject: sub.text, role: role), lifetime: .seconds(ttl))
        if shared.json { return try Output.json(["token": token]) }
        try Output.line(token)
    }
}
