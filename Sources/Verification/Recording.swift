package import Foundation
import TCC

/// A recorded history, as far as it goes.
package struct Recording: Sendable {
    /// Every line, in order.
    package private(set) var lines: [RecordedLine] = []
    /// What ran; nil if the history does not begin with it.
    package private(set) var run: RecordedRun?
    /// What both sides knew at the end, and what clients were told and saw.
    package private(set) var state = FinalState()
    /// Whether there is what both sides knew at the end.
    package private(set) var isDumped = false
    /// What the run itself came to; nil if the history is cut off.
    package private(set) var end: (verdict: RunVerdict, reason: String?)?
    /// Whether the last line was cut off while it was written, and left out.
    package private(set) var isTorn = false
    /// How many requests came to each conclusion.
    package private(set) var answers: [RecordedAnswer.Conclusion: Int] = [:]
    /// How many faults there were of each kind.
    package private(set) var faults: [FaultKind: Int] = [:]
    /// How often processes came by each of their failpoints.
    package private(set) var failpoints: [String: Int] = [:]

    /// Requests that are not answered, by their number in the history that they have in the state.
    private var attempts: [Int: Int] = [:]
    /// When each of them was sent.
    private var sentAt: [Int: Double] = [:]
    /// When requests of clients came twice, from and to, as far as faults say so.
    private var doublings: [ClosedRange<Double>] = []
    private var saves: [Int: (post: UUIDv7, text: RevisionText)] = [:]
    private var ids: Set<Int> = []

    /// A fault may be taken back a little later than it was to be, in milliseconds.
    private static let slack = 1000.0

    /// Nothing yet.
    package init() {}

    /// Reads a history.
    ///
    /// - Parameter url: its file.
    /// - Throws: ``UnreadableRecording``, or what keeps the file from being read.
    package init(contentsOf url: URL) throws {
        let file = try FileHandle(forReadingFrom: url)
        var reader = RecordingReader()
        try reader.read(file) { line, number in try add(line, number: number) }
        isTorn = reader.isTorn
        try file.close()
    }

    /// Reads a history.
    ///
    /// - Parameter data: its lines.
    /// - Throws: ``UnreadableRecording``.
    package init(_ data: Data) throws {
        var reader = RecordingReader()
        try reader.read(data) { line, number in try add(line, number: number) }
        try reader.finish { line, number in try add(line, number: number) }
        isTorn = reader.isTorn
    }

    /// Takes the next line.
    ///
    /// - Parameter line: the line.
    /// - Throws: ``UnreadableRecording`` if it contradicts the lines before it.
    package mutating func add(_ line: RecordedLine) throws { try add(line, number: lines.count + 1) }

    private mutating func add(_ line: RecordedLine, number: Int) throws {
        do {
            try fold(line.event, at: line.at)
        } catch let misfit as Misfit {
            throw UnreadableRecording(line: number, what: misfit.what)
        }
        lines.append(line)
    }

    private struct Misfit: Error {
        var what: String
    }

    private mutating func fold(_ event: RecordedEvent, at time: Double) throws {
        guard end == nil else { throw Misfit(what: "comes after the end") }
        switch event {
        case .run(let run):
            guard lines.isEmpty else { throw Misfit(what: "says again what runs") }
            self.run = run
        case .invoke(let id, _, let request):
            try check(newID: id)
            attempts[id] = state.history.sent(request)
            sentAt[id] = time
        case .answer(let answer):
            guard let attempt = attempts.removeValue(forKey: answer.id) else {
                throw Misfit(what: "answers request \(answer.id), which was not sent or is answered")
            }
            answers[answer.conclusion, default: 0] += 1
            let sent = sentAt.removeValue(forKey: answer.id) ?? time
            if doublings.contains(where: { $0.overlaps(sent...max(sent, time)) }) {
                state.history.doubled.insert(state.history.attempts[attempt].request.identity)
            }
            // What cannot be concluded from is no answer: the request may take effect at any time later.
            if answer.conclusion != .unknown, let status = answer.status {
                let reply = History.Reply(status: status, gid: answer.gid, code: answer.error, post: answer.post)
                state.history.answered(attempt, reply)
            }
        case .save(let id, _, let post, let text):
            try check(newID: id)
            saves[id] = (post, text)
        case .saved(let id, let revision):
            let save = try takeSave(id)
            state.history.saved(save.post, revision, save.text)
        case .maybeSaved(let id): state.history.maybeSaved(try takeSave(id).text)
        case .notSaved(let id): _ = try takeSave(id)
        case .saw(let sighting): state.history.saw(sighting)
        case .decision(let decision, let subject, let invariant):
            // A reservation decides nothing; only after a decision it contradicts that.
            if decision == BranchOutcome.reserved.rawValue, state.history.decisions[subject] == nil { break }
            state.history.observed(decision, of: subject, invariant: invariant)
        case .contradiction(let violation): state.history.contradictions.append(violation)
        case .fault(let fault):
            faults[fault.kind, default: 0] += 1
            if fault.kind == .duplicate, fault.party.contains("clients") {
                let end = max(time, fault.untilMilliseconds ?? .infinity) + Self.slack
                doublings.append(time...end)
            }
        case .failpoints(_, let hits): failpoints.merge(hits) { $0 + $1 }
        case .journal(let entry): state.journal.append(entry)
        case .barrier(let row): state.barriers.append(row)
        case .draft(let draft): state.drafts.append(draft)
        case .post(let post): state.posts.append(post)
        case .spent(let count, let authors):
            state.spent = count
            state.spentByAuthor = authors
            isDumped = true
        case .end(let verdict, let reason):
            // A save that nobody ended may have been saved.
            for (_, save) in saves.sorted(by: { $0.key < $1.key }) { state.history.maybeSaved(save.text) }
            end = (verdict, reason)
        case .gone(let library, let post): state.history.missed(post, in: library)
        case .healed, .ready, .recovered: break
        }
    }

    private mutating func check(newID id: Int) throws {
        guard ids.insert(id).inserted else { throw Misfit(what: "has the id \(id), which is not a new one") }
    }

    private mutating func takeSave(_ id: Int) throws -> (post: UUIDv7, text: RevisionText) {
        guard let save = saves.removeValue(forKey: id) else {
            throw Misfit(what: "ends save \(id), which was not begun or is ended")
        }
        return save
    }
}
