import ArgumentParser
import TCC

/// The command `orchestrator transactions retry`.
struct RetryTransaction: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Make a global transaction try its participants again now.",
        discussion: """
            It would by itself, a little later; this is for when a participant was just repaired.

            Example:
              orchestrator transactions retry 0192f3c4-5d6e-7f80-9123-456789abcdef

            JSON: the transaction, as 'orchestrator transactions show --json' has it.
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

    /// Hurries it on.
    mutating func run() async throws {
        let name = name
        let (gid, answer) = try await Services.with(shared) { services in
            let gid = try await services.transaction(name)
            return (gid, try await services.attempt(.post("/v1/transactions/\(gid)/retry", as: TokenMint.anOperator)))
        }
        try answer.requireTransaction(gid)
        if shared.json { return try Output.json(try answer.transaction()) }
        let record = try answer.transaction()
        try Output.line(
            record.state.isFinished
                ? "Transaction \(gid) has ended already: \(record.state.rawValue)."
                : "Transaction \(gid) is \(record.state.rawValue); its participants are being asked again."
        )
    }
}
