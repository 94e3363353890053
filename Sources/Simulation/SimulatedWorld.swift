import DraftLibrary
import Failpoints
import GRDB
import Logging
import OnlineLibrary
import Posts
import QuotaLedger
import Synchronization
import TCC
import TCCCoordinator
import TCCParticipant
import TCCStorage
import Verification

/// The three participants, the orchestrator and the network between them, from one seed.
final class SimulatedWorld: Sendable {
    /// The parties that have a disk and a life that can end.
    static let servers: [Party] = [.orchestrator, .draft, .online, .quota]
    static let epoch = Timestamp(milliseconds: 1_780_000_000_000)
    private static let callTimeout = Duration.seconds(1)
    private static let retention = Duration.seconds(60)
    private static let longestDowntime = Duration.seconds(4)
    private static let longestPause = Duration.seconds(40)
    private static let longestSync = Duration.milliseconds(3)

    private struct State {
        var random: SplitMix64
        var lives: [Party: Life] = [:]
        var nodes: [Party: any Node] = [:]
        var skews: [Party: Duration] = [:]
        var faults: FaultRates
        var isHealed = false
        var isOver = false
        var visits: [Failpoint: Int] = [:]
        var events: [TraceEvent] = []
        var counts: [String: Int] = [:]
    }

    let scheduler: Scheduler
    let disks: Disks
    private let state: Mutex<State>
    private let networkBox = Box<Network?>(nil)

    init(seed: UInt64, faults: FaultRates, disks: Disks) {
        var random = SplitMix64(seed: seed)
        self.scheduler = Scheduler(seed: random.next())
        self.disks = disks
        let networkRandom = random.split()
        self.state = Mutex(State(random: random, faults: faults))
        let network = Network(scheduler, random: networkRandom, faults: faults) { [weak self] party in
            self?.state.withLock { $0.lives[party] }
        }
        networkBox.withLock { $0 = network }
    }

    var network: Network { networkBox.withLock { $0! } }

    // MARK: What happens

    /// Notes what happened, for the timeline and for the counts.
    func note(_ kind: String, _ party: Party?, _ text: @autoclosure () -> String = "") {
        let text = text()
        state.withLock { state in
            state.counts[kind, default: 0] += 1
            state.events.append(TraceEvent(at: scheduler.now, kind: kind, party: party, text: text))
        }
    }

    var events: [TraceEvent] { state.withLock { $0.events } }
    var counts: [String: Int] { state.withLock { $0.counts } }
    var visits: [Failpoint: Int] { state.withLock { $0.visits } }

    func random<Value: Sendable>(_ draw: (inout SplitMix64) -> Value) -> Value { state.withLock { draw(&$0.random) } }

    func wallClock(of party: Party) -> Timestamp {
        Self.epoch + scheduler.now + (state.withLock { $0.skews[party] } ?? .zero)
    }

    func life(of party: Party) -> Life? { state.withLock { $0.lives[party] } }

    // MARK: Lives

    /// Begins a life of a server; nothing if it lives.
    func start(_ party: Party) {
        if life(of: party)?.isAlive == true { return }
        let random = self.random { $0.split() }
        let life = Life(scheduler, random: random) { [weak self] in self?.died(party) }
        let node = makeNode(party, life)
        state.withLock { state in
            state.lives[party] = life
            state.nodes[party] = node
        }
        note("start", party)
        life.begin(node.services)
    }

    private func died(_ party: Party) {
        note("death", party)
        let (isHealed, downtime) = state.withLock { ($0.isHealed, $0.random.duration(upTo: Self.longestDowntime)) }
        if state.withLock({ $0.isOver }) { return }
        scheduler.after(isHealed ? .milliseconds(10) : downtime) { [weak self] in self?.start(party) }
    }

    /// A life without a disk, which never ends: a client's.
    func makeClientLife() -> Life {
        let life = Life(scheduler, random: random { $0.split() }) {}
        return life
    }

    func jumpClock(of party: Party, by duration: Duration) {
        state.withLock { $0.skews[party, default: .zero] += duration }
        note("clock", party, "\(duration)")
    }

    func pause(_ party: Party, for duration: Duration) {
        guard let life = life(of: party), life.isAlive else { return }
        note("pause", party, "\(duration)")
        life.executor.pause()
        scheduler.after(duration) { life.executor.resume() }
    }

