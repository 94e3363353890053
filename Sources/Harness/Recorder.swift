package import Foundation
import Synchronization
import TCC
package import Verification

/// Notes what happens, in a file and in mind.
package final class Recorder: Sendable {
    /// What has happened so far, in numbers.
    package struct Tally: Hashable, Sendable {
        /// What the minimum is about.
        package var found = RecordedRun.Minimum()
        /// Requests that nothing could be concluded from.
        package var unknown = 0
        /// Things that were found wrong.
        package var violations = 0
        /// Processes that were killed or killed themselves.
        package var deaths = 0
        /// What readers saw.
        package var sightings = 0
    }

    private struct State {
        var recording = Recording()
        var tally = Tally()
        var nextID = 1
        /// The titles that readers of a library saw, and the highest revision of each post.
        var titles: [History.Library: Set<String>] = [:]
        var revisions: [History.Library: [UUIDv7: Int]] = [:]
        var problem: (any Error)?
    }

    private let begin = ContinuousClock.now
    private let writer: RecordingWriter
    private let state = Mutex(State())

    /// Begins a history; the run begins now.
    ///
    /// - Parameters:
    ///   - file: where it is written.
    ///   - run: what runs.
    /// - Throws: what keeps it from being written.
    package init(creating file: URL, _ run: RecordedRun) throws {
        self.writer = try RecordingWriter(creating: file)
        note(.run(run))
        try check()
    }

    /// Something happens.
    ///
    /// - Parameter event: what.
    package func note(_ event: RecordedEvent) {
        state.withLock { state in
            do {
                // Under the lock: in mind is the order of the file.
                try state.recording.add(try writer.write(event))
            } catch {
                state.problem = state.problem ?? error
            }
            count(event, &state)
        }
    }

    private func count(_ event: RecordedEvent, _ state: inout State) {
        switch event {
        case .answer(let answer):
            switch answer.conclusion {
            case .ok: state.tally.found.confirmed += 1
            case .refused: state.tally.found.refused += 1
            case .unknown: state.tally.unknown += 1
            }
        case .fault: state.tally.found.faults += 1
        case .failpoints(_, let hits): state.tally.found.failpoints += hits.values.reduce(0, +)
        case .contradiction: state.tally.violations += 1
        case .saw(let sighting):
            state.tally.sightings += 1
            state.titles[sighting.library, default: []].insert(sighting.title)
            let highest = state.revisions[sighting.library]?[sighting.post] ?? 0
            state.revisions[sighting.library, default: [:]][sighting.post] = max(highest, sighting.revision)
        default: break
        }
    }

    /// How long the history has gone on.
    package var elapsed: Duration { ContinuousClock.now - begin }

    /// A process died.
    package func died() { state.withLock { $0.tally.deaths += 1 } }

    /// A number for a request or a save, which no other has.
    package func makeID() -> Int {
        state.withLock { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
    }

    /// Notes what journals and barriers say that they have not said before.
    ///
    /// - Parameter databases: theirs.
    /// - Throws: whatever SQLite meets.
    package func observe(_ databases: Databases) async throws {
        let known = state.withLock { $0.recording.state.history.decisions }
        let news = try await databases.aside { databases in
            var news: [RecordedEvent] = []
            try databases.decisions { decision, subject, invariant in
                if known[subject] != decision { news.append(.decision(decision, of: subject, invariant: invariant)) }
            }
            return news
        }
        for event in news { note(event) }
    }

    /// Notes what a reader saw, unless another reader of this library has seen it, or something newer.
    ///
    /// - Parameter sighting: what was seen.
    package func sawLate(_ sighting: History.Sighting) {
        let isNews = state.withLock { state in
            let highest = state.revisions[sighting.library]?[sighting.post] ?? 0
            return sighting.revision >= highest
                && !(state.titles[sighting.library]?.contains(sighting.title) ?? false)
        }
        if isNews { note(.saw(sighting)) }
    }

    /// What has happened so far, in numbers.
    package var tally: Tally { state.withLock { $0.tally } }

    /// Everything that has happened so far.
    package var recording: Recording { state.withLock { $0.recording } }

    /// Sees to it that the history is whole.
    ///
    /// - Throws: what kept a line of it from being written.
    package func check() throws {
        if let problem = state.withLock({ $0.problem }) { throw problem }
    }
}
