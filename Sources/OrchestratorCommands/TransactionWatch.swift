package import TCC

/// What somebody who watches transactions knows of them, look after look.
package struct TransactionWatch: Hashable, Sendable {
    /// Since when the orchestrator cannot be asked.
    package struct Outage: Hashable, Sendable {
        /// The first look that failed.
        package var since: Timestamp
        /// Why the last one did; nil if there was no answer.
        package var reason: String?
    }

    /// How much later a begin record may be seen than one that was begun after it.
    private static let slack = Duration.seconds(2)

    /// How many ended ones are kept.
    package let limit: Int
    /// Since when looks fail, if they do.
    package private(set) var outage: Outage?
    /// Whether there is more in flight than a look reads.
    package private(set) var isPartial = false
    /// Whether there was a look yet.
    package private(set) var hasLooked = false
    private var known: [GlobalTransactionID: TransactionRecord] = [:]
    /// The ended ones, the last one first.
    package private(set) var ended: [TransactionRecord] = []
    /// What was seen as ended, and when it began: bounded, since what began before the horizon is no news.
    private var seenEnded: [GlobalTransactionID: Timestamp] = [:]
    private var horizon: Timestamp?

    /// Knows nothing.
    ///
    /// - Parameter limit: how many ended ones are kept.
    package init(limit: Int) { self.limit = limit }

    /// What is in flight: first what needs a person, then what is oldest.
    package var inFlight: [TransactionRecord] {
        known.values.sorted { left, right in
            left.isStuck == right.isStuck ? left.gid < right.gid : left.isStuck
        }
    }

    /// What was in flight and is not among what the last look found: to be asked for by name.
    ///
    /// - Parameter records: what was found.
    /// - Returns: their names, the oldest first.
    package func missing(from records: [TransactionRecord]) -> [GlobalTransactionID] {
        let found = Set(records.map(\.gid))
        return known.keys.filter { !found.contains($0) }.sorted()
    }

    /// Whether a page of the newest transactions goes back far enough: what ended unseen is on it or on an earlier one.
    ///
    /// - Parameter page: the page, the newest first.
    /// - Returns: whether no further page is needed.
    package func isCovered(by page: [TransactionRecord]) -> Bool {
        guard let horizon, let last = page.last else { return true }
        return last.createdAt < horizon
    }

    /// The orchestrator answered.
    ///
    /// - Parameters:
    ///   - records: what it showed; of two about one transaction, the later one counts.
    ///   - forgotten: what it was asked for and does not have.
    ///   - isPartial: whether there is more in flight than was read.
    /// - Returns: the transactions that are not what they were at the last look, in the order in which they began; at
    ///   the first look, those in flight.
    package mutating func looked(
        _ records: [TransactionRecord],
        forgotten: Set<GlobalTransactionID> = [],
        isPartial: Bool = false
    ) -> [TransactionRecord] {
        outage = nil
        self.isPartial = isPartial
        for gid in forgotten { known[gid] = nil }
        var changes: [TransactionRecord] = []
        let latest = Dictionary(records.map { ($0.gid, $0) }, uniquingKeysWith: { $1 })
        for record in latest.values where seenEnded[record.gid] == nil {
            let before = known.removeValue(forKey: record.gid)
            if record.state.isFinished {
                seenEnded[record.gid] = record.createdAt
                ended.append(record)
                let isOld = !hasLooked || horizon.map { record.createdAt < $0 } ?? false
                if before != nil || !isOld { changes.append(record) }
            } else {
                known[record.gid] = record
                if before != record { changes.append(record) }
            }
        }
        hasLooked = true
        forgetOld(records)
        return changes.sorted { $0.gid < $1.gid }
    }

    private mutating func forgetOld(_ records: [TransactionRecord]) {
        if let newest = records.map(\.createdAt).max() { horizon = max(horizon ?? newest, newest - Self.slack) }
        ended.sort { ($0.finishedAt ?? $0.createdAt, $0.gid) > ($1.finishedAt ?? $1.createdAt, $1.gid) }
        ended.removeLast(max(0, ended.count - limit))
        let kept = Set(ended.map(\.gid))
        seenEnded = seenEnded.filter { gid, begun in kept.contains(gid) || horizon.map { begun >= $0 } ?? true }
    }

    /// The orchestrator could not be asked.
    ///
    /// - Parameters:
    ///   - now: when.
    ///   - reason: what it answered instead; nil for nothing.
    package mutating func lookFailed(at now: Timestamp, reason: String? = nil) {
        outage = Outage(since: outage?.since ?? now, reason: reason)
    }
}
