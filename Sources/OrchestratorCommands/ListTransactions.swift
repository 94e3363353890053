import ArgumentParser
import Hosting
import TCC
import TCCHTTP

/// The command `orchestrator transactions list`.
struct ListTransactions: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List global transactions, the newest first.",
        discussion: """
            On a terminal, columns that it has no room for are left out. A transaction is trying, then confirming and confirmed, or cancelling and cancelled.

            Example:
              orchestrator transactions list --state confirming --limit 50

            JSON: {items, nextCursor} with items as 'orchestrator transactions show --json' has them.
            """
    )

    @Option(help: ArgumentHelp("Only those in this state (default: all).", valueName: "state"))
    var state: TransactionState?

    @Option(help: ArgumentHelp("How many at most, 1 or more.", valueName: "count"))
    var limit = ItemLimit(20)

    @Option(help: ArgumentHelp("Where to go on: the cursor that the list before ended with.", valueName: "cursor"))
    var cursor: String?

    @OptionGroup
    var shared: SharedOptions

    /// Lists them.
    mutating func run() async throws {
        let (state, limit, cursor) = (state, limit.count, cursor)
        let page = try await Services.with(shared) { services in
            try await services.transactions(in: state, limit: limit, from: cursor)
        }
        if shared.json { return try Output.json(page) }
        try Output.line(TransactionTables.list(page, .standardOutput, columns: Output.columns))
    }
}
