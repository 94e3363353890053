import TCC
import TCCHTTP

/// Asks the orchestrator again and again which transactions there are.
struct TransactionLooker: Sendable {
    /// Of one state, the newest ones: a look is to be no burden to an orchestrator that has much to do already.
    private static let mostItems = 1000
    private static let mostPages = 10
    private static let mostByName = 100
    private static let pageSize = 100

    let services: Services
    let interval: Duration
    let limit: Int

    /// Looks until it is cancelled.
    ///
    /// - Parameter show: is handed what is known and what has changed.
    /// - Throws: why the first look failed, or what `show` throws.
    func run(_ show: (TransactionWatch, [TransactionRecord]) throws -> Void) async throws {
        var watch = TransactionWatch(limit: limit)
        while true {
            var changes: [TransactionRecord] = []
            do {
                changes = try await look(&watch)
            } catch let failure as Unreachable {
                guard watch.hasLooked else { throw failure }
                watch.lookFailed(at: services.world.wallClock())
            } catch let failure as CommandFailure {
                guard watch.hasLooked else { throw failure }
                watch.lookFailed(at: services.world.wallClock(), reason: failure.description)
            }
            try show(watch, changes)
            try await services.world.sleep(interval)
        }
    }

    /// One look: by state first, so that what moves on meanwhile is found twice and not missed.
    private func look(_ watch: inout TransactionWatch) async throws -> [TransactionRecord] {
        var records: [TransactionRecord] = []
        var isPartial = false
        for state in TransactionState.allCases where !state.isFinished {
            let page = try await services.transactions(in: state, limit: Self.mostItems)
            records += page.items
            isPartial = isPartial || page.nextCursor != nil
        }
        records += try await newest(watch)
        var forgotten: Set<GlobalTransactionID> = []
        for gid in watch.missing(from: records).prefix(Self.mostByName) {
            let request = ServiceRequest.get(.orchestrator, "/v1/transactions/\(gid)", as: TokenMint.anOperator)
            if let record = try await services.find(TransactionRecord.self, request) {
                records.append(record)
            } else {
                forgotten.insert(gid)
            }
        }
        return watch.looked(records, forgotten: forgotten, isPartial: isPartial)
    }

    private func newest(_ watch: TransactionWatch) async throws -> [TransactionRecord] {
        var records: [TransactionRecord] = []
        var cursor: String?
        for _ in 0..<Self.mostPages {
            let page = try await services.transactions(limit: Self.pageSize, from: cursor)
            records += page.items
            cursor = page.nextCursor
            if cursor == nil || watch.isCovered(by: page.items) { break }
        }
        return records
    }
}
