import GRDB
import TCC
import TCCParticipant
import Testing

/// Coordinators and a participant whose clocks jump as they like, by minutes to years, and a network that keeps a copy of
/// every try for ever.
@Suite("Forgetting, whatever the clocks do")
struct BarrierClockTests {
    private static let start = Timestamp(milliseconds: 1_795_348_800_000)
    private static let name = ParticipantName("ledger")!

    private struct World {
        let database: DatabaseQueue
        var random: SplitMix64
        let retention: Duration
        var now = BarrierClockTests.start
        var ownSkew: Duration = .zero
        var coordinatorSkew: Duration = .zero
        var identifiers = IdentifierClock()
        /// Every try that was ever sent, and when its transaction began.
        var tries: [(call: BranchCall<CountingResource.Payload>, begun: Timestamp)] = []
        /// Those whose transaction is not finished.
        var unfinished: [Int] = []

        init(seed: UInt64) throws {
            self.database = try DatabaseQueue()
            var migrator = DatabaseMigrator()
            CountingResource.registerMigrations(in: &migrator)
            try migrator.migrate(database)
            self.random = SplitMix64(seed: seed)
            self.retention = .seconds([1, 5, 3600, 86400, 31_536_000][Int(random.next() % 5)])
        }

        var own: Timestamp { now + ownSkew }
        var coordinator: Timestamp { now + coordinatorSkew }

        mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }

        /// From a second to years.
        mutating func length() -> Duration {
            let most = [10, 600, 7200, 100_000, 100_000_000][Int(random.next() % 5)]
            return .seconds(Int.random(in: 0...most, using: &random))
        }

        mutating func jump() -> Duration { chance(2) ? length() : .zero - length() }

        mutating func send() -> BranchCall<CountingResource.Payload> {
            let begun = coordinator
            let timeout = Duration.seconds(chance(10) ? 3600 : 3) + .seconds(30)
            let call = BranchCall(
                gid: identifiers.next(at: begun, using: &random),
                branch: BarrierClockTests.name,
                action: "publish",
                deadline: begun + timeout,
                payload: CountingResource.Payload(refuses: false)
            )
            unfinished.append(tries.count)
            tries.append((call, begun))
            return call
        }

        func attempt(_ call: BranchCall<CountingResource.Payload>) throws -> BranchOutcome {
            try database.write { try Barrier.attempt(call, on: CountingResource(), at: own, in: $0) }
        }

        /// Finishes what is under way, also where a try did not arrive; sometimes all but one.
        mutating func finish() throws {
            let left = chance(3) ? Array(unfinished.suffix(1)) : []
            for index in unfinished where !left.contains(index) { try finish(tries[index].call.id) }
            unfinished = left
        }

        private func finish(_ id: BranchID) throws {
            try database.write { database in
                let isReserved = try Barrier.row(of: id, in: database) == .reserved
                _ = try Barrier.carryOut(
                    isReserved ? .confirm : .cancel,
                    id,
                    action: "publish",
                    on: CountingResource(),
                    at: own,
                    in: database
                )
            }
        }

        func prune() throws {
            let answer = OutcomeHorizon(now: coordinator, oldestUnfinished: unfinished.map { tries[$0].begun }.min())
            let horizon = Barrier.horizon(ownNow: own, answer, retention: retention)
            try database.write { while try Barrier.prune(before: horizon, limit: 3, in: $0) == 3 {} }
        }

        /// Copies of some tries of finished transactions that have no row any more.
        mutating func late() throws -> [BranchCall<CountingResource.Payload>] {
            let finished = Set(tries.indices).subtracting(unfinished).shuffled(using: &random).prefix(8)
            return try finished.map { tries[$0].call }.filter { try row(of: $0.id) == nil }
        }

        func row(of id: BranchID) throws -> BranchOutcome? { try database.read { try Barrier.row(of: id, in: $0) } }
    }

    /// A late copy of a try whose row was pruned never reserves, and a new try is taken as soon as the clocks are right.
    @Test(arguments: 1...UInt64(24))
    func noLateCopyReservesAndNoNewTryIsRefused(seed: UInt64) throws {
        var world = try World(seed: seed)
        for _ in 0..<60 {
            switch Int.random(in: 0..<9, using: &world.random) {
            case 0: world.ownSkew += world.jump()
            case 1: world.coordinatorSkew += world.jump()
            case 2: (world.ownSkew, world.coordinatorSkew) = (.zero, .zero)
            case 3:
                // One machine, one clock.
                let jump = world.jump()
                (world.ownSkew, world.coordinatorSkew) = (jump, jump)
            case 4: world.now = world.now + world.length()
            case 5: try world.finish()
            case 6: try world.prune()
            default:
                let call = world.send()
                // Refused for its deadline, if the clocks say so; or lost.
                if !world.chance(4) { _ = try? world.attempt(call) }
            }
            for sent in try world.late() {
                // `try?`: refused, as it should be.
                #expect((try? world.attempt(sent)) == nil, "\(sent.id) reserves again")
            }
        }
        (world.ownSkew, world.coordinatorSkew) = (.zero, .zero)
        #expect(try world.attempt(world.send()) == .reserved)
    }
}
