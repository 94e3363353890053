import DraftLibrary
import Foundation
import GRDB
import OnlineLibrary
import Posts
import TCC
package import Verification

/// Runs simulated worlds: a seed decides everything that happens in one.
package struct Simulation: Sendable {
    /// What came of one seed.
    package struct Report: Sendable {
        /// The seed.
        package var seed: UInt64
        /// What is wrong.
        package var violations: [Violation]
        /// What happened, if it was to be told.
        package var events: [TraceEvent]
        /// How often what happened.
        package var counts: [String: Int]
        /// The numbers of the faults that happened.
        package var struck: [Int]
        /// The simulated time that it took.
        package var elapsed: Duration
        /// How many jobs of tasks were run.
        package var steps: Int
    }

    private static let longestRound = Duration.seconds(120)
    /// How many worlds have one.
    private static let nights = 0.15
    /// The request that is not finished when the night comes; no other client has this number.
    private static let eveningRequest = Scenario.RequestNumber(client: 9, number: 0)
    /// What has to be possible when all is well again.
    private static let lastRequest = Scenario.RequestNumber(client: 8, number: 0)
    /// Without faults.
    private static let longestPublish = Duration.milliseconds(30)

    let disks: Disks
    private let tokens: Tokens
    private let sabotage: Sabotage?

    /// A simulation.
    ///
    /// - Parameter sabotage: breaks the system, in a test of the checker.
    /// - Throws: whatever SQLite meets, and JWTKit.
    package init(sabotage: Sabotage? = nil) throws {
        self.disks = try Disks { try sabotage?.prepare($0, $1) }
        self.tokens = try Tokens()
        self.sabotage = sabotage
    }

    /// Runs one world: first everything goes wrong, and then nothing does and all has to end.
    ///
    /// Some worlds have a second round on the next day, when the first is forgotten.
    ///
    /// - Parameters:
    ///   - scenario: what decides everything.
    ///   - isTraced: whether to tell what happens.
    /// - Returns: what came of it.
    /// - Throws: whatever SQLite meets, outside of the world.
    package func run(_ scenario: Scenario, isTraced: Bool = false) throws -> Report {
        try reset()
        var random = SplitMix64(seed: scenario.seed)
        let faults = FaultRates(swarm: &random)
        let clients = Self.clients(of: scenario, &random).map { $0.map(\.chance) }
        let hasNight = random.chance(Self.nights)
        let hasNeglect = random.chance(Self.neglects)
        let world = SimulatedWorld(
            seed: random.next(),
            faults: faults,
            gate: FaultGate(allowed: scenario.faults),
            disks: disks,
            tokens: tokens,
            sabotage: sabotage,
            isTraced: isTraced
        )
        let record = Box(Client.Record())
        let life = begin(world)
        world.tick()
        var violations: [Violation] = []
        // On a day with a night, half of each client's requests come after it.
        let mornings = clients.map { hasNight ? $0.count / 2 : 0 }
        violations += try run(world, clients: zip(clients, mornings).map { Array($0.dropLast($1)) }, life, record)
        if !hasNight, Self.endsWithAPost(scenario, hasNight) {
            violations += try beginAnew(world, scenario, life, record)
        }
        if hasNeglect, violations.isEmpty { violations += try neglect(world, scenario, &random, life, record) }
        if hasNight, violations.isEmpty {
            if scenario.requests?.contains(Self.eveningRequest) ?? true {
                workInTheEvening(world, &random, life, record)
            }
            world.passNight(faults)
            world.breakAgain(faults)
            violations += try run(world, clients: zip(clients, mornings).map { Array($0.suffix($1)) }, life, record)
            violations += try beginAnew(world, scenario, life, record)
        }
        return try end(world, life, record, violations, scenario.seed)
    }

    /// What clients do.
    private static func clients(
        of scenario: Scenario,
        _ random: inout SplitMix64
    ) -> [[(number: Scenario.RequestNumber, chance: SplitMix64)]] {
        (0..<Int(2 + random.next() % 3))
            .map { client in
                (0..<Int(1 + random.next() % 6))
                    .map { (Scenario.RequestNumber(client: client, number: $0), random.split()) }
                    .filter { scenario.requests?.contains($0.0) ?? true }
            }
    }

    /// The requests that a scenario has.
    ///
    /// - Parameter scenario: the scenario.
    /// - Returns: their names.
    package static func requests(of scenario: Scenario) -> [Scenario.RequestNumber] {
        var random = SplitMix64(seed: scenario.seed)
        _ = FaultRates(swarm: &random)
        let requests = clients(of: scenario, &random).flatMap { $0.map(\.number) }
        let hasNight = random.chance(nights)
        let night = hasNight ? [eveningRequest] : []
        let neglected = random.chance(neglects) ? neglectedRequests : []
        let last = endsWithAPost(scenario, hasNight) ? [lastRequest] : []
        return requests + (neglected + night + last).filter { scenario.requests?.contains($0) ?? true }
    }

    /// Whether one more post is published at the end: after each night, since clocks jump then, and in a third of the
    /// other worlds.
    private static func endsWithAPost(_ scenario: Scenario, _ hasNight: Bool) -> Bool {
        hasNight || scenario.seed.isMultiple(of: 3)
    }

    /// Runs a search's world: nothing goes wrong but for one fault, and things happen in one order of many.
    func run(_ plan: Plan, _ fault: SingleFault?, _ choices: Choices, isTraced: Bool) throws -> (Report, Choices, Bool)
    {
        try reset()
        let world = SimulatedWorld(
            seed: 1,
            faults: .none,
            gate: FaultGate(single: fault),
            choices: choices,
            disks: disks,
            tokens: tokens,
            sabotage: sabotage,
            isTraced: isTraced
        )
        let record = Box(Client.Record())
        let life = begin(world)
        world.gate.setCounting(false)
        try run(world, [{ client in await client.run(plan.before, SplitMix64(seed: 0)) }], life, record)
        world.gate.setCounting(true)
        world.scheduler.setChoosing(true)
        let violations = try run(
            world,
            plan.clients.enumerated()
                .map { number, steps in
                    { client in await client.run(steps, SplitMix64(seed: UInt64(number) + 1)) }
                },
            life,
            record
        )
        let (used, didFault) = (world.scheduler.choices ?? choices, world.gate.didSingle)
        return (try end(world, life, record, violations, 0), used, didFault)
    }

    private func reset() throws {
        try disks.wipe()
        try grantQuota()
    }

    /// Starts the servers, and the life of the clients.
    private func begin(_ world: SimulatedWorld) -> Life {
        for party in SimulatedWorld.servers { world.start(party) }
        let life = world.makeClientLife()
        life.begin([])
        return life
    }

    private func run(
        _ world: SimulatedWorld,
        clients: [[SplitMix64]],
        _ life: Life,
        _ record: Box<Client.Record>
    ) throws -> [Violation] {
        let longest = clients.map(\.count).max() ?? 0
        let end = world.scheduler.now + .seconds(longest)
        world.disturb(until: end)
        return try run(world, clients.map { steps in { await $0.run(steps) } }, life, record) {
            world.scheduler.run(until: end)
            world.passOutage()
            world.heal()
        }
    }

    /// Begins one more transaction, which nothing keeps from being committed.
    private func beginAnew(
        _ world: SimulatedWorld,
        _ scenario: Scenario,
        _ life: Life,
        _ record: Box<Client.Record>
    ) throws -> [Violation] {
        guard scenario.requests?.contains(Self.lastRequest) ?? true else { return [] }
        let client = Client(number: Self.lastRequest.client, world: world, life: life, record: record)
        let isWorking = Box(true)
        let earlier = record.withLock { $0.history.attempts.count }
        life.deliver {
            await client.run([.publishNew(author: "ann")], SplitMix64(seed: scenario.seed))
            isWorking.withLock { $0 = false }
        }
        let scheduler = world.scheduler
        let latest = scheduler.now + SimulatedWorld.healingTime
        while try isWorking.withLock({ $0 }) || !world.unfinished().isEmpty, scheduler.now < latest {
            scheduler.run(until: scheduler.now + .milliseconds(20))
        }
        // Its key may have been used for others since.
        let answers = record.withLock { $0.history.attempts.dropFirst(earlier).compactMap(\.answer) }
        if answers.contains(where: \.isCommitted) { return [] }
        let answer = answers.last
        let told = answer.map { "\($0.status) \($0.code ?? "")" } ?? "nothing"
        return [Violation(8, "all is well, and a new post cannot be published: its author was told \(told)")]
    }

    /// Lets a client work while a participant gets out of reach: what it began then is not finished in the evening.
    private func workInTheEvening(
        _ world: SimulatedWorld,
        _ random: inout SplitMix64,
        _ life: Life,
        _ record: Box<Client.Record>
    ) {
        let step = Client.Step(random: &random, posts: record.withLock { $0.posts.count })
        let client = Client(number: Self.eveningRequest.client, world: world, life: life, record: record)
        let isWorking = Box(true)
        let chance = random.split()
        life.deliver {
            await client.run([step], chance)
            isWorking.withLock { $0 = false }
        }
        let scheduler = world.scheduler
        scheduler.run(until: scheduler.now + random.duration(upTo: Self.longestPublish))
        let party = random.pick([Party.draft, .online, .quota])
        let isBack = random.chance(0.5)
        world.cutOff(isBack ? .init(from: party, to: .orchestrator) : .init(from: .orchestrator, to: party))
        let latest = scheduler.now + Self.longestRound
        while isWorking.withLock({ $0 }), scheduler.now < latest {
            scheduler.run(until: scheduler.now + .milliseconds(100))
        }
    }

    /// Lets clients work to their end, and everything settle.
    @discardableResult
    private func run(
        _ world: SimulatedWorld,
        _ clients: [@Sendable (Client) async -> Void],
        _ life: Life,
        _ record: Box<Client.Record>,
        disturb: () -> Void = {}
    ) throws -> [Violation] {
        let scheduler = world.scheduler
        let running = Box(clients.count)
        for (number, work) in clients.enumerated() {
            let client = Client(number: number, world: world, life: life, record: record)
            life.deliver {
                await work(client)
                running.withLock { $0 -= 1 }
            }
        }
        disturb()
        let latest = scheduler.now + Self.longestRound
        while running.withLock({ $0 }) > 0, scheduler.now < latest {
            scheduler.run(until: scheduler.now + .milliseconds(100))
        }
        // What is still under way may do harm when it arrives.
        scheduler.run(until: max(scheduler.now, world.network.latestDelivery))
        let deadline = scheduler.now + SimulatedWorld.healingTime
        while try !world.unfinished().isEmpty, scheduler.now < deadline {
            scheduler.run(until: scheduler.now + .milliseconds(100))
        }
        if running.withLock({ $0 }) > 0 {
            return [Violation(8, "a client is never told what became of its request")]
        }
        return try world.unfinished().sorted().map { Violation(8, "5 s after the last message \($0)") }
    }

    /// Checks everything, and ends all lives.
    private func end(
        _ world: SimulatedWorld,
        _ life: Life,
        _ record: Box<Client.Record>,
        _ violations: [Violation],
        _ seed: UInt64
    ) throws -> Report {
        var history = record.withLock { $0.history }
        var (state, forgotten) = try finalState(of: history.authors.sorted())
        for party in SimulatedWorld.servers {
            try disks.perform(on: party) { try Recorder.read(party, into: &history, in: $0) }
        }
        for party in [Party.draft, .online, .quota] {
            history.contradictions += try disks.perform(on: party) {
                try Violation.leftHolds(of: party.rawValue, in: $0)
            }
        }
        for (gid, decision) in world.outcomes { history.told(decision, of: gid) }
        history.contradictions += world.contradictions
        history.doubled = world.doubled
        state.history = history
        let deleted = state.effects.filter(\.isDelete).map(\.post)
        for party in [Party.draft, .online] {
            state.history.contradictions += try disks.perform(on: party) {
                try Violation.remains(of: deleted, at: party.rawValue, in: $0)
            }
        }
        life.die()
        for party in SimulatedWorld.servers { world.stop(party) }
        world.network.close()
        world.scheduler.run(until: world.scheduler.now)
        return Report(
            seed: seed,
            violations: violations + Invariants.violations(in: state),
            events: world.events,
            counts: world.counts.merging(forgotten > 0 ? ["forgotten": forgotten] : [:]) { own, _ in own },
            struck: world.gate.struck,
            elapsed: world.scheduler.now,
            steps: world.scheduler.steps
        )
    }

    private func grantQuota() throws {
        try disks[.quota].queue
            .write { database in
                for author in ["ann", "bob"] {
                    try database.cachedStatement(sql: "INSERT INTO account VALUES (?, 5, 0)")
                        .execute(arguments: [author])
                }
            }
    }

    private func finalState(of authors: [String]) throws -> (FinalState, forgotten: Int) {
        // Not `read`: its PRAGMA has SQLite forget every statement that it has prepared.
        var state = FinalState()
        // What was forgotten was true when it was forgotten.
        var forgotten = 0
        state.journal = try disks.perform(on: .orchestrator) { database in
            let old = try JournalEntry.all(in: database, tables: "forgotten_")
            forgotten += old.count
            return try old + JournalEntry.all(in: database)
        }
        for party in [Party.draft, .online, .quota] {
            state.barriers += try disks.perform(on: party) { database in
                let old = try BarrierRow.all(of: party.rawValue, in: database, tables: "forgotten_")
                forgotten += old.count
                return try old + BarrierRow.all(of: party.rawValue, in: database)
            }
        }
        let spent = try disks.perform(on: .quota) { database in
            let select = try database.cachedStatement(sql: "SELECT author, spent FROM account WHERE spent <> 0")
            let rows = try Row.fetchAll(select)
            return Dictionary(rows.map { row -> (String, Int) in (row[0], row[1]) }) { $0 + $1 }
        }
        (state.spent, state.spentByAuthor) = (spent.values.reduce(0, +), spent)
        state.drafts = try disks[.draft].queue
            .writeWithoutTransaction { database in
                try authors
                    .flatMap { author in
                        try DraftStore.drafts(of: author, source: nil, after: nil, limit: 1000, in: database)
                            .compactMap { try DraftStore.draft($0.id, of: author, in: database) }
                    }
                    .map { DraftView($0) }
            }
        state.posts = try disks[.online].queue
            .writeWithoutTransaction { database in
                try OnlineStore.posts(of: nil, after: nil, limit: 1000, in: database)
                    .compactMap { try OnlineStore.post($0.id, in: database) }.map { PostView($0) }
            }
        return (state, forgotten)
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