    /// Ends a server for good.
    func stop(_ party: Party) {
        let life = life(of: party)
        state.withLock { state in
            state.isOver = true
            state.lives[party] = nil
            state.nodes[party] = nil
        }
        life?.die()
    }

    /// Has processes die and pause, clocks jump and links break, now and then, until a time.
    func disturb(until end: Duration) {
        scheduler.after(random { $0.duration(upTo: .milliseconds(300)) }) { [weak self] in
            guard let self, scheduler.now < end, !state.withLock({ $0.isHealed }) else { return }
            let party = random { $0.pick(Self.servers) }
            let faults = state.withLock { $0.faults }
            if draw({ _ in faults.kill }), let life = life(of: party), life.isAlive {
                note("kill", party)
                life.die()
            }
            if draw({ _ in faults.stall }) { pause(party, for: random { $0.duration(upTo: Self.longestPause) }) }
            if draw({ _ in faults.clock }), party != .orchestrator {
                let jump = random { $0.duration(upTo: .seconds(3600)) }
                jumpClock(of: party, by: random { $0.next() % 2 } == 0 ? jump : .zero - jump)
            }
            if draw({ _ in faults.partition }) {
                let other = random { $0.pick(Party.allCases) }
                let link =
                    random { $0.next() % 2 } == 0
                    ? Network.Link(from: party, to: other) : Network.Link(from: other, to: party)
                note("cut", link.from, "to \(link.to.rawValue)")
                network.cut(link)
                let length = random { $0.duration(upTo: .seconds(4)) }
                scheduler.after(length) { [weak self] in self?.network.heal(link) }
            }
            disturb(until: end)
        }
    }

    /// From now on nothing goes wrong any more.
    func heal() {
        state.withLock { state in
            state.isHealed = true
            state.faults = .none
            state.skews = [:]
        }
        network.set(.none)
        network.healAll()
        for party in Self.servers {
            life(of: party)?.executor.resume()
            start(party)
        }
        note("heal", nil)
    }

    // MARK: Nodes

    private func makeNode(_ party: Party, _ life: Life) -> any Node {
        let failpoints = failpoints(of: party, life)
        let world = life.world { [weak self] in self?.wallClock(of: party) ?? Self.epoch }
        let parts = NodeParts(
            store: DurableStore(
                over: disks[party].queue,
                failpoints: failpoints,
                schedule: { [weak self] work in
                    guard let self else { return }
                    let wait = random { $0.duration(upTo: Self.longestSync) }
                    scheduler.after(wait) { life.executor.perform(work) }
                },
                logger: Self.silent,
                onUnknownCommit: { _ in life.die() }
            ),
            world: world,
            failpoints: failpoints,
            logger: Self.silent,
            retention: Self.retention
        )
        let ask: @Sendable (Party, Message) async throws -> Reply = { [weak self] to, message in
            guard let self else { throw CancellationError() }
            return try await send(message, from: (party, life), to: to, timeout: Self.callTimeout)
        }
        let question: @Sendable (Message) async throws -> Reply = { try await ask(.orchestrator, $0) }
        switch party {
        case .orchestrator: return OrchestratorNode(parts, settings: .init(), ask: ask, die: { life.die() })
        case .draft:
            return ParticipantNode(DraftResource(), parts, ask: question) { store, message in
                try await Self.answer(message, store, world)
            }
        case .online:
            return ParticipantNode(OnlineResource(), parts, ask: question) { _, _ in throw Misfit() }
        case .quota, .client:
            return ParticipantNode(QuotaLedger(), parts, ask: question) { _, _ in throw Misfit() }
        }
    }

    private static let silent = Logger(label: "simulation", factory: { _ in SwiftLogNoOpLogHandler() })

    private static func answer(_ message: Message, _ store: DurableStore, _ world: World) async throws -> Reply {
        switch message {
        case .readDraft(let id, let author):
            guard let draft = try await store.read({ try DraftStore.draft(id, of: author, in: $0) }) else {
                throw Problem.postNotFound
            }
            return .draft(draft)
        case .save(let id, let text, let author):
            let now = world.wallClock()
            return .draft(
                try await store.write { database in
                    try DraftStore.edit(
                        id,
                        PostText(title: text.title, content: text.content),
                        by: author,
                        ifRevision: { _ in true },
                        at: now,
                        in: database
                    )
                }
            )
        default: throw Misfit()
        }
    }

