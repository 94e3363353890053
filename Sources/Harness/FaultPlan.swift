package import Failpoints
import TCC
package import Verification

extension FaultKind {
    /// Whether it is done to a process, rather than to links.
    package var isOfProcess: Bool {
        switch self {
        case .kill, .pause, .failpoint, .diskFull, .clock: true
        case .partition, .delay, .loss, .duplicate, .replyLoss: false
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

    /// Of the faults, one in so many is a death in an otherwise calm time.
    private static let loneKill = 10
    /// What the faults before it may need to be forgotten.
    private static let calmBefore = Duration.milliseconds(300)
    /// What it may need to be recovered from.
    private static let calmAfter = Duration.milliseconds(900)

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
        var deck: [FaultKind] = []
        var freeAt: [Party: Duration] = [:]
        var now = Self.quietStart
        let all = FaultKind.allCases.filter { kinds.contains($0) }
        while !all.isEmpty {
            if all.contains(.kill), faults.count % Self.loneKill == Self.loneKill - 1 {
                // Once in a while one death alone, so that its recovery can be measured.
                now = (faults.map(\.end).max() ?? now) + Self.calmBefore
                guard let fault = dice.fault(.kill, number: faults.count + 1, at: now),
                    fault.end + Self.calmAfter <= duration
                else { break }
                faults.append(fault)
                now = fault.end + Self.calmAfter
                for party in Party.allCases { freeAt[party] = now }
                continue
            }
            // Dealt like cards, so that each kind has its turn.
            if deck.isEmpty { deck = all.shuffled(using: &dice.generator) }
            guard var fault = dice.fault(deck.removeLast(), number: faults.count + 1, at: now) else { break }
            // What is done to a process begins when the one before it is over.
            if let latest = fault.parties.compactMap({ freeAt[$0] }).max(), latest > fault.begin {
                fault.end += latest - fault.begin
                fault.begin = latest
            }
            if fault.end <= duration {
                for party in fault.parties { freeAt[party] = fault.end + Self.rest }
                faults.append(fault)
            }
            now += dice.milliseconds(80...600)
            guard now < duration else { break }
        }
        self.faults = faults.sorted { ($0.begin, $0.number) < ($1.begin, $1.number) }
    }

    private struct Dice {
        var generator: SplitMix64

        mutating func milliseconds(_ range: ClosedRange<Int>) -> Duration {
            .milliseconds(Int.random(in: range, using: &generator))
        }

        mutating func pick<Value>(_ values: [Value]) -> Value? { values.randomElement(using: &generator) }

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
            case .partition:
                let links = Link.all.filter { $0.touches(participant) }
                fault.links = Bool.random(using: &generator) ? links : [link]
                fault.weather.isCut = true
                fault.end += milliseconds(200...2500)
            case .delay, .loss, .duplicate, .replyLoss:
                fault.links = Int.random(in: 0..<3, using: &generator) == 0 ? Link.all : [link]
                let share = Double(Int.random(in: 10...60, using: &generator)) / 100
                let delay = milliseconds(20...500)
                switch kind {
                case .delay: fault.weather.delay = delay
                case .loss: fault.weather.loss = share
                case .duplicate: fault.weather.duplication = share
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
