import NIOCore
import Synchronization
import TCC
import TCCHTTP

/// Carries requests and answers between the parties, and loses, delays, doubles, reorders and breaks them as its faults
/// say.
final class Network: Sendable {
    /// A direction.
    struct Link: Hashable, Sendable {
        var from: Party
        var to: Party
    }

    /// What is wrong with a direction for some time; of a name and of answers, in that from who asks to who is asked.
    enum Breakage: String, Hashable, Sendable, CaseIterable {
        case cut = "nothing arrives"
        case unresolved = "its name does not resolve"
        case slowName = "its name is being looked up"
        case mute = "its connections open and are not read from"
        case headOnly = "its answers stop after their heads"
        case trickle = "its answers trickle"
    }

    private struct State {
        var random: SplitMix64
        var faults: FaultRates
        var broken: [Link: Breakage] = [:]
        /// Copies of messages that arrive only when the night is over.
        var overnight: [@Sendable () -> Void] = []
        var latestDelivery = Duration.zero
        /// Those that nobody gives up, in a test of the checker.
        var deaf: [Exchange] = []
    }

    /// What a server does with a request, in its own life; returns its answer, or nil if it ends the connection without.
    typealias Handler = @Sendable (Life) async -> WireAnswer?

    private static let refusal = Duration.milliseconds(1)
    /// Later than any call's timeout, try's deadline or client's patience.
    private static let verySlow = Duration.seconds(50)
    private static let slowestName = Duration.seconds(3)

    private let scheduler: Scheduler
    private let gate: FaultGate
    /// In a test of the checker: whoever has the head of an answer waits for the rest for ever.
    private let isDeafAfterHead: Bool
    /// Notes what went wrong.
    private let note: @Sendable (_ kind: String, _ from: Party, _ to: Party) -> Void
    private let state: Mutex<State>
    /// The life of a party that listens.
    private let life: @Sendable (Party) -> Life?

    init(
        _ scheduler: Scheduler,
        random: SplitMix64,
        faults: FaultRates,
        gate: FaultGate,
        isDeafAfterHead: Bool,
        note: @escaping @Sendable (_ kind: String, _ from: Party, _ to: Party) -> Void,
        life: @escaping @Sendable (Party) -> Life?
    ) {
        self.scheduler = scheduler
        self.gate = gate
        self.isDeafAfterHead = isDeafAfterHead
        self.note = note
        self.state = Mutex(State(random: random, faults: faults))
        self.life = life
    }

    /// When the last of the messages that are under way will arrive.
    var latestDelivery: Duration { state.withLock { $0.latestDelivery } }

    /// Whether no direction is broken.
    var isWhole: Bool { state.withLock { $0.broken.isEmpty } }

    func set(_ faults: FaultRates) { state.withLock { $0.faults = faults } }

    func damage(_ link: Link, _ breakage: Breakage) { state.withLock { $0.broken[link] = breakage } }

    func heal(_ link: Link) { state.withLock { $0.broken[link] = nil } }

    func healAll() { state.withLock { $0.broken = [:] } }

    private func breakage(_ from: Party, _ to: Party) -> Breakage? {
        state.withLock { $0.broken[Link(from: from, to: to)] }
    }

    /// Ends what nobody gave up.
    func close() {
        let deaf = state.withLock { state in
            defer { state.deaf = [] }
            return state.deaf
        }
        for exchange in deaf { exchange.end(.failure(CancellationError())) }
    }

    /// Delivers what was under way for a whole night.
    func deliverOvernight() {
        let late = state.withLock { state in
            defer { state.overnight = [] }
            return state.overnight
        }
        for deliver in late { deliver() }
    }

    /// Sends a request, and hands on its answer; ends when that has come, or cannot come any more, or is given up.
    ///
    /// - Parameters:
    ///   - from: who asks, and in which life.
    ///   - to: whom.
    ///   - cancellation: whether it is given up.
    ///   - receive: takes the parts of the answer.
    ///   - handle: what the other one does.
    /// - Throws: why there was no answer; the other one may have done it all the same.
    func send(
        from: (party: Party, life: Life),
        to: Party,
        _ cancellation: Cancellation,
        _ receive: @escaping @Sendable (TransportPart) throws -> Void,
        _ handle: @escaping Handler
    ) async throws {
        guard from.life.isAlive else { throw CancellationError() }
        let exchange = Exchange(receive)
        cancellation.onCancel { [self] in
            if isDeafAfterHead, exchange.hasHead { return state.withLock { $0.deaf.append(exchange) } }
            exchange.end(.failure(CancellationError()))
        }
        try await exchange.wait { resolve(from.party, to, exchange, handle) }
    }

    private func resolve(_ from: Party, _ to: Party, _ exchange: Exchange, _ handle: @escaping Handler) {
        switch breakage(from, to) {
        case .unresolved:
            scheduler.after(Self.refusal) { exchange.end(.failure(CallFailure(.unknownName))) }
        case .slowName, .mute: break
        default:
            guard strikes(\.slowName) else { return connect(from, to, exchange, handle) }
            note("slow name", from, to)
            let wait = state.withLock { $0.random.duration(upTo: Self.slowestName) }
            scheduler.after(wait) { self.connect(from, to, exchange, handle) }
        }
    }

    private func connect(_ from: Party, _ to: Party, _ exchange: Exchange, _ handle: @escaping Handler) {
        // It is accepted, and nobody ever reads from it.
        if strikes(\.silence) { return note("silent", from, to) }
        carry(from, to) { self.arrive(from, to, exchange, handle) }
    }

