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
    private static let retention = Duration.seconds(24 * 3600)
    private static let night = Duration.seconds(25 * 3600)
    private static let longestDowntime = Duration.seconds(4)
    private static let longestPause = Duration.seconds(40)
    private static let longestJump = Duration.seconds(3600)
    private static let longestSync = Duration.milliseconds(3)

    private struct State {
        var random: SplitMix64
        var lives: [Party: Life] = [:]
        var nodes: [Party: any Node] = [:]
        var skews: [Party: Duration] = [:]
        var deaths: [Party: Timestamp] = [:]
        var nights = Duration.zero
        /// What participants that asked were told.
        var outcomes: [(gid: GlobalTransactionID, decision: Decision)] = []
        /// How often requests of clients came, by their identity.
        var arrivals: [String: Int] = [:]
        /// What was found wrong while things happened.
        var contradictions: [Violation] = []
        var faults: FaultRates
        var isHealed = false
        var isOver = false
        var events: [TraceEvent] = []
        var counts: [String: Int] = [:]
    }

    let scheduler: Scheduler
    let disks: Disks
    let gate: FaultGate
    private let sabotage: Sabotage?
    private let isTraced: Bool
    private let state: Mutex<State>
    private let networkBox = Box<Network?>(nil)

    init(
        seed: UInt64,
        faults: FaultRates,
        gate: FaultGate,
        choices: Choices? = nil,
        disks: Disks,
        sabotage: Sabotage?,
        isTraced: Bool
    ) {
        var random = SplitMix64(seed: seed)
        self.scheduler = Scheduler(seed: random.next(), choices: choices)
        self.disks = disks
        self.gate = gate
        self.sabotage = sabotage
        self.isTraced = isTraced
        let networkRandom = random.split()
        self.state = Mutex(State(random: random, faults: faults))
        let network = Network(
            scheduler,
            random: networkRandom,
            faults: faults,
            gate: gate,
            note: { [weak self] kind, from, to in self?.note(kind, from, "to \(to.rawValue)") },
            life: { [weak self] party in self?.state.withLock { $0.lives[party] } }
        )
        networkBox.withLock { $0 = network }
    }

    var network: Network { networkBox.withLock { $0! } }

    // MARK: What happens

    /// Notes what happened, for the timeline and for the counts.
    func note(_ kind: String, _ party: Party?, _ text: @autoclosure () -> String = "") {
        let event = isTraced ? TraceEvent(at: scheduler.now, kind: kind, party: party, text: text()) : nil
        state.withLock { state in
            state.counts[kind, default: 0] += 1
            if let event { state.events.append(event) }
        }
    }

    var events: [TraceEvent] { state.withLock { $0.events } }
    var counts: [String: Int] { state.withLock { $0.counts } }
    var outcomes: [(gid: GlobalTransactionID, decision: Decision)] { state.withLock { $0.outcomes } }
    var contradictions: [Violation] { state.withLock { $0.contradictions } }

    /// The requests that came more than once, by their identity.
    var doubled: Set<String> { state.withLock { Set($0.arrivals.filter { $0.value > 1 }.keys) } }

    func random<Value: Sendable>(_ draw: (inout SplitMix64) -> Value) -> Value { state.withLock { draw(&$0.random) } }

    func wallClock(of party: Party) -> Timestamp {
        let (night, skew) = state.withLock { ($0.nights, $0.skews[party] ?? .zero) }
        return Self.epoch + scheduler.now + night + skew
    }

    func life(of party: Party) -> Life? { state.withLock { $0.lives[party] } }

    // MARK: Lives

    /// Begins a life of a server; nothing if it lives.
    func start(_ party: Party) {
        if let life = life(of: party) {
            if life.isAlive { return }
            sabotage?.restarts?(party, context(of: party))
        }
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
        if state.withLock({ $0.isOver }) { return }
        note("death", party)
        let now = wallClock(of: party)
        state.withLock { $0.deaths[party] = now }
        let (isHealed, downtime) = state.withLock { ($0.isHealed, $0.random.duration(upTo: Self.longestDowntime)) }
        scheduler.inFlight(isHealed ? .milliseconds(10) : downtime) { [weak self] in self?.start(party) }
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

    /// Has processes die and pause, clocks jump, links break and servers forget, now and then, until a time.
    func disturb(until end: Duration) {
        scheduler.after(random { $0.duration(upTo: .milliseconds(300)) }) { [weak self] in
            guard let self, scheduler.now < end, !state.withLock({ $0.isHealed }) else { return }
            let party = random { $0.pick(Self.servers) }
            let faults = state.withLock { $0.faults }
            if strikes(faults.kill), let life = life(of: party), life.isAlive {
                note("kill", party)
                life.die()
            }
            let length = random { $0.duration(upTo: Self.longestPause) }
            if strikes(faults.stall) { pause(party, for: length) }
            let jump = random { $0.duration(upTo: Self.longestJump) }
            let sign = random { $0.next() % 2 } == 0
            if strikes(faults.clock) { jumpClock(of: party, by: sign ? jump : .zero - jump) }
            let other = random { $0.pick(Party.allCases) }
            let isBack = random { $0.next() % 2 } == 0
            let cutLength = random { $0.duration(upTo: Self.longestDowntime) }
            if strikes(faults.partition) {
                let link = isBack ? Network.Link(from: other, to: party) : Network.Link(from: party, to: other)
                cut(link)
                scheduler.after(cutLength) { [weak self] in self?.network.heal(link) }
            }
            if strikes(faults.pruning) { prune(party) }
            let unknown = random { $0.split() }
            if strikes(faults.probe), party != .orchestrator { probe(party, unknown) }
            disturb(until: end)
        }
    }

    private func cut(_ link: Network.Link) {
        note("cut", link.from, "to \(link.to.rawValue)")
        network.cut(link)
    }

    /// Cuts a link until the night is over, if that fault is not left out.
    func cutOff(_ link: Network.Link) {
        if gate.strikes() { cut(link) }
    }

    private func strikes(_ rate: Double) -> Bool { random { $0.chance(rate) } && gate.strikes() }

    /// Has a server forget what is old.
    func prune(_ party: Party) {
        let (life, node) = state.withLock { ($0.lives[party], $0.nodes[party]) }
        guard let life, let node else { return }
        note("prune", party)
        life.deliver { await node.prune() }
    }

    /// Has a participant ask for a transaction that nobody has begun, as one whose coordinator lost its begin record would.
    private func probe(_ party: Party, _ random: SplitMix64) {
        guard let life = life(of: party) else { return }
        var random = random
        let gid = UUIDv7(at: wallClock(of: party), using: &random)
        note("probe", party, "\(gid)")
        ask(gid, party, life)
    }

    /// Has a participant ask for a transaction that is forgotten, as one whose question took a night would.
    private func probeForgotten(_ party: Party) {
        // `try?`: a disk that cannot be read is met by everybody else.
        let forgotten = try? disks.perform(on: .orchestrator) { database in
            try String.fetchAll(database.cachedStatement(sql: "SELECT gid FROM forgotten_transactions ORDER BY gid"))
        }
        guard let forgotten, !forgotten.isEmpty, let life = life(of: party) else { return }
        guard let gid = GlobalTransactionID(random { $0.pick(forgotten) }) else { return }
        note("probe", party, "\(gid)")
        ask(gid, party, life)
    }

    private func ask(_ gid: GlobalTransactionID, _ party: Party, _ life: Life) {
        life.deliver {
            // `try?`: whoever asks in vain learns nothing.
            _ = try? await self.send(.outcome(gid), from: (party, life), to: .orchestrator, timeout: Self.callTimeout)
        }
    }

    /// Everything waits for a day and an hour; what is old is forgotten, and some copies of messages arrive only now.
    ///
    /// - Parameter areClocksRight: false: some fall back to the day before, after it was forgotten.
    func passNight(areClocksRight: Bool) {
        note("night", nil)
        state.withLock { $0.nights += Self.night }
        network.healAll()
        // The journal first: it tells the participants how far back it remembers.
        for party in Self.servers {
            prune(party)
            scheduler.run(until: scheduler.now + .milliseconds(20))
        }
        // Only such a clock takes a try of yesterday for one of today.
        for party in Self.servers where !areClocksRight && strikes(0.5) { jumpClock(of: party, by: .zero - Self.night) }
        for party in Self.servers where party != .orchestrator { probeForgotten(party) }
        network.deliverOvernight()
        scheduler.run(until: scheduler.now + .milliseconds(20))
    }

    /// Things go wrong again.
    func breakAgain(_ faults: FaultRates) {
        state.withLock { state in
            state.isHealed = false
            state.faults = faults
        }
        network.set(faults)
    }

    /// Does what a sabotage does all the time, every so often.
    func tick() {
        guard let tick = sabotage?.tick else { return }
        scheduler.after(Sabotage.interval) { [weak self] in
            guard let self, !state.withLock({ $0.isOver }) else { return }
            for party in Self.servers { tick(party, context(of: party)) }
            self.tick()
        }
    }

    private func context(of party: Party) -> Sabotage.Context {
        Sabotage.Context(now: wallClock(of: party), death: state.withLock { $0.deaths[party] }, disks: disks)
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
                    scheduler.inFlight(wait) { life.executor.perform(work) }
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
        let batchFault: @Sendable () -> BatchFault? = { [weak self] in self?.batchFault(party) }
        switch party {
        case .orchestrator: return OrchestratorNode(parts, settings: .init(), ask: ask, die: { life.die() })
        case .draft:
            return ParticipantNode(DraftResource(), parts, ask: question, batchFault: batchFault) { store, message in
                try await Self.answer(message, store, world)
            }
        case .online:
            return ParticipantNode(OnlineResource(), parts, ask: question, batchFault: batchFault) { _, _ in
                throw Misfit()
            }
        case .quota, .client:
            return ParticipantNode(QuotaLedger(), parts, ask: question, batchFault: batchFault) { _, _ in throw Misfit()
            }
        }
    }

    /// What goes wrong with a request of several calls; a sabotage sees calls one by one.
    private func batchFault(_ party: Party) -> BatchFault? {
        note("batch", party)
        if sabotage != nil || faults.takesNoBatches { return .noEndpoint }
        if strikes(faults.refusedBatch) {
            note("batch refused", party)
            return .refused
        }
        if strikes(faults.shortBatch) {
            note("batch short", party)
            return .short
        }
        return nil
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
        let reply: Reply
        if let ask = sabotage?.ask {
            reply = try await ask(context(of: from.party), message, to) { message, to in
                try await self.sendUnaltered(message, from: from, to: to, timeout: timeout)
            }
        } else {
            reply = try await sendUnaltered(message, from: from, to: to, timeout: timeout)
        }
        if case .outcome(let gid) = message, case .outcome(let outcome) = reply, outcome != .pending {
            state.withLock { $0.outcomes.append((gid, outcome == .confirm ? .confirm : .cancel)) }
        }
        return reply
    }

    private func sendUnaltered(
        _ message: Message,
        from: (party: Party, life: Life),
        to: Party,
        timeout: Duration
    ) async throws -> Reply {
        let result = await network.ask(from: from, to: to, timeout: timeout) { [weak self] life -> Reply? in
            guard let self, let node = state.withLock({ $0.nodes[to] }) else { return nil }
            if case .begin(let request) = message {
                state.withLock { $0.arrivals[request.identity, default: 0] += 1 }
            }
            let reply: Reply?
            if let answer = sabotage?.answer {
                reply = await answer(context(of: to), to, message) { await node.answer($0) }
            } else {
                reply = await node.answer(message)
            }
            if life.isAlive, case .told(let told, _) = reply, told.status == 200, let gid = told.gid {
                let found = unconfirmed(gid)
                state.withLock { $0.contradictions += found }
            }
            return reply
        }
        switch result {
        case .success(.problem(let problem)): throw problem
        case .success(let reply): return reply
        case .failure(let unanswered): throw unanswered
        }
    }

    /// 4: what speaks against an answer 200 at the moment when it leaves; later it may have become true.
    private func unconfirmed(_ gid: GlobalTransactionID) -> [Violation] {
        do {
            let branches = try disks.perform(on: .orchestrator) { database in
                let select = try database.cachedStatement(
                    sql: "SELECT name FROM branches WHERE gid = ? ORDER BY position"
                )
                return try String.fetchAll(select, arguments: [gid.description])
            }
            return
                try branches.filter { branch in
                    guard let party = Party(rawValue: branch) else { return true }
                    let state: String? = try disks.perform(on: party) { database in
                        let select = try database.cachedStatement(
                            sql: "SELECT state FROM barrier WHERE gid = ? AND branch = ?"
                        )
                        return try String.fetchOne(select, arguments: [gid.description, branch])
                    }
                    return state != BranchOutcome.confirmed.rawValue
                }
                .map { Violation(4, "\(gid) is answered 200 and \($0) has not confirmed") }
        } catch {
            return [Violation(4, "\(gid) is answered 200 and cannot be read: \(error)")]
        }
    }

    // MARK: Places where something can go wrong

    private func failpoints(of party: Party, _ life: Life) -> Failpoints {
        Failpoints(
            Failpoints.Handler(
                pass: { [weak self] point in
                    guard let self, life.isAlive else { throw Life.Dead() }
                    try crashMaybe(party, life, point)
                    if strikes(faults.pause) { pause(party, for: random { $0.duration(upTo: Self.longestPause) }) }
                },
                passBlocking: { [weak self] point in
                    guard let self, life.isAlive else { throw Life.Dead() }
                    try crashMaybe(party, life, point)
                    if point == .storageCommitBefore, strikes(faults.fullDisk) {
                        note("full disk", party)
                        throw FailpointError(point: point)
                    }
                    if point == .storageCommitBefore, strikes(faults.lostCommit) {
                        note("lost commit", party)
                        disks[party].loseNextCommit()
                    }
                    if point == .storageCommitAfter, strikes(faults.failedSync) {
                        note("failed sync", party)
                        throw FailpointError(point: point)
                    }
                }
            )
        )
    }

    private var faults: FaultRates { state.withLock { $0.faults } }

    private func crashMaybe(_ party: Party, _ life: Life, _ point: Failpoint) throws {
        guard strikes(faults.crash) || gate.crashes(party) else { return }
        note("crash", party, point.rawValue)
        life.die()
        throw Life.Dead()
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
