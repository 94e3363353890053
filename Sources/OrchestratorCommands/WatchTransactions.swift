import ArgumentParser
import Hosting
import TCC
import TCCHTTP

/// The command `orchestrator transactions watch`.
struct WatchTransactions: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Watch what is in flight and what just ended, live.",
        discussion: """
            On a terminal: a table, drawn anew in its place. What needs a person comes first, then what is in flight, \
            the oldest first, each branch with its state and how many calls were made to it, and under it the last \
            error; then what ended last. Ids are whole from 112 columns on. If the orchestrator goes away, the table \
            stays and the watch waits for it. Ctrl-C ends it, with exit code 0.

            Into a pipe or a file: a line for each transaction in flight, and then one for each change.

            Example:
              orchestrator transactions watch
              orchestrator transactions watch --interval 2 --json

            JSON: one object a line, for each change: the transaction, as 'transactions show --json' has it.
            """
    )

    @Option(help: ArgumentHelp("How long to wait between two looks, 0.1 to 3600.", valueName: "seconds"))
    var interval = 0.5

    @Option(help: ArgumentHelp("How many of the ended ones to show, 1 to 100.", valueName: "count"))
    var limit = ItemLimit(20)

    @OptionGroup
    var shared: SharedOptions

    private static let callTimeout = Duration.seconds(3)

    /// Refuses numbers that make no sense.
    mutating func validate() throws {
        guard (0.1...3600).contains(interval) else { throw ValidationError("--interval must be 0.1 to 3600 seconds.") }
        guard limit.count <= 100 else { throw ValidationError("--limit must be 1 to 100.") }
    }

    /// Watches.
    mutating func run() async throws {
        let (interval, limit, isJSON) = (Duration.seconds(interval), limit.count, shared.json)
        let url = try shared.addresses()[.orchestrator]
        try await Services.with(shared, callTimeout: Self.callTimeout) { services in
            let style = TerminalStyle.standardOutput
            let display: any WatchDisplay =
                isJSON || !style.isRedrawn
                ? WatchLines(isJSON: isJSON, url: url, world: services.world)
                : WatchScreen(url: url, style: style, world: services.world)
            let looker = TransactionLooker(services: services, interval: interval, limit: limit)
            do {
                try await Self.run(looker, display)
            } catch is WatchLines.ReaderGone {
            } catch {
                // The error is what there is to tell, once the terminal is as it was.
                try? display.end()
                throw error
            }
            try display.end()
        }
    }

    /// Looks and listens, until somebody ends it.
    private static func run(_ looker: TransactionLooker, _ display: any WatchDisplay) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await event in TerminalSignals.events() {
                    if event == .end { return }
                    try display.happened(event)
                }
            }
            group.addTask { try await looker.run { try display.looked($0, $1) } }
            // The first to end ends the other.
            try await group.next()
            group.cancelAll()
        }
    }
}