    /// Asks a party, as a life of another one.
    func send(_ message: Message, from: (party: Party, life: Life), to: Party, timeout: Duration) async throws -> Reply
    {
        let result = await network.ask(from: from, to: to, timeout: timeout) { [weak self] life -> Reply? in
            guard let self, let node = state.withLock({ $0.nodes[to] }) else { return nil }
            return await node.answer(message)
        }
        switch result {
        case .success(.problem(let problem)): throw problem
        case .success(let reply): return reply
        case .failure(let unanswered): throw unanswered
        }
    }

    // MARK: Places where something can go wrong

    private func failpoints(of party: Party, _ life: Life) -> Failpoints {
        Failpoints(
            Failpoints.Handler(
                pass: { [weak self] point in
                    guard let self, life.isAlive else { throw Life.Dead() }
                    if visit(point, { $0.crash }) {
                        note("crash", party, point.rawValue)
                        life.die()
                        throw Life.Dead()
                    }
                    if draw({ $0.pause }) {
                        pause(party, for: random { $0.duration(upTo: Self.longestPause) })
                    }
                },
                passBlocking: { [weak self] point in
                    guard let self, life.isAlive else { throw Life.Dead() }
                    if visit(point, { $0.crash }) {
                        note("crash", party, point.rawValue)
                        life.die()
                        throw Life.Dead()
                    }
                    if point == .storageCommitBefore, draw({ $0.fullDisk }) {
                        note("full disk", party)
                        throw FailpointError(point: point)
                    }
                    if point == .storageCommitAfter, draw({ $0.failedSync }) {
                        note("failed sync", party)
                        throw FailpointError(point: point)
                    }
                }
            )
        )
    }

    private func visit(_ point: Failpoint, _ rate: (FaultRates) -> Double) -> Bool {
        state.withLock { state in
            state.visits[point, default: 0] += 1
            return state.random.chance(rate(state.faults))
        }
    }

    private func draw(_ rate: (FaultRates) -> Double) -> Bool {
        state.withLock { $0.random.chance(rate($0.faults)) }
    }
}

/// Something that happened in a simulated world.
package struct TraceEvent: Hashable, Sendable, CustomStringConvertible {
    /// The simulated time since the world began.
    package var at: Duration
    /// What kind of thing.
    package var kind: String
    /// To whom.
    package var party: Party?
    /// More about it.
    package var text: String

    /// A line of a timeline.
    package var description: String {
        let microseconds = at.components.seconds * 1_000_000 + at.components.attoseconds / 1_000_000_000_000
        let (seconds, rest) = (microseconds / 1_000_000, String(microseconds % 1_000_000))
        let time = "\(seconds).\(String(repeating: "0", count: 6 - rest.count))\(rest)"
        return "\(time)  \(party?.rawValue ?? "all")  \(kind)\(text.isEmpty ? "" : "  \(text)")"
    }
}

/// The servers' disks, used by one world after the other.
final class Disks: Sendable {
    // Only the thread that simulates touches it.
    nonisolated(unsafe) private let disks: [Party: Disk]

    /// New disks.
    ///
    /// - Parameter prepare: does something to each database, such as breaking it for a test of the checker.
    /// - Throws: whatever SQLite meets.
    init(prepare: (Party, Database) throws -> Void = { _, _ in }) throws {
        var disks: [Party: Disk] = [:]
        for party in SimulatedWorld.servers {
            var migrator = DatabaseMigrator()
            switch party {
            case .orchestrator: Journal.registerMigrations(in: &migrator)
            case .draft:
                DraftStore.registerMigrations(in: &migrator)
                Barrier.registerMigrations(in: &migrator)
            case .online:
                OnlineStore.registerMigrations(in: &migrator)
                Barrier.registerMigrations(in: &migrator)
            case .quota, .client: QuotaLedger.registerMigrations(in: &migrator)
            }
            let disk = try Disk(migrator)
            try disk.queue.write { try prepare(party, $0) }
            disks[party] = disk
        }
        self.disks = disks
    }

    subscript(party: Party) -> Disk { disks[party]! }

    /// As new.
    func wipe() throws { for disk in disks.values { try disk.wipe() } }
}
