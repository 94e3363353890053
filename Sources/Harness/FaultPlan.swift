package import Failpoints
import TCC
package import Verification

extension FaultKind {
    /// Whether it is done to a process, rather than to links.
    package var isOfProcess: Bool {
        switch self {
        case .kill, .pause, .failpoint, .diskFull, .clock, .clockDay, .descriptors, .stderr: true
        case .partition, .delay, .loss, .duplicate, .replyLoss, .stall, .trickle, .dns: false
        }
    }
}

/// Something that goes wrong, from one moment to another.
package struct Fault: Hashable, Sendable {
    /// Its number in the plan.
    package var number: Int
    /// What it is.
    package var kind: FaultKind
    /// Whom it is done to.
    package var parties: [Party] = []
    /// Which links it is done to.
    package var links: [Link] = []
    /// When it begins, from the run's begin on.
    package var begin: Duration
    /// When it is taken back.
    package var end: Duration
    /// What it does to its links.
    package var weather = Weather()
    /// By how much the clock is wrong.
    package var skew = Duration.zero
    /// Where the process dies.
    package var failpoint: Failpoint?
    /// The how-many-eth time that it comes by there.
    package var visit = 1
    /// How many files it may open beyond as many again as it has open.
    package var spareDescriptors = 0
    /// What a name service does.
    package var names = NameFault.unknown
    /// Who is started anew for it: what a process knows of names it knows for a while.
    package var restarted: [Party] = []
    /// Whether nothing else goes wrong meanwhile, so that what it must not touch can be told apart.
    package var isAlone = false

    /// What `TCC_FAILPOINTS` is set to.
    package var failpoints: String? { failpoint.map { "\($0.rawValue)=crash@\(visit)" } }

    /// Whom it is done to, for a history.
    package var target: String {
        (parties.map(\.rawValue) + links.map(\.description)).joined(separator: ", ")
    }

    /// How bad it is, for a history.
    package var detail: String {
        let milliseconds = (end - begin).wholeMilliseconds
        return switch kind {
        case .kill: "started again after \(milliseconds) ms"
        case .pause, .diskFull, .partition: "for \(milliseconds) ms"
        case .failpoint: failpoints ?? ""
        case .delay: "up to \(weather.delay.wholeMilliseconds) ms, for \(milliseconds) ms"
        case .loss: "\(Int(weather.loss * 100)) %, for \(milliseconds) ms"
        case .duplicate: "\(Int(weather.duplication * 100)) %, for \(milliseconds) ms"
        case .replyLoss: "\(Int(weather.replyLoss * 100)) %, for \(milliseconds) ms"
        case .clock: "\(skew.wholeMilliseconds) ms, for \(milliseconds) ms"
        case .clockDay: "\(skew.wholeMilliseconds / 1000) s, for \(milliseconds) ms"
        case .stall: "\(Int(weather.stall * 100)) %, for \(milliseconds) ms"
        case .trickle: "\(Int(weather.trickle * 100)) %, for \(milliseconds) ms"
        case .dns: "\(names), for \(milliseconds) ms"
        case .descriptors: "twice as many as are open and \(spareDescriptors), for \(milliseconds) ms"
        case .stderr: "for \(milliseconds) ms"
        }
    }
}

