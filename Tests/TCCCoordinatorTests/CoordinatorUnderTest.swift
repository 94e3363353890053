import Failpoints
import Foundation
import GRDB
import Logging
import MetricsTestKit
import TCC
import TCCCoordinator
import TCCStorage

/// One life of a coordinator: from its start over a journal to its end, wherever in the protocol that comes.
struct CoordinatorUnderTest: Sendable {
    let coordinator: Coordinator
    let store: DurableStore
    let peers: ScriptedPeers
    let clock: FakeClock
    let metrics: TestMetrics

    /// A transaction over these participants.
    static func request(
        _ participants: String...,
        owner: String? = nil,
        labels: [String: JSONValue] = [:],
        tryTimeout: Duration? = nil
    ) -> TransactionRequest {
        TransactionRequest(
            action: "publish",
            branches: participants.map {
                .init(participant: ParticipantName($0)!, payload: JSONValue.object(["for": .string($0)]))
            },
            owner: owner,
            labels: labels,
            tryTimeout: tryTimeout
        )
    }

    /// Runs a transaction.
    func run(_ request: TransactionRequest, key: Journal.Key? = nil) async throws -> Conclusion {
        try await coordinator.run(key: key) { request }
    }

    /// Runs a transaction over the draft and the online participant.
    func publish(key: Journal.Key? = nil) async throws -> Conclusion {
        try await run(Self.request("draft", "online"), key: key)
    }

    /// Asks for the transaction under a key, with a request that would be refused.
    func publishInvalid(key: Journal.Key) async throws -> Conclusion {
        try await coordinator.run(key: key) { throw Problem.invalid("title", "is missing") }
    }

    /// A transaction as the journal has it.
    func journaled(_ gid: GlobalTransactionID) async throws -> TransactionRecord? {
        try await store.read { try Journal.transaction(gid, in: $0) }
    }

    /// Lets time pass while the body runs: timeouts and retries come, each once everything before it has been done.
    func passing<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await clock.passing(
            settle: {
                for _ in 0..<3 {
                    for _ in 0..<20 { await Task.yield() }
                    // When this is written, so is whatever was handed to the journal before.
                    try await store.write { _ in }
                }
            },
            body
        )
    }

    /// Waits until the journal says of a transaction what it should.
    func wait(
        for gid: GlobalTransactionID,
        until condition: @escaping @Sendable (TransactionRecord) -> Bool
    ) async throws -> TransactionRecord {
        while true {
            try Task.checkCancellation()
            if let record = try await journaled(gid), condition(record) { return record }
            await Task.yield()
        }
    }
}

extension Journal.Key {
    /// A key of Ada's for a request that is named by a letter.
    static func ada(_ key: String, request: String = "a") -> Self {
        Self(caller: "author:ada", key: key, fingerprint: Data(request.utf8))
    }
}

extension Conclusion {
    /// The transaction, if it was committed or will be.
    var record: TransactionRecord? {
        switch self {
        case .confirmed(let record), .accepted(let record): record
        case .cancelled, .unknown: nil
        }
    }

    /// Why it was cancelled.
    var reason: Problem? {
        guard case .cancelled(let reason, _) = self else { return nil }
        return reason
    }

    /// Which transaction it is about.
    var gid: GlobalTransactionID? {
        switch self {
        case .confirmed(let record), .accepted(let record): record.gid
        case .cancelled(_, let gid): gid
        case .unknown: nil
        }
    }

    var isConfirmed: Bool { if case .confirmed = self { true } else { false } }
    var isAccepted: Bool { if case .accepted = self { true } else { false } }
}

/// A journal's directory, for as long as the body runs.
func withJournal(_ body: (String) async throws -> Void) async throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "tcc-coordinator-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    do {
        try await body(url.path)
        try FileManager.default.removeItem(at: url)
    } catch {
        try FileManager.default.removeItem(at: url)
        throw error
    }
}

/// A life of a coordinator of `draft`, `online` and `quota`; when the body returns, it ends in the middle of everything.
func withLife(
    in directory: String,
    peers: ScriptedPeers = ScriptedPeers(),
    call: ParticipantCall? = nil,
    clock: FakeClock = FakeClock(),
    world: World? = nil,
    failpoints: String? = nil,
    settings: Coordinator.Settings = .init(),
    _ body: @Sendable @escaping (CoordinatorUnderTest) async throws -> Void
) async throws {
    var migrator = DatabaseMigrator()
    Journal.registerMigrations(in: &migrator)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let failpoints = try Failpoints(failpoints)
    let store = try DurableStore(
        path: directory + "/journal.db",
        migrator: migrator,
        failpoints: failpoints,
        logger: logger
    )
    let metrics = TestMetrics()
    let coordinator = Coordinator(
        participants: ["draft", "online", "quota"].map { Participant(name: ParticipantName($0)!, url: "memory:\($0)") },
        settings: settings,
        store: store,
        call: call ?? peers.call,
        world: world ?? clock.world,
        failpoints: failpoints,
        logger: logger,
        metrics: metrics
    )
    try await coordinator.recover()
    try await withThrowingTaskGroup(of: Bool.self) { group in
        group.addTask {
            try await coordinator.run()
            return false
        }
        group.addTask {
            let life = CoordinatorUnderTest(
                coordinator: coordinator,
                store: store,
                peers: peers,
                clock: clock,
                metrics: metrics
            )
            try await body(life)
            return true
        }
        defer { group.cancelAll() }
        while let isOver = try await group.next(), !isOver {}
    }
    try store.close()
}

/// The one life of a coordinator over a new journal.
func withCoordinator(
    failpoints: String? = nil,
    settings: Coordinator.Settings = .init(),
    _ body: @Sendable @escaping (CoordinatorUnderTest) async throws -> Void
) async throws {
    try await withJournal { directory in
        try await withLife(in: directory, failpoints: failpoints, settings: settings, body)
    }
}
