import ArgumentParser

/// The command `orchestrator transactions`.
struct Transactions: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        abstract: "Look at global transactions, and hurry them on.",
        discussion: """
            Each publish, each withdraw and each delete is one.

            Example:
              orchestrator transactions watch
              orchestrator transactions list --state confirming
            """,
        subcommands: [ListTransactions.self, WatchTransactions.self, ShowTransaction.self, RetryTransaction.self]
    )
}
