import Failpoints
import Logging
public import TCC
import TCCStorage

extension Coordinator {
    /// Waits, as the transaction's own caller does, until there is something to say of it.
    func conclusion(of gid: GlobalTransactionID) async throws -> Conclusion {
        if let transaction = live[gid] { return try await conclusion(of: transaction) }
        let end = world.elapsed() + settings.answerTimeout
        var pause = Duration.milliseconds(20)
        while let record = try await transaction(gid) {
            switch record.state {
            case .confirmed: return .confirmed(record)
            case .cancelled, .cancelling:
                let reason = record.reason ?? Problem(503, "cancelled", "Nothing was changed; try again.")
                return .cancelled(reason.with("gid", .string(gid.description)), gid)
            case .trying, .confirming:
                // Its caller is gone; the lanes finish it. Look again until the caller would have been answered.
                let rest = end - world.elapsed()
                if record.state == .confirming, rest <= .zero { return .accepted(record) }
                try await world.sleep(rest > .zero ? min(pause, rest) : pause)
                // Looking is a write, and there may be many who wait.
                pause = min(pause * 2, .milliseconds(200))
            }
        }
        return .unknown
    }

    /// Waits for a transaction's end; one that is not yet confirmed everywhere is told as it stands then, with what the calls
    /// met since the decision.
    func conclusion(of transaction: LiveTransaction) async throws -> Conclusion {
        let conclusion = try await transaction.conclusion.value()
        guard case .accepted = conclusion else { return conclusion }
        do {
            guard let record = try await self.transaction(transaction.gid) else { return conclusion }
            return record.state == .confirmed ? .confirmed(record) : .accepted(record)
        } catch {
            // The decision is on disk; what is known of it without the journal is told instead.
            logger.debug("The journal could not be read for an answer", metadata: ["error": "\(error)"])
            return conclusion
        }
    }

    /// A transaction as the journal has it, everything included that was answered to anyone.
    ///
    /// - Parameter gid: the transaction.
    /// - Returns: the transaction, with every label that is always shown, or nil if there is none.
    /// - Throws: whatever SQLite meets, or an error that says how the journal is damaged.
    public func transaction(_ gid: GlobalTransactionID) async throws -> TransactionRecord? {
        // As a write: it queues behind acknowledgements that callers know of and the disk does not yet.
        var record = try await store.write { try Journal.transaction(gid, in: $0) }
        if let labels = record?.labels { record?.labels = withAllLabels(labels) }
        guard let found = record, found.state == .trying, let transaction = live[gid] else { return record }
        return transaction.withTries(found)
    }

    /// Transactions, newest first.
    ///
    /// - Parameters:
    ///   - state: only those in this state.
    ///   - owner: only those that this caller began.
    ///   - before: only earlier ones.
    ///   - limit: how many at most.
    /// - Returns: the transactions, with every label that is always shown.
    /// - Throws: whatever SQLite meets, or an error that says how the journal is damaged.
    public func transactions(
        state: TransactionState?,
        owner: String?,
        before: GlobalTransactionID?,
        limit: Int
    ) async throws -> [TransactionRecord] {
        // Behind the acknowledgements that callers know of, but beside the writer: a list may take a while.
        try await store.write { _ in }
        let records = try await store.read {
            try Journal.transactions(state: state, owner: owner, before: before, limit: limit, in: $0)
        }
        return records.map { record in
            var record = record
            record.labels = withAllLabels(record.labels)
            return record
        }
    }

    /// Delivers a transaction's decision now, whatever its backoff says.
    ///
    /// - Parameter gid: the transaction.
    /// - Returns: the transaction, or nil if there is none.
    /// - Throws: whatever SQLite meets, or an error that says how the journal is damaged.
    public func retry(_ gid: GlobalTransactionID) async throws -> TransactionRecord? {
        guard let record = try await transaction(gid) else { return nil }
        if let decision = record.state.decision, !record.state.isFinished {
            for branch in record.branches where branch.state != .confirmed && branch.state != .cancelled {
                lanes[branch.name]?.retryNow(decision, of: gid, action: record.action)
            }
        }
        return record
    }

    /// What a participant that asks is told; an unknown transaction is recorded as cancelled first.
    ///
    /// - Parameter gid: the transaction.
    /// - Returns: the decision, or pending while there is none.
    /// - Throws: 410 if it is older than anything that is remembered.
    public func outcome(of gid: GlobalTransactionID) async throws -> Outcome {
        try await failpoints.pass(.coordinatorOutcomeBefore)
        let now = world.wallClock()
        let outcome = try await store.write { try Journal.outcome(of: gid, at: now, in: $0) }
        try await failpoints.pass(.coordinatorOutcomeAfter)
        return outcome
    }

    /// What a participant needs to know before it forgets anything.
    public func horizon() async throws -> OutcomeHorizon {
        let now = world.wallClock()
        // Behind what is begun already, but beside the writer: after an outage much may be unfinished.
        try await store.write { _ in }
        let oldest = try await store.read { try Journal.oldestUnfinished(in: $0) }
        return OutcomeHorizon(now: now, oldestUnfinished: oldest)
    }
}
