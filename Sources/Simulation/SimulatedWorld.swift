import DraftLibrary
import Failpoints
import GRDB
import HTTPTypes
import Logging
import NIOCore
import OnlineLibrary
import QuotaLedger
import Synchronization
import TCC
import TCCCoordinator
import TCCHTTP
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
        var nodes: [Party: Node] = [:]
        var skews: [Party: Duration] = [:]
        var deaths: [Party: Timestamp] = [:]
        var nights = Duration.zero
        /// What participants that asked were told.
        var outcomes: [(gid: GlobalTransactionID, decision: Decision)] = []
        /// The transactions whose decisions no resource carries out.
        var failing: Set<GlobalTransactionID> = []
        /// How often requests of clients came, by their identity.
        var arrivals: [String: Int] = [:]
        /// How many requests of clients servers are at.
        var requestsUnderWay = 0
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
    let tokens: Tokens
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
        tokens: Tokens,
        sabotage: Sabotage?,
        isTraced: Bool
    ) {
        var random = SplitMix64(seed: seed)
        self.scheduler = Scheduler(seed: random.next(), choices: choices)
        self.disks = disks
        self.tokens = tokens
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
            isDeafAfterHead: sabotage?.endsDeadlinesWithHeads ?? false,
            note: { [weak self] kind, from, to in self?.note(kind, from, "to \(to.rawValue)") },
            life: { [weak self] party in self?.listeningLife(of: party) }
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

    /// How much time has passed, for those who slept through the nights as well.
    var elapsed: Duration { scheduler.now + state.withLock { $0.nights } }

    func wallClock(of party: Party) -> Timestamp {
        let (night, skew) = state.withLock { ($0.nights, $0.skews[party] ?? .zero) }
        return Self.epoch + scheduler.now + night + skew
    }

    func life(of party: Party) -> Life? { state.withLock { $0.lives[party] } }

    private func listeningLife(of party: Party) -> Life? {
        let (life, node) = state.withLock { ($0.lives[party], $0.nodes[party]) }
        return node?.isListening() == true ? life : nil
    }

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

    private func makeNode(_ party: Party, _ life: Life) -> Node {
        let failpoints = failpoints(of: party, life)
        let world = life.world(
            wallClock: { [weak self] in self?.wallClock(of: party) ?? Self.epoch },
            elapsed: { [weak self] in self?.elapsed ?? .zero }
        )
        let parts = Node.Parts(
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
            client: client(of: party, life),
            authority: tokens.authority,
            world: world,
            failpoints: failpoints,
            logger: Self.silent,
            retention: Self.retention
        )
        let told: @Sendable (GlobalTransactionID, Outcome) -> Void = { [weak self] gid, outcome in
            if outcome == .pending { return }
            self?.state.withLock { $0.outcomes.append((gid, outcome == .confirm ? .confirm : .cancel)) }
        }
        func participant(_ resource: some Resource, addRoutes: (inout API) -> Void = { _ in }) -> Node {
            .participant(
                resource,
                parts,
                isFailing: { [weak self] gid in self?.state.withLock { $0.failing.contains(gid) } ?? false },
                inquiryIntervention: inquiryIntervention(of: party),
                told: told,
                addRoutes: addRoutes
            )
        }
        switch party {
        case .orchestrator:
            return .orchestrator(
                parts,
                intervention: intervention,
                ready: { [weak self] in self?.recovered() },
                die: { life.die() }
            )
        case .draft:
            return participant(DraftResource()) { api in
                DraftRoutes(store: parts.store, world: world, failpoints: failpoints).add(to: &api)
            }
        case .online: return participant(OnlineResource())
        case .quota, .client: return participant(QuotaLedger())
        }
    }

    private func inquiryIntervention(of party: Party) -> Node.InquiryIntervention? {
        guard let ask = sabotage?.ask else { return nil }
        return { [weak self] gid, proceed in
            guard let self else { throw CancellationError() }
            return try await ask(context(of: party), party, gid, proceed)
        }
    }

    /// What a sabotage makes of calls to participants.
    private var intervention: Node.Intervention? {
        guard let sabotage, let call = sabotage.call else { return nil }
        return { [weak self] to, calls, proceed in
            guard let self else { return .each(calls.map { _ in .unanswered("the world is over") }) }
            // It knows of single calls only: they are made one by one.
            if calls.count > 1, !sabotage.seesBatches { return .refusedTogether(isForGood: true) }
            return await call(context(of: .orchestrator), to, calls, proceed)
        }
    }

    private static let silent = Logger(label: "simulation", factory: { _ in SwiftLogNoOpLogHandler() })

    // MARK: What servers are asked

    /// The real client of a life, over the simulated network.
    func client(of party: Party, _ life: Life) -> JSONClient {
        let transport = SimulatedTransport { [weak self] request, cancellation, receive in
            guard let self else { throw CancellationError() }
            guard let (to, path) = Party.at(request.url) else { throw CallFailure(.unknownName) }
            let wire = WireRequest(request, path: path)
            try await network.send(from: (party, life), to: to, cancellation, receive) { [weak self] life in
                await self?.handle(wire, at: to, in: life)
            }
        }
        return JSONClient(transport: transport) { [scheduler] wait, ring in
            let ticket = scheduler.after(wait) { life.executor.perform(ring) }
            return { _ = scheduler.forget(ticket) }
        }
    }

    private func handle(_ request: WireRequest, at party: Party, in life: Life) async -> WireAnswer? {
        guard let node = state.withLock({ $0.nodes[party] }) else { return nil }
        let key = party == .orchestrator ? request.headers[.idempotencyKey] : nil
        if let key, let caller = tokens.caller(of: request.headers[.authorization]) {
            let identity = "\(caller.role.rawValue):\(caller.subject) \(key)"
            state.withLock { $0.arrivals[identity, default: 0] += 1 }
        }
        state.withLock { $0.requestsUnderWay += key == nil ? 0 : 1 }
        defer { state.withLock { $0.requestsUnderWay -= key == nil ? 0 : 1 } }
        let answer: WireAnswer?
        if let sabotaged = sabotage?.answer {
            answer = await sabotaged(context(of: party), party, request) { await self.answer($0, at: party, node) }
        } else {
            answer = await self.answer(request, at: party, node)
        }
        if key != nil, life.isAlive, let answer {
            let found = untrue(answer)
            if !found.isEmpty { state.withLock { $0.contradictions += found } }
        }
        return answer
    }

    private func answer(_ request: WireRequest, at party: Party, _ node: Node) async -> WireAnswer? {
        guard request.path == Self.batchPath, let fault = batchFault(party) else {
            return await node.routes.answer(request)
        }
        switch fault {
        case .noEndpoint: return .problem(Problem(404, "not-found", "There is no such endpoint."))
        case .refused: return .problem(Problem(400, "refused", "The batch is refused as a whole."))
        case .failed:
            _ = await node.routes.answer(request)
            return .problem(Problem(500, "internal-error", "Something went wrong here."))
        case .short: return await node.routes.answer(request)?.withoutLastResult
        }
    }

    private static let batchPath = "/tcc/batch"

    /// What an answer says that is not so at the moment when it leaves.
    private func untrue(_ answer: WireAnswer) -> [Violation] {
        guard answer.status != 500, let gid = ToldTransaction(in: answer.body)?.gid else { return [] }
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

/// What is wrong with a request of several calls.
enum BatchFault: Hashable, Sendable {
    /// The participant has no endpoint for it.
    case noEndpoint
    /// It is refused as a whole.
    case refused
    /// Its calls are made, and it is answered by an error.
    case failed
    /// The answer lacks a result.
    case short
}

/// The simulated network as the real client sees it.
private struct SimulatedTransport: HTTPTransport {
    typealias Receive = @Sendable (TransportPart) throws -> Void

    let exchange: @Sendable (TransportRequest, Cancellation, @escaping Receive) async throws -> Void

    func send(_ request: TransportRequest, _ cancellation: Cancellation, _ receive: @escaping Receive) async throws {
        try await exchange(request, cancellation, receive)
    }

    func shutdown() async throws {}
}
