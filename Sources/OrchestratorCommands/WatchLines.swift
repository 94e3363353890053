import Foundation
import Synchronization
import TCC

/// A watch as lines, one for each change of a transaction.
final class WatchLines: WatchDisplay {
    /// The reader has seen enough and is gone, as `head` is.
    struct ReaderGone: Error {}

    private let isJSON: Bool
    private let url: String
    private let world: World
    private let isOut = Mutex(false)

    /// Lines for people, or JSON for scripts.
    init(isJSON: Bool, url: String, world: World) {
        self.isJSON = isJSON
        self.url = url
        self.world = world
    }

    func looked(_ watch: TransactionWatch, _ changes: [TransactionRecord]) throws {
        if Output.isReaderGone { throw ReaderGone() }
        tellOfOutage(watch.outage)
        for record in changes {
            if isJSON {
                try Output.json(record)
            } else {
                try Output.line(TransactionTables.line(record, at: world.wallClock()))
            }
        }
    }

    /// Says once that the orchestrator is gone, and once that it is back.
    private func tellOfOutage(_ outage: TransactionWatch.Outage?) {
        let wasOut = isOut.withLock { isOut in
            defer { isOut = outage != nil }
            return isOut
        }
        switch (wasOut, outage) {
        case (false, let outage?):
            let what = outage.reason.map { "gives no list (\($0))" } ?? "is not reachable"
            Output.note("warning", "the orchestrator at \(url) \(what) since \(outage.since); trying again.")
        case (true, nil): Output.note("note", "the orchestrator at \(url) is back.")
        default: break
        }
    }

    func happened(_ event: TerminalSignals.Event) throws {
        if event == .suspend { kill(getpid(), SIGSTOP) }
    }

    func end() throws {}
}
