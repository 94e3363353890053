import GRDB
import TCC
import Verification

extension Simulation {
    /// How many worlds have it.
    static let neglects = 0.04
    /// The requests that are reserved then; no other client has this number.
    static let neglectedRequests = (0..<3).map { Scenario.RequestNumber(client: 7, number: $0) }

    /// Longer than any connection takes, and shorter than a try.
    private static let untilReserved = Duration.seconds(1)
    /// From the begin of a transaction to the end of its tries, with the margin.
    private static let untilOverdue = Duration.seconds(33)

    /// Has a participant hold several reservations that its coordinator cannot tell it about, and fail at the oldest: it
    /// asks, and the others are settled.
    func neglect(
        _ world: SimulatedWorld,
        _ scenario: Scenario,
        _ random: inout SplitMix64,
        _ life: Life,
        _ record: Box<Client.Record>
    ) throws -> [Violation] {
        let party = random.pick([Party.draft, .online])
        let requests = Self.neglectedRequests.filter { scenario.requests?.contains($0) ?? true }
        guard !requests.isEmpty, world.gate.strikes() else { return [] }
        world.note("neglect", party)
        world.neglect(party, isReached: true)
        let scheduler = world.scheduler
        let working = Box(requests.count)
        for request in requests {
            let client = Client(number: request.client, world: world, life: life, record: record)
            let chance = random.split()
            life.deliver {
                await client.run([.publishNew(author: "ann")], chance)
                working.withLock { $0 -= 1 }
            }
        }
        scheduler.run(until: scheduler.now + Self.untilReserved)
        let reserved = try reserved(at: party)
        world.neglect(party, isReached: false)
        if reserved.count > 1 { world.failResources(at: reserved[0], of: party) }
        let limit = SimulatedWorld.healingTime
        scheduler.run(until: scheduler.now + Self.untilOverdue + limit)
        let left = try self.reserved(at: party).filter { reserved.dropFirst().contains($0) }
        world.endNeglect(of: party)
        let latest = scheduler.now + .seconds(120)
        while working.withLock({ $0 }) > 0, scheduler.now < latest {
            scheduler.run(until: scheduler.now + .milliseconds(100))
        }
        let end = scheduler.now + limit
        while try !world.unfinished().isEmpty, scheduler.now < end {
            scheduler.run(until: scheduler.now + .milliseconds(100))
        }
        let late = try world.unfinished().sorted().map { Violation(8, "\(limit) after a resource has failed \($0)") }
        return left.map {
            Violation(8, "\(limit) after its deadline \($0) is reserved at \(party.rawValue), which fails at another")
        } + late
    }

    /// The transactions that hold something, the oldest first.
    private func reserved(at party: Party) throws -> [GlobalTransactionID] {
        try disks.perform(on: party) { database in
            try String.fetchAll(
                database.cachedStatement(
                    sql: "SELECT gid FROM barrier WHERE state = 'reserved' ORDER BY deadline, gid"
                )
            )
        }
        .compactMap { GlobalTransactionID($0) }
    }
}
