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
              orchestrator transactions show 89abcdef

            JSON: {gid, action, state, postID, revision, reason, stuck, createdAt, decidedAt,
              finishedAt, branches: [{name, state, attempts, lastError}],
              timeline: [{at, event, branch, detail}]}
            """
    )

    @Argument(
        help: ArgumentHelp(
            "The transaction's id, as 'orchestrator transactions list' shows it, or its first or last digits.",
            valueName: "gid"
        )
    )
    var name: TransactionName

    @OptionGroup
    var shared: SharedOptions

    /// Shows it.
    mutating func run() async throws {
        let name = name
        let (gid, answer) = try await Services.with(shared) { services in
            let gid = try await services.transaction(name)
            let request = ServiceRequest.get(.orchestrator, "/v1/transactions/\(gid)", as: TokenMint.anOperator)
            return (gid, try await services.attempt(request))
        }
        try answer.requireTransaction(gid)
        if shared.json { return try Output.json(try answer.transaction()) }
        try Output.line(TransactionTables.details(try answer.transaction(), .standardOutput))
    }
}

extension ServiceAnswer {
    /// Sees to it that it is about a transaction.
    ///
    /// - Throws: a ``CommandFailure`` if it is a refusal.
    func requireTransaction(_ gid: GlobalTransactionID) throws {
        if conclusion == .done { return }
        guard status == 404 else { throw CommandFailure.refused(problem) }
        throw CommandFailure(
            .refused,
            "there is no transaction \(gid); 'orchestrator transactions list' shows those that there are."
        )
    }

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
