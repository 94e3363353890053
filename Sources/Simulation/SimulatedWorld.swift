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
    static let callTimeout = Duration.seconds(1)
    private static let retention = Duration.seconds(24 * 3600)
    static let longestDowntime = Duration.seconds(4)
    private static let longestSync = Duration.milliseconds(3)

    struct State {
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
        /// How often something went wrong that takes time to get over.
        var troubles = 0
        var isOver = false
        var events: [TraceEvent] = []
        var counts: [String: Int] = [:]
    }

    let scheduler: Scheduler
    let disks: Disks
    let gate: FaultGate
    let sabotage: Sabotage?
    private let isTraced: Bool
    let state: Mutex<State>
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
        state.withLock { state in
            state.deaths[party] = now
            state.troubles += 1
        }
        let (isHealed, downtime) = state.withLock { ($0.isHealed, $0.random.duration(upTo: Self.longestDowntime)) }
        scheduler.inFlight(isHealed ? .milliseconds(10) : downtime) { [weak self] in self?.start(party) }
    }

    /// A life without a disk, which never ends: a client's.
    func makeClientLife() -> Life {
        let life = Life(scheduler, random: random { $0.split() }) {}
        return life
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

    /// Does what a sabotage does all the time, every so often.
    func tick() {
        guard let tick = sabotage?.tick else { return }
        scheduler.after(Sabotage.interval) { [weak self] in
            guard let self, !state.withLock({ $0.isOver }) else { return }
            for party in Self.servers { tick(party, context(of: party)) }
            self.tick()
        }
    }

    func context(of party: Party) -> Sabotage.Context {
        Sabotage.Context(now: wallClock(of: party), death: state.withLock { $0.deaths[party] }, disks: disks)
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
        case .orchestrator:
            return OrchestratorNode(
                parts,
                settings: .init(),
                ask: ask,
                ready: { [weak self] in self?.recovered() },
                die: { life.die() }
            )
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
            if life.isAlive, case .told(let told, _) = reply {
                let found = untrue(told)
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

    /// What an answer says that is not so at the moment when it leaves.
    private func untrue(_ answer: History.Reply) -> [Violation] {
        guard let gid = answer.gid, answer.status != 500 else { return [] }
        do {
            return try Violation.untrue(answer.status, gid) { participant, select in
                guard let party = participant.map({ Party(rawValue: $0) }) ?? .orchestrator else { return [] }
                return try disks.perform(on: party, select)
            }
        } catch {
            return [Violation(4, "\(gid) was answered \(answer.status) and cannot be read: \(error)")]
        }
    }
}
