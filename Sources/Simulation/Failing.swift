import GRDB
import TCC
import TCCParticipant

/// A resource that fails, now and then, at what was decided: not with a refusal, but as one does whose disk or code is at
/// fault.
struct Failing<R: Resource>: Resource {
    /// What it failed with.
    struct Failure: Error {}

    let resource: R
    let isFailing: @Sendable (GlobalTransactionID) -> Bool

    func reserve(_ call: BranchCall<R.Payload>, at now: Timestamp, in database: Database) throws {
        try resource.reserve(call, at: now, in: database)
    }

    func confirm(_ branch: BranchID, at now: Timestamp, in database: Database) throws {
        if isFailing(branch.gid) { throw Failure() }
        try resource.confirm(branch, at: now, in: database)
    }

    func cancel(_ branch: BranchID, at now: Timestamp, in database: Database) throws {
        if isFailing(branch.gid) { throw Failure() }
        try resource.cancel(branch, at: now, in: database)
    }
}
