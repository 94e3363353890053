import TCC

/// The lines of a history that a violation is about.
package struct ViolationTimeline: Hashable, Sendable {
    /// The lines, in their order: what was asked, told and seen, the faults near to that, and the final state.
    package var lines: [RecordedLine]
    /// How many earlier lines about it are left out.
    package var leftOut: Int
}

extension Recording {
    /// How far from a line about a violation a fault is still shown.
    private static let nearbyMilliseconds = 1000.0
    private static let mostLines = 16
    private static let mostFaults = 12

    /// The least of the history that shows what a violation is about.
    ///
    /// - Parameter violation: the violation.
    /// - Returns: the lines that name its transaction, post, key or text, and the faults around them.
    package func timeline(of violation: Violation) -> ViolationTimeline {
        let subject = Subject(of: violation, in: lines)
        var requests: Set<Int> = []
        var isFoundBefore = false
        let about = lines.indices.filter { index in
            guard case .contradiction = lines[index].event else {
                return subject.isAbout(lines[index].event, requests: &requests)
            }
            // What is found again and again was found when it was found first.
            guard !isFoundBefore, subject.isAbout(lines[index].event, requests: &requests) else { return false }
            isFoundBefore = true
            return true
        }
        let (final, moving) = (
            about.filter { lines[$0].event.isFinalState }, about.filter { !lines[$0].event.isFinalState }
        )
        let shown = moving.suffix(Self.mostLines)
        let times = shown.map { lines[$0].at }
        let faults = lines.indices.filter { index in
            guard lines[index].event.isWeather else { return false }
            let from = lines[index].at - Self.nearbyMilliseconds
            let to = max(lines[index].at, lines[index].event.untilMilliseconds ?? 0) + Self.nearbyMilliseconds
            return times.contains { from <= $0 && $0 <= to }
        }
        let chosen = Set(shown).union(faults.suffix(Self.mostFaults)).union(final.suffix(Self.mostLines / 2))
        return ViolationTimeline(lines: chosen.sorted().map { lines[$0] }, leftOut: moving.count - shown.count)
    }
}

/// What a violation names, and the keys under which it was asked for.
private struct Subject {
    private var ids: Set<UUIDv7> = []
    private var keys: Set<String> = []
    private var titles: Set<String> = []
    private let violation: Violation

    init(of violation: Violation, in lines: [RecordedLine]) {
        self.violation = violation
        ids = Set(violation.found.identifiers)
        if let first = violation.found.firstIndex(of: "'"), let last = violation.found.lastIndex(of: "'"), first < last
        {
            titles = [String(violation.found[violation.found.index(after: first)..<last])]
        }
        var keysByRequest: [Int: String] = [:]
        for line in lines {
            switch line.event {
            case .invoke(let id, _, let request):
                keysByRequest[id] = request.key
                if let text = request.text, titles.contains(text.title) { keys.insert(request.key) }
            case .answer(let answer):
                guard names(answer.gid) || names(answer.post), let key = keysByRequest[answer.id] else { continue }
                keys.insert(key)
            case .journal(let entry):
                if names(entry.gid) || names(entry.postID), let key = entry.liveKey { keys.insert(key) }
            default: break
            }
        }
    }

    private func names(_ id: UUIDv7?) -> Bool { id.map(ids.contains) ?? false }

    /// Whether a line is about it; the numbers of the requests that are, are kept, since their answers are too.
    func isAbout(_ event: RecordedEvent, requests: inout Set<Int>) -> Bool {
        switch event {
        case .invoke(let id, _, let request):
            let isTitled = request.text.map { titles.contains($0.title) } ?? false
            guard keys.contains(request.key) || names(request.postID) || isTitled else { return false }
            requests.insert(id)
            return true
        case .save(let id, _, let post, let text):
            guard names(post) || titles.contains(text.title) else { return false }
            requests.insert(id)
            return true
        case .answer(let answer): return requests.contains(answer.id)
        case .saved(let id, _), .maybeSaved(let id), .notSaved(let id): return requests.contains(id)
        case .saw(let sighting): return names(sighting.post) || titles.contains(sighting.title)
        case .gone(_, let post): return names(post)
        case .decision(_, let subject, _): return subject.identifiers.contains(where: ids.contains)
        case .contradiction(let found): return found == violation
        case .journal(let entry): return names(entry.gid) || names(entry.postID)
        case .barrier(let row): return names(row.gid)
        case .draft(let draft): return names(draft.id) || titles.contains(draft.title)
        case .post(let post): return names(post.id) || titles.contains(post.title)
        case .spent: return violation.found.contains("spent")
        case .run, .fault, .healed, .ready, .recovered, .failpoints, .end: return false
        }
    }
}

extension RecordedEvent {
    /// Whether it tells of a fault, or of a fault's end.
    fileprivate var isWeather: Bool {
        switch self {
        case .fault, .healed, .ready, .recovered: true
        default: false
        }
    }

    fileprivate var untilMilliseconds: Double? {
        if case .fault(let fault) = self { fault.untilMilliseconds } else { nil }
    }
}

extension String {
    /// The identifiers in it.
    fileprivate var identifiers: [UUIDv7] {
        split { !$0.isHexDigit && $0 != "-" }.compactMap { UUIDv7($0) }
    }
}