    private func arrive(_ from: Party, _ to: Party, _ exchange: Exchange, _ handle: @escaping Handler) {
        guard let life = life(to), life.isAlive else {
            scheduler.after(Self.refusal) { exchange.end(.failure(CallFailure(.connectionRefused))) }
            return
        }
        let isRepeated = strikes(\.doubledStream)
        if isRepeated { note("doubled stream", from, to) }
        life.deliver {
            let answer = await handle(life)
            guard life.isAlive else { return }
            self.answer(answer, from: to, to: from, exchange)
            // The same bytes again on the same connection: nobody waits for what is answered to them.
            if isRepeated { _ = await handle(life) }
        }
    }

    private func answer(_ answer: WireAnswer?, from: Party, to: Party, _ exchange: Exchange) {
        guard let answer else {
            return carry(from, to) { exchange.end(.failure(CallFailure(.connectionLost))) }
        }
        let manner = manner(of: answer, from, to)
        carry(from, to) {
            if exchange.beginAnswer() { self.hand(answer, manner, to: exchange) }
        }
    }

    // MARK: How an answer comes

    private enum Manner {
        case whole
        /// So many bytes of the body, after the head; then nothing any more.
        case stops(after: Int)
        /// So many bytes of the body, or not even the head; then the connection is reset.
        case isReset(after: Int?)
        /// The body in pieces of so many bytes, each after a while.
        case trickles(piece: Int, pause: Duration)
    }

    private static let longestTricklePause = Duration.milliseconds(700)

    private func manner(of answer: WireAnswer, _ from: Party, _ to: Party) -> Manner {
        let size = answer.body.readableBytes
        switch breakage(to, from) {
        case .headOnly: return .stops(after: 0)
        case .trickle: return .trickles(piece: 1, pause: Self.longestTricklePause)
        default: break
        }
        if strikes(\.headOnly) {
            note("stops after head", from, to)
            return .stops(after: 0)
        }
        if size > 1, strikes(\.halfBody) {
            note("stops in body", from, to)
            return .stops(after: 1 + state.withLock { Int($0.random.next() % UInt64(size - 1)) })
        }
        if strikes(\.reset) {
            note("reset", from, to)
            return .isReset(
                after: state.withLock { $0.random.chance(0.5) ? nil : Int($0.random.next() % UInt64(size + 1)) }
            )
        }
        if size > 1, strikes(\.trickle) {
            note("trickle", from, to)
            let (pieces, pause) = state.withLock { state in
                (Int(2 + state.random.next() % 6), state.random.duration(upTo: Self.longestTricklePause))
            }
            return .trickles(piece: max(1, size / pieces), pause: pause)
        }
        return .whole
    }

    private func hand(_ answer: WireAnswer, _ manner: Manner, to exchange: Exchange) {
        func handHead() { exchange.hand(.head(status: answer.status, headers: answer.headers)) }
        func handBody(_ count: Int) {
            if count > 0, let part = answer.body.getSlice(at: answer.body.readerIndex, length: count) {
                exchange.hand(.body(part))
            }
        }
        switch manner {
        case .whole:
            handHead()
            if answer.body.readableBytes > 0 { exchange.hand(.body(answer.body)) }
            exchange.end(.success(()))
        case .stops(let count):
            handHead()
            handBody(count)
        case .isReset(let count):
            if let count {
                handHead()
                handBody(count)
            }
            exchange.end(.failure(CallFailure(.connectionLost)))
        case .trickles(let piece, let pause):
            handHead()
            trickle(answer.body, piece, pause, to: exchange)
        }
    }

    private func trickle(_ body: ByteBuffer, _ piece: Int, _ pause: Duration, to exchange: Exchange) {
        var rest = body
        guard let part = rest.readSlice(length: min(piece, rest.readableBytes)), part.readableBytes > 0 else {
            return exchange.end(.success(()))
        }
        scheduler.after(pause) { [rest] in
            exchange.hand(.body(part))
            self.trickle(rest, piece, pause, to: exchange)
        }
    }

    // MARK: The way of a message

    /// Delivers the copies of a message, each after a while; none if it is lost.
    private func carry(_ from: Party, _ to: Party, _ deliver: @escaping @Sendable () -> Void) {
        switch gate.messageFault() {
        case .none: break
        case .lost: return note("lost", from, to)
        case .doubled:
            note("doubled", from, to)
            scheduler.inFlight(.zero, deliver)
        case .late:
            note("late", from, to)
            scheduler.after(Self.verySlow, deliver)
            return
        }
        for delay in delays(from, to) { scheduler.inFlight(delay, deliver) }
        // A copy of what a client asked is not younger than its key; what servers ask each other may be.
        guard from != .client, to != .client, strikes(\.overnight) else { return }
        note("overnight", from, to)
        state.withLock { $0.overnight.append(deliver) }
    }

    private func strikes(_ rate: (FaultRates) -> Double) -> Bool {
        let isDue = state.withLock { state in
            let rate = rate(state.faults)
            return rate > 0 && state.random.chance(rate)
        }
        return isDue && gate.strikes()
    }

    /// After how long the copies of a message arrive; none if it is lost.
    private func delays(_ from: Party, _ to: Party) -> [Duration] {
        if breakage(from, to) == .cut { return [] }
        if strikes(\.loss) {
            note("lost", from, to)
            return []
        }
        let isDoubled = strikes(\.duplicate)
        if isDoubled { note("doubled", from, to) }
        return (0..<(isDoubled ? 2 : 1))
            .map { _ in
                let isLate = strikes(\.delay)
                if isLate { note("late", from, to) }
                return state.withLock { state in
                    let most = isLate ? state.faults.longestDelay : .milliseconds(3)
                    let delay = state.random.duration(upTo: most)
                    state.latestDelivery = max(state.latestDelivery, scheduler.now + delay)
                    return delay
                }
            }
    }
}
