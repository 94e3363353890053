import TCC

/// 8, for each participant apart: one that is out of reach holds up nothing that does not need it, and each is itself
/// again after the last fault.
extension Recording {
    /// What needs only healthy participants has an end after this time.
    package static let longestApartMilliseconds = 2500.0
    /// A time in which one participant alone is out of reach says nothing if it is shorter.
    package static let shortestApartMilliseconds = 3000.0
    /// How long after the last fault something new has ended at each participant.
    ///
    /// More than the contract has: a run notes what is late for the machine as slow as it is then, and a history does not
    /// know how slow that was.
    package static let longestReturnMilliseconds = 20_000.0
    /// How long a fault may be felt after it was taken back.
    private static let aftermathMilliseconds = 500.0
    private static let orchestrator = "orchestrator"

    /// A time in which something is wrong.
    private struct Trouble {
        var fault: RecordedFault
        var from: Double
        var to: Double
        /// Who may be troubled by it.
        var parties: Set<String>
    }

    /// A request, from when until when, and how it was answered; asked again with its key it is the same.
    private struct Asked {
        var request: Request
        var from: Double
        var to: Double?
        var status: Int?

        /// Whether it was answered as healthy participants do.
        var isServed: Bool { status.map { $0 < 500 && $0 != 429 } ?? false }
    }

    /// Everything that is wrong with the progress of single participants.
    package var participantsApart: [Violation] {
        guard let participants = run?.participants else { return [] }
        let asked = asked
        return heldUp(asked, participants) + notReturned(asked, participants)
    }

    private var asked: [Asked] {
        var asked: [String: Asked] = [:]
        var requests: [Int: String] = [:]
        for line in lines {
            switch line.event {
            case .invoke(let id, _, let request):
                requests[id] = request.identity
                if asked[request.identity] == nil {
                    asked[request.identity] = Asked(request: request, from: line.at)
                }
            case .answer(let answer) where answer.conclusion != .unknown:
                guard let identity = requests[answer.id] else { continue }
                asked[identity]?.to = line.at
                asked[identity]?.status = answer.status
            default: break
            }
        }
        return asked.values.sorted { ($0.from, $0.request.identity) < ($1.from, $1.request.identity) }
    }

    private var troubles: [Trouble] {
        lines.compactMap { line in
            guard case .fault(let fault) = line.event else { return nil }
            let places = fault.party.split(separator: ",").map { $0.drop { $0 == " " } }
            let parties = places.map { place -> String in
                let ends = place.split(separator: "→").map(String.init)
                // Of a link between the two, only the participant is out of reach.
                return ends.first { $0 != Self.orchestrator } ?? Self.orchestrator
            }
            let end = max(line.at, fault.untilMilliseconds ?? line.at)
            return Trouble(fault: fault, from: line.at, to: end, parties: Set(parties))
        }
    }

    /// The times in which one participant alone was out of reach.
    private func apart(_ participants: [String]) -> [Trouble] {
        let troubles = troubles
        return troubles.filter { trouble in
            guard let party = trouble.parties.first, trouble.parties.count == 1, participants.contains(party),
                trouble.to - trouble.from >= Self.shortestApartMilliseconds
            else { return false }
            return !troubles.contains { other in
                other.parties != trouble.parties && other.from <= trouble.to
                    && other.to + Self.aftermathMilliseconds >= trouble.from
            }
        }
    }

    /// What did not need a participant that was out of reach, and was held up all the same.
    private func heldUp(_ asked: [Asked], _ participants: [String]) -> [Violation] {
        apart(participants)
            .flatMap { trouble -> [Violation] in
                let party = trouble.parties.first ?? ""
                let others = asked.filter { one in
                    trouble.from <= one.from && one.from + Self.longestApartMilliseconds <= trouble.to
                        && !one.request.participants.contains { party.hasPrefix($0) }
                }
                let what = "while \(party) alone was out of reach (\(trouble.fault.kind.rawValue))"
                let late = others.filter { ($0.to ?? .infinity) - $0.from > Self.longestApartMilliseconds }
                let violations = late.map { one in
                    Violation(8, "\(what), '\(one.request.key)', which does not need it, had no answer in time")
                }
                let served = others.count(where: \.isServed)
                guard served * 2 < others.count else { return violations }
                let count = "\(served) of \(others.count) requests that do not need it were served"
                return violations + [Violation(8, "\(what), \(count)")]
            }
    }

    /// At whom nothing new ended after the last fault.
    private func notReturned(_ asked: [Asked], _ participants: [String]) -> [Violation] {
        guard let healed = lines.last(where: { $0.event == .healed })?.at else { return [] }
        let done = asked.filter { one in
            guard let to = one.to, let status = one.status else { return false }
            return one.from >= healed && to - healed <= Self.longestReturnMilliseconds && (200..<300).contains(status)
        }
        return
            participants.filter { party in
                !done.contains { $0.request.participants.contains { party.hasPrefix($0) } }
            }
            .map { Violation(8, "nothing new that needs \($0) was done in time after the last fault") }
    }
}
