import Synchronization
import TCC

/// What decides everything that happens in a simulated world: its seed, less what is left out to make a failure small.
package struct Scenario: Hashable, Sendable {
    /// A request of a client.
    package struct RequestNumber: Hashable, Comparable, Sendable, CustomStringConvertible {
        /// Which client.
        package var client: Int
        /// Which of its requests.
        package var number: Int

        /// Names a request.
        ///
        /// - Parameters:
        ///   - client: which client.
        ///   - number: which of its requests.
        package init(client: Int, number: Int) {
            self.client = client
            self.number = number
        }

        /// `client.number`.
        package var description: String { "\(client).\(number)" }

        /// By client, then by number.
        package static func < (left: Self, right: Self) -> Bool {
            (left.client, left.number) < (right.client, right.number)
        }
    }

    /// Decides everything.
    package var seed: UInt64
    /// The numbers of the faults that happen; nil: all.
    package var faults: Set<Int>?
    /// The requests that are made; nil: all.
    package var requests: Set<RequestNumber>?

    /// All that a seed has.
    ///
    /// - Parameters:
    ///   - seed: decides everything.
    ///   - faults: the numbers of the faults that happen; nil: all.
    ///   - requests: the requests that are made; nil: all.
    package init(seed: UInt64, faults: Set<Int>? = nil, requests: Set<RequestNumber>? = nil) {
        self.seed = seed
        self.faults = faults
        self.requests = requests
    }
}

/// One thing that goes wrong in a world in which nothing else does, at a place that can be counted to.
package enum SingleFault: Hashable, Sendable, CustomStringConvertible {
    /// A server dies at the n-th place that it passes.
    case crash(Party, visit: Int)
    /// The n-th message does not arrive.
    case lost(message: Int)
    /// The n-th message arrives twice, the second time whenever it may.
    case doubled(message: Int)
    /// The n-th message arrives when all deadlines are over.
    case late(message: Int)

    /// For people.
    package var description: String {
        switch self {
        case .crash(let party, let visit): "\(party.rawValue) dies at the \(visit). place that it passes"
        case .lost(let message): "message \(message) is lost"
        case .doubled(let message): "message \(message) arrives twice"
        case .late(let message): "message \(message) arrives when all deadlines are over"
        }
    }
}

/// Lets faults through: all of them, or those that are left of a scenario, or the single one of a systematic search.
final class FaultGate: Sendable {
    enum MessageFault { case none, lost, doubled, late }

    private struct State {
        var isOpen = true
        var faults = 0
        var struck: [Int] = []
        var messages = 0
        var visits: [Party: Int] = [:]
        var didSingle = false
    }

    private let allowed: Set<Int>?
    private let single: SingleFault?
    private let state = Mutex(State())

    init(allowed: Set<Int>? = nil, single: SingleFault? = nil) {
        self.allowed = allowed
        self.single = single
    }

    /// The numbers of the faults that happened.
    var struck: [Int] { state.withLock { $0.struck } }
    /// Whether the single fault happened.
    var didSingle: Bool { state.withLock { $0.didSingle } }

    /// From now on places and messages are counted, or no more.
    func setCounting(_ isCounting: Bool) { state.withLock { $0.isOpen = isCounting } }

    /// Chance has it that something goes wrong: whether it does.
    func strikes() -> Bool {
        state.withLock { state in
            defer { state.faults += 1 }
            guard allowed?.contains(state.faults) ?? true else { return false }
            state.struck.append(state.faults)
            return true
        }
    }

    /// A server passes a place: whether it dies there.
    func crashes(_ party: Party) -> Bool {
        guard case .crash(party, let visit) = single else { return false }
        return state.withLock { state in
            guard state.isOpen, !state.didSingle else { return false }
            state.visits[party, default: 0] += 1
            state.didSingle = state.visits[party] == visit
            return state.didSingle
        }
    }

    /// A message is sent: what happens to it.
    func messageFault() -> MessageFault {
        let (number, fault): (Int, MessageFault)
        switch single {
        case .lost(let message): (number, fault) = (message, .lost)
        case .doubled(let message): (number, fault) = (message, .doubled)
        case .late(let message): (number, fault) = (message, .late)
        case .crash, nil: return .none
        }
        return state.withLock { state in
            guard state.isOpen else { return .none }
            state.messages += 1
            guard state.messages == number else { return .none }
            state.didSingle = true
            return fault
        }
    }
}
