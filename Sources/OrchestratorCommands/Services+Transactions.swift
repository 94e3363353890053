import TCC
import TCCHTTP

extension Services {
    /// Reads the list of transactions, the newest first.
    ///
    /// - Parameters:
    ///   - state: only those in this state.
    ///   - limit: how many at most.
    ///   - cursor: where to begin; nil for the beginning.
    /// - Returns: them, and where the list goes on.
    /// - Throws: ``Unreachable``, or a ``CommandFailure`` if the orchestrator says no.
    func transactions(
        in state: TransactionState? = nil,
        limit: Int,
        from cursor: String? = nil
    ) async throws -> Page<TransactionRecord> {
        try await list(of: TransactionRecord.self, limit: limit, from: cursor) { limit, cursor in
            .get(
                .orchestrator,
                "/v1/transactions",
                query: ["state": state?.rawValue, "limit": limit, "cursor": cursor],
                as: TokenMint.anOperator
            )
        }
    }
}
