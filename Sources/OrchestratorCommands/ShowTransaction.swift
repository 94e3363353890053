import ArgumentParser
import Hosting
import TCC

/// The command `orchestrator transactions show`.
struct ShowTransaction: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a global transaction, its branches and what happened when.",
        discussion: """
            Example:
              orchestrator transactions show 0192f3c4-5d6e-7f80-9123-456789abcdef
            """
    )

    @Argument(help: ArgumentHelp("The transaction's id.", valueName: "gid"))
    var gid: UUIDv7

    @OptionGroup(title: "Shared options")
    var shared: SharedOptions

    /// Shows it.
    mutating func run() async throws {
        let gid = gid
        let answer = try await Services.with(shared) { services in
            try await services.attempt(
                .get(.orchestrator, "/v1/transactions/\(gid)", as: TokenMint.anOperator)
            )
        }
        guard answer.conclusion == .done else { throw CommandFailure.refused(answer.problem) }
        if shared.json { return try Output.json(verbatim: answer.body) }
        try Output.line(TransactionTables.details(try answer.transaction(), .standardOutput))
    }
}

extension ServiceAnswer {
    /// The transaction in it.
    ///
    /// - Throws: a ``CommandFailure`` if there is none.
    func transaction() throws -> TransactionRecord {
        guard let record = decode(TransactionRecord.self) else {
            throw CommandFailure(.refused, "the answer cannot be read; is this the orchestrator, of this version?")
        }
        return record
    }
}
