public import GRDB
public import TCC

/// What a service puts behind a barrier to take part in transactions: how it reserves, confirms and cancels.
///
/// Each function runs in the same local transaction as the branch's barrier row, at most once for a branch, and in the
/// right order, whatever the network does: the barrier sees to that. A participant is made of little more than this.
public protocol Resource: Sendable {
    /// What a try brings along.
    associatedtype Payload: Decodable & Sendable

    /// Checks the business rules and reserves, so that a confirm cannot fail.
    ///
    /// - Parameters:
    ///   - call: the try; its payload has been decoded.
    ///   - now: the time.
    ///   - database: the connection, in a transaction.
    /// - Throws: a `Problem` to refuse: 409 with a code of the service's own, or 422 for what is not valid. A refusal
    ///   leaves nothing behind.
    func reserve(_ call: BranchCall<Payload>, at now: Timestamp, in database: Database) throws

    /// Makes the reserved effect real.
    ///
    /// - Parameters:
    ///   - branch: whose reservation it is.
    ///   - now: the time.
    ///   - database: the connection, in a transaction.
    /// - Throws: whatever SQLite meets; then nothing is written, and the call comes again.
    func confirm(_ branch: BranchID, at now: Timestamp, in database: Database) throws

    /// Releases the reservation.
    ///
    /// - Parameters:
    ///   - branch: whose reservation it is.
    ///   - now: the time.
    ///   - database: the connection, in a transaction.
    /// - Throws: whatever SQLite meets; then nothing is written, and the call comes again.
    func cancel(_ branch: BranchID, at now: Timestamp, in database: Database) throws
}
