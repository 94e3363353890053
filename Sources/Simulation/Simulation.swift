import DraftLibrary
import Foundation
package import GRDB
import OnlineLibrary
import Posts
import TCC
package import Verification

/// Runs simulated worlds: a seed decides everything that happens in one.
package struct Simulation {
    /// What came of one seed.
    package struct Report: Sendable {
        /// The seed.
        package var seed: UInt64
        /// What is wrong.
        package var violations: [Violation]
        /// What happened.
        package var events: [TraceEvent]
        /// How often what happened.
        package var counts: [String: Int]
        /// The simulated time that it took.
        package var elapsed: Duration
        /// How many jobs of tasks were run.
        package var steps: Int
    }

    /// By the contract, every transaction has ended within this time after the last fault.
    private static let healingTime = Duration.seconds(5)
    private static let longestRun = Duration.seconds(120)

    private let disks: Disks

    /// A simulation.
    ///
    /// - Parameter prepare: does something to each server's database, such as breaking it for a test of the checker.
    /// - Throws: whatever SQLite meets.
    package init(prepare: (Party, Database) throws -> Void = { _, _ in }) throws {
        self.disks = try Disks(prepare: prepare)
    }

    /// Runs one world, through its safety phase, in which everything goes wrong, and its liveness phase, in which nothing
    /// does.
    ///
    /// - Parameter seed: what decides everything.
    /// - Returns: what came of it.
    /// - Throws: whatever SQLite meets, outside of the world.
    package func run(seed: UInt64) throws -> Report {
        try disks.wipe()
        try grantQuota()
        var random = SplitMix64(seed: seed)
        let faults = FaultRates(swarm: &random)
        let world = SimulatedWorld(seed: random.next(), faults: faults, disks: disks)
        let record = Box(Client.Record())
        for party in SimulatedWorld.servers { world.start(party) }
        let clientLife = world.makeClientLife()
        let running = Box(Int(2 + random.next() % 3))
        let clients = (0..<running.withLock { $0 })
            .map { number -> @Sendable () async -> Void in
                let client = Client(number: number, world: world, life: clientLife, record: record, requests: 6)
                return {
                    await client.run()
                    running.withLock { $0 -= 1 }
                }
            }
        clientLife.begin(clients)
        world.disturb(until: .seconds(6))
        observe(world, record)
        world.scheduler.run(until: .seconds(6))
        world.heal()
        while running.withLock({ $0 }) > 0, world.scheduler.now < Self.longestRun {
            world.scheduler.run(until: world.scheduler.now + .milliseconds(100))
        }
        // What is still under way may do harm when it arrives.
        world.scheduler.run(until: max(world.scheduler.now, world.network.latestDelivery))
        let deadline = world.scheduler.now + Self.healingTime
        while try !hasEnded(), world.scheduler.now < deadline {
            world.scheduler.run(until: world.scheduler.now + .milliseconds(100))
        }
        var state = try finalState()
        state.history = record.withLock { $0.history }
        var violations = Invariants.violations(in: state)
        if running.withLock({ $0 }) > 0 {
            violations.append(Violation(8, "a client is never told what became of its request"))
        }
        clientLife.die()
        for party in SimulatedWorld.servers { world.stop(party) }
        world.scheduler.run(until: world.scheduler.now)
        return Report(
            seed: seed,
            violations: violations,
            events: world.events,
            counts: world.counts,
            elapsed: world.scheduler.now,
            steps: world.scheduler.steps
        )
    }

    /// Whether every transaction has ended and nothing is reserved.
    private func hasEnded() throws -> Bool {
        let unfinished = try disks[.orchestrator].queue
            .writeWithoutTransaction { database in
                try Bool.fetchOne(
                    database.cachedStatement(sql: "SELECT 1 FROM transactions WHERE finished_at IS NULL LIMIT 1")
                )
            }
        return try unfinished == nil
            && [Party.draft, .online, .quota]
                .allSatisfy { party in
                    try disks[party].queue
                        .writeWithoutTransaction { database in
                            try Bool.fetchOne(
                                database.cachedStatement(sql: "SELECT 1 FROM barrier WHERE state = 'reserved' LIMIT 1")
                            )
                        } == nil
                }
    }

    private func grantQuota() throws {
        try disks[.quota].queue
            .write { database in
                for author in ["ann", "bob"] {
                    try database.execute(sql: "INSERT INTO account VALUES (?, 5, 0)", arguments: [author])
                }
            }
    }

    /// Readers who look at both libraries again and again.
    private func observe(_ world: SimulatedWorld, _ record: Box<Client.Record>) {
        world.scheduler.after(world.random { $0.duration(upTo: .milliseconds(100)) }) { [weak world, disks] in
            guard let world else { return }
            Self.look(disks, record)
            observe(world, record)
        }
    }

    private static func look(_ disks: Disks, _ record: Box<Client.Record>) {
        let changes = disks[.online].queue.unsafeReentrantRead { $0.totalChangesCount }
        guard record.withLock({ $0.lastChanges != changes }) else { return }
        record.withLock { $0.lastChanges = changes }
        // `try?`: what cannot be read is found in the end.
        let posts = try? disks[.online].queue
            .writeWithoutTransaction { database in
                try Row.fetchAll(
                    database.cachedStatement(sql: "SELECT id, revision, title FROM posts WHERE is_visible")
                )
            }
        record.withLock { record in
            for row in posts ?? [] {
                guard let id = UUIDv7(row[0] as String) else { continue }
                let title = String(decoding: row[2] as Data, as: UTF8.self)
                record.history.saw(.init(library: .online, post: id, revision: row[1], title: title))
            }
        }
    }

    private func finalState() throws -> FinalState {
        // Not `read`: its PRAGMA has SQLite forget every statement that it has prepared.
        var state = FinalState()
        state.journal = try disks[.orchestrator].queue.writeWithoutTransaction { try JournalEntry.all(in: $0) }
        for party in [Party.draft, .online, .quota] {
            state.barriers += try disks[party].queue.writeWithoutTransaction { try BarrierRow.all(of: party.rawValue, in: $0) }
        }
        state.spent = try disks[.quota].queue
            .writeWithoutTransaction { database in
                try Int.fetchOne(database, sql: "SELECT coalesce(sum(spent), 0) FROM account") ?? 0
            }
        state.drafts = try disks[.draft].queue
            .writeWithoutTransaction { database in
                try ["ann", "bob"]
                    .flatMap { author in
                        try DraftStore.drafts(of: author, source: nil, before: nil, limit: 1000, in: database)
                            .compactMap { try DraftStore.draft($0.id, of: author, in: database) }
                    }
                    .map { DraftView($0) }
            }
        state.posts = try disks[.online].queue
            .writeWithoutTransaction { database in
                try OnlineStore.posts(of: nil, after: nil, limit: 1000, in: database)
                    .compactMap { try OnlineStore.post($0.id, in: database) }.map { PostView($0) }
            }
        return state
    }
}

extension DraftView {
    fileprivate init(_ draft: Draft) {
        self.init(
            id: draft.id,
            author: draft.author,
            title: draft.title,
            content: draft.content,
            source: draft.source,
            revision: draft.revision,
            nextRevision: draft.nextRevision,
            status: draft.status.rawValue,
            publishedRevision: draft.publishedRevision,
            pendingTransaction: draft.pendingTransaction,
            createdAt: draft.createdAt,
            updatedAt: draft.updatedAt
        )
    }
}

extension PostView {
    fileprivate init(_ post: Post) {
        self.init(
            id: post.id,
            author: post.author,
            title: post.title,
            content: post.content,
            revision: post.revision,
            publishedAt: post.publishedAt,
            updatedAt: post.updatedAt
        )
    }
}
