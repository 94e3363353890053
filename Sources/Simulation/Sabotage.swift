package import GRDB
package import TCC
package import TCCCoordinator

/// Breaks the protocol of a simulated system, to prove that the checker sees it.
///
/// The product has no such switch: this comes between its parts, or behind its back.
package struct Sabotage: Sendable {
    /// What a sabotage has at hand.
    package struct Context: Sendable {
        /// The server's wall clock.
        package let now: Timestamp
        /// When it died last, by the same clock.
        package let death: Timestamp?
        /// All disks.
        package let disks: Disks
    }

    /// How often ``tick`` is called.
    package static let interval = Duration.milliseconds(100)

    /// Does something to a server's database when it is made.
    package var prepare: @Sendable (Party, Database) throws -> Void
    /// Answers a request for the server that got it, which `proceed` does properly.
    package var answer:
        (
            @Sendable (
                _ context: Context, _ server: Party, _ request: WireRequest,
                _ proceed: (WireRequest) async -> WireAnswer?
            ) async -> WireAnswer?
        )?
    /// Makes a request of the orchestrator to a participant, which `proceed` does properly.
    package var call:
        (
            @Sendable (
                _ context: Context, _ to: Party, _ calls: [BranchRequest],
                _ proceed: @Sendable ([BranchRequest]) async -> RequestResult
            ) async -> RequestResult
        )?
    /// Asks the coordinator what became of something that a participant holds too long, which `proceed` does properly.
    package var ask:
        (
            @Sendable (
                _ context: Context, _ party: Party, _ gid: GlobalTransactionID,
                _ proceed: @Sendable (GlobalTransactionID) async throws -> Outcome
            ) async throws -> Outcome
        )?
    /// Whether it sees requests of several calls; if not, there are none.
    package var seesBatches = false
    /// Whether a call whose answer has begun is not given up.
    package var endsDeadlinesWithHeads = false
    /// A server that died is about to be started again.
    package var restarts: (@Sendable (_ server: Party, _ context: Context) -> Void)?
    /// Time passes for a server.
    package var tick: (@Sendable (_ server: Party, _ context: Context) -> Void)?

    /// Nothing, yet.
    ///
    /// - Parameter prepare: does something to a server's database when it is made.
    package init(prepare: @escaping @Sendable (Party, Database) throws -> Void = { _, _ in }) {
        self.prepare = prepare
    }
}
