import TCC

extension Invariants {
    /// What a post of one library was before its readers.
    private struct Shown {
        var isThere = false
        var highest = 0
        /// How often it disappeared.
        var gone = 0
        /// How often it appeared, as which revision.
        var came: [Int: Int] = [:]
    }

    private struct Shelf: Hashable {
        var library: History.Library
        var post: UUIDv7
    }

    /// 10 and 3, at every moment: each time that a post appeared or disappeared before readers, or changed, that was
    /// committed in the end, and asked for by then; 4: no revision fell.
    static func looksWereCommitted(_ state: FinalState) -> [Violation] {
        let allowed = allowedTitles(state)
        let effects = Dictionary(grouping: state.effects, by: \.post)
        var violations: [Violation] = []
        var shelves: [Shelf: Shown] = [:]
        for look in state.history.looks {
            let shelf = Shelf(library: look.library, post: look.post)
            let own = (effects[look.post] ?? []).filter { $0.askedAt <= look.at }
            if let sighting = look.sighting {
                violations += saw(sighting, &shelves[shelf, default: Shown()], own, allowed)
            } else {
                violations += missed(look, &shelves[shelf, default: Shown()], own)
            }
        }
        return violations
    }

    private static func saw(
        _ sighting: History.Sighting,
        _ shown: inout Shown,
        _ effects: [FinalState.Effect],
        _ allowed: Set<String>
    ) -> [Violation] {
        let (post, revision) = (sighting.post, sighting.revision)
        let place = "in the \(sighting.library.words)"
        var violations: [Violation] = []
        if !allowed.contains(sighting.title) {
            violations.append(Violation(10, "'\(sighting.title)' was seen \(place) and never committed"))
        }
        let published = effects.filter { $0.revision == revision && $0.text?.title ?? sighting.title == sighting.title }
        if published.isEmpty {
            let text = "\(post) was seen \(place) as revision \(revision), '\(sighting.title)'"
            violations.append(Violation(10, "\(text), and nothing published that"))
        }
        if !shown.isThere {
            shown.came[revision, default: 0] += 1
            if shown.came[revision, default: 0] > max(1, published.count) {
                let text = "\(post) was shown again \(place) as revision \(revision)"
                violations.append(Violation(10, "\(text), and nothing published it again"))
            }
        }
        if revision < shown.highest {
            violations.append(Violation(4, "\(post) fell to revision \(revision) \(place)"))
        }
        (shown.isThere, shown.highest) = (true, max(revision, shown.highest))
        return violations
    }

    private static func missed(
        _ look: History.Look,
        _ shown: inout Shown,
        _ effects: [FinalState.Effect]
    ) -> [Violation] {
        shown.isThere = false
        shown.gone += 1
        // What is deleted was withdrawn before.
        let withdrawn = effects.count { $0.revision == nil && !$0.isDelete }
        guard shown.gone > withdrawn else { return [] }
        let times = "disappeared \(shown.gone) times from the \(look.library.words)"
        return [Violation(10, "\(look.post) \(times), and was withdrawn \(withdrawn) times")]
    }
}