/// Everything that is to go wrong in a run, from a seed alone.
package struct FaultPlan: Hashable, Sendable {
    /// The first moment at which something goes wrong.
    private static let quietStart = Duration.milliseconds(400)
    /// How long a process is left alone between two faults of its own.
    private static let rest = Duration.milliseconds(400)
    /// Of the kills, those that kill everybody.
    private static let powerLoss = 6

    /// Of the faults, one in so many comes alone, in an otherwise calm time.
    private static let loneFault = 6
    /// What the faults before it may need to be forgotten.
    private static let calmBefore = Duration.milliseconds(600)
    /// What it may need to be recovered from.
    private static let calmAfter = Duration.milliseconds(900)
    /// How long one participant alone is out of reach: longer than what needs only the others may take.
    private static let apart = Duration.milliseconds(4000)
    /// What a process may take to start.
    private static let longestStart = Duration.milliseconds(1500)
    /// What makes one participant unreachable, and no other.
    private static let unreachability: [FaultKind] = [
        .partition, .stall, .trickle, .dns, .pause, .descriptors, .stderr,
    ]
    /// What always comes alone: meanwhile next to nothing is published.
    private static let alwaysAlone: Set<FaultKind> = [.clockDay]

    /// In the order of their begins.
    package let faults: [Fault]

    /// When the last fault is taken back.
    package var end: Duration { faults.map(\.end).max() ?? .zero }

    /// Makes a plan.
    ///
    /// - Parameters:
    ///   - seed: what it depends on, with the other parameters.
    ///   - duration: when everything has to be taken back.
    ///   - kinds: what may go wrong.
    package init(seed: UInt64, duration: Duration, kinds: Set<FaultKind>) {
        var dice = Dice(generator: SplitMix64(seed: seed))
        var faults: [Fault] = []
        var decks = Decks(kinds)
        var freeAt: [Party: Duration] = [:]
        var now = Self.quietStart
        while !decks.isEmpty {
            let isAlone = decks.isNextAlone(faults.count, oneIn: Self.loneFault)
            if isAlone, let kind = decks.takeLone(using: &dice.generator) {
                now = (faults.map(\.end).max() ?? now) + Self.calmBefore
                guard let fault = dice.loneFault(kind, number: faults.count + 1, at: now),
                    fault.end + Self.calmAfter <= duration
                else { break }
                faults.append(fault)
                now = fault.end + Self.calmAfter
                for party in Party.allCases { freeAt[party] = now }
                continue
            }
            guard let kind = decks.take(using: &dice.generator),
                var fault = dice.fault(kind, number: faults.count + 1, at: now)
            else { break }
            // What is done to a process begins when the one before it is over.
            let own = fault.parties + fault.restarted
            if let latest = own.compactMap({ freeAt[$0] }).max(), latest > fault.begin {
                fault.end += latest - fault.begin
                fault.begin = latest
            }
            if fault.end <= duration {
                for party in own { freeAt[party] = fault.end + Self.rest }
                faults.append(fault)
            }
            now += dice.milliseconds(80...600)
            guard now < duration else { break }
        }
        self.faults = faults.sorted { ($0.begin, $0.number) < ($1.begin, $1.number) }
    }

    /// Kinds of faults, dealt like cards, so that each has its turn.
    private struct Decks {
        private let kinds: [FaultKind]
        private let alone: [[FaultKind]]
        private var deck: [FaultKind] = []
        private var loneDeck: [[FaultKind]] = []
        private var apartDeck: [FaultKind] = []

        init(_ kinds: Set<FaultKind>) {
            let all = FaultKind.allCases.filter { kinds.contains($0) }
            self.kinds = all.filter { !FaultPlan.alwaysAlone.contains($0) }
            let apart = FaultPlan.unreachability.filter { kinds.contains($0) }
            // One death, so that its recovery can be measured; one participant out of reach; one day.
            self.alone = [all.filter { $0 == .kill }, apart, all.filter { FaultPlan.alwaysAlone.contains($0) }]
                .filter { !$0.isEmpty }
        }

        var isEmpty: Bool { kinds.isEmpty && alone.isEmpty }

        func isNextAlone(_ count: Int, oneIn rate: Int) -> Bool {
            !alone.isEmpty && (kinds.isEmpty || count % rate == rate - 1)
        }

        mutating func take(using generator: inout SplitMix64) -> FaultKind? {
            if deck.isEmpty { deck = kinds.shuffled(using: &generator) }
            return deck.popLast()
        }

        mutating func takeLone(using generator: inout SplitMix64) -> FaultKind? {
            if loneDeck.isEmpty { loneDeck = alone.shuffled(using: &generator) }
            guard let kinds = loneDeck.popLast() else { return nil }
            guard kinds.count > 1 else { return kinds.first }
            if apartDeck.isEmpty { apartDeck = kinds.shuffled(using: &generator) }
            return apartDeck.popLast()
        }
    }

    private struct Dice {
        var generator: SplitMix64

        mutating func milliseconds(_ range: ClosedRange<Int>) -> Duration {
            .milliseconds(Int.random(in: range, using: &generator))
        }

        mutating func pick<Value>(_ values: [Value]) -> Value? { values.randomElement(using: &generator) }

        /// One while nothing else goes wrong: what makes a participant unreachable does so to one of them, and wholly.
        mutating func loneFault(_ kind: FaultKind, number: Int, at begin: Duration) -> Fault? {
            guard var fault = fault(kind, number: number, at: begin) else { return nil }
            fault.isAlone = true
            guard FaultPlan.unreachability.contains(kind), let participant = pick(Party.participants) else {
                return fault
            }
            if kind.isOfProcess {
                fault.parties = [kind == .stderr && participant == .quota ? .draft : participant]
                fault.spareDescriptors = 0
            } else {
                fault.links = Link.all.filter { $0.touches(participant) }
            }
            if kind == .stall { fault.weather.stall = 1 }
            if kind == .trickle { fault.weather.trickle = 1 }
            fault.end = begin + FaultPlan.apart + (fault.restarted.isEmpty ? .zero : FaultPlan.longestStart)
            return fault
        }

        mutating func fault(_ kind: FaultKind, number: Int, at begin: Duration) -> Fault? {
            let (anybody, participants) = (pick(Party.allCases), pick(Party.participants))
            guard let party = anybody, let participant = participants, let link = pick(Link.all) else { return nil }
            var fault = Fault(number: number, kind: kind, begin: begin, end: begin)
            switch kind {
            case .kill:
                let isPowerLoss = Int.random(in: 0..<FaultPlan.powerLoss, using: &generator) == 0
                fault.parties = isPowerLoss ? Party.allCases : [party]
                fault.end += milliseconds(0...900)
            case .pause:
                fault.parties = [party]
                fault.end += milliseconds(100...1800)
            case .failpoint:
                fault.parties = [party]
                // Nobody prunes within a run: what has ended is remembered for a day.
                fault.failpoint = pick(Failpoint.allCases.filter { $0.isIn(party) && !$0.isOfPruning })
                fault.visit = Int.random(in: 1...3, using: &generator)
                fault.end += milliseconds(800...2500)
            case .diskFull:
                fault.parties = [party]
                fault.end += milliseconds(300...1500)
            case .clock:
                fault.parties = [party]
                let skew = milliseconds(500...40_000)
                fault.skew = Bool.random(using: &generator) ? skew : .zero - skew
                fault.end += milliseconds(500...3000)
            case .clockDay:
                // What it does to the one that begins transactions is the worst.
                fault.parties = [Int.random(in: 0..<2, using: &generator) == 0 ? .orchestrator : party]
                let skew = Duration.seconds(Int.random(in: 90_000...300_000, using: &generator))
                fault.skew = Bool.random(using: &generator) ? skew : .zero - skew
                fault.end += milliseconds(2500...3500)
            case .descriptors:
                fault.parties = [party]
                fault.spareDescriptors = Int.random(in: 0...8, using: &generator)
                fault.end += milliseconds(500...2500)
            case .stderr:
                // The ledger is an example, and writes no log of its own.
                fault.parties = [party == .quota ? .online : party]
                fault.end += milliseconds(1000...3000)
            case .dns:
                fault.links = Link.all.filter { $0.from != nil && $0.touches(participant) }
                fault.names = pick(NameFault.allCases) ?? .unknown
                fault.restarted = [.orchestrator]
                fault.end += milliseconds(1500...4000)
            case .partition:
                let links = Link.all.filter { $0.touches(participant) }
                fault.links = Bool.random(using: &generator) ? links : [link]
                fault.weather.isCut = true
                fault.end += milliseconds(200...2500)
            case .delay, .loss, .duplicate, .replyLoss, .stall, .trickle:
                fault.links = Int.random(in: 0..<3, using: &generator) == 0 ? Link.all : [link]
                let share = Double(Int.random(in: 10...60, using: &generator)) / 100
                let delay = milliseconds(20...500)
                switch kind {
                case .delay: fault.weather.delay = delay
                case .loss: fault.weather.loss = share
                case .duplicate: fault.weather.duplication = share
                case .stall: fault.weather.stall = share
                case .trickle: fault.weather.trickle = share
                default: fault.weather.replyLoss = share
                }
                fault.end += milliseconds(300...3000)
            }
            return fault
        }
    }
}

extension Failpoint {
    /// Whether it is passed by whoever forgets what has ended.
    package var isOfPruning: Bool { rawValue.contains(".prune.") || rawValue.contains(".horizon.") }

    /// Whether a process comes by here.
    ///
    /// - Parameter party: the process.
    /// - Returns: whether it is one of its places.
    package func isIn(_ party: Party) -> Bool {
        switch rawValue.prefix(while: { $0 != "." }) {
        case "coordinator", "orchestrator": party == .orchestrator
        case "participant": party != .orchestrator
        case "draft": party == .draft
        default: true
        }
    }
}
