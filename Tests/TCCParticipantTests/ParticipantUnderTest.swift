import Failpoints
import Foundation
import GRDB
import Logging
import MetricsTestKit
import TCC
import TCCParticipant
import TCCStorage

/// A participant over a database of its own and a clock that a test moves.
struct ParticipantUnderTest<R: Resource> {
    let service: ParticipantService<R>
    let store: DurableStore
    let clock: FakeClock
    let metrics: TestMetrics

    static var branch: ParticipantName { ParticipantName("ledger")! }

    /// A branch of a transaction that begins now.
    func newBranch() -> BranchID { BranchID(gid: clock.world.makeIdentifier(), branch: Self.branch) }

    /// A try with 35 s to its deadline.
    func call(_ id: BranchID, _ payload: R.Payload, deadlineIn duration: Duration = .seconds(35)) -> BranchCall<
        R.Payload
    > {
        BranchCall(
            gid: id.gid,
            branch: id.branch,
            action: "publish",
            deadline: clock.now + duration,
            payload: payload
        )
    }

    func row(of id: BranchID) async throws -> BranchOutcome? {
        try await store.read { try Barrier.row(of: id, in: $0) }
    }
}

/// A participant for as long as the body runs.
func withParticipant<R: Resource>(
    _ resource: R,
    failpoints: String? = nil,
    registerMigrations: (inout DatabaseMigrator) -> Void,
    _ body: (ParticipantUnderTest<R>) async throws -> Void
) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "tcc-participant-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    var migrator = DatabaseMigrator()
    registerMigrations(&migrator)
    let clock = FakeClock()
    let failpoints = try Failpoints(failpoints)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let store = try DurableStore(
        path: directory.appending(path: "participant.db").path,
        migrator: migrator,
        failpoints: failpoints,
        logger: logger
    )
    let metrics = TestMetrics()
    let service = ParticipantService(
        resource: resource,
        store: store,
        world: clock.world,
        failpoints: failpoints,
        logger: logger,
        metrics: metrics
    )
    do {
        try await body(ParticipantUnderTest(service: service, store: store, clock: clock, metrics: metrics))
        try store.close()
        try FileManager.default.removeItem(at: directory)
    } catch {
        try FileManager.default.removeItem(at: directory)
        throw error
    }
}
