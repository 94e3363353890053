import Foundation
import Harness
import TCC
import Testing
import Verification

extension Cluster {
    /// How long a transaction may take to end after the last fault has healed.
    private static let healingTime = Duration.seconds(5)
    private static let mostReplayed = 8

    /// Waits, from the moment that all processes serve, until every transaction has ended and no reservation is left.
    ///
    /// - Throws: ``NotInTime`` after 5 s: invariant 8 is violated.
    @discardableResult
    func quiesce() async throws -> Duration {
        for role in ServerRole.allCases { try await waitUntilReady(role) }
        var left: [String] = []
        do {
            let taken = try await eventually("every transaction has ended", within: Self.healingTime) {
                left = try databases.unfinished()
                return left.isEmpty
            }
            try await observeDecisions()
            return taken
        } catch is NotInTime {
            throw NotInTime(
                description: "\(Violation(8, "after \(Self.healingTime) still \(left.joined(separator: ", "))"))"
            )
        }
    }

    /// Waits until nothing moves, repeats calls of the past, and checks all ten invariants.
    func checkInvariants() async throws {
        for violation in try await violations() { Issue.record("\(violation)") }
    }

    /// Waits until nothing moves, repeats calls of the past, and says which invariants do not hold.
    func violations() async throws -> [Violation] {
        try await quiesce()
        try await replayCalls()
        let state = try await finalState()
        return Invariants.violations(in: state)
            + (try databases.remains(of: state.effects.filter(\.isDelete).map(\.post)))
    }

    /// Notes what journal and barriers say at this moment: no decision may ever change, no branch go back.
    func observeDecisions() async throws {
        try databases.decisions { history.observed($0, of: $1, invariant: $2) }
    }

    func finalState() async throws -> FinalState {
        var state = FinalState()
        state.journal = try journal()
        state.barriers = try barriers()
        state.spent = try await quota.spent()
        state.history = history.content
        (state.drafts, state.posts) = try await libraries.everything(of: state.history.authors.sorted())
        var listed: Set<UUIDv7> = []
        for author in state.history.authors { listed.formUnion(try await posts(of: author).map(\.id)) }
        #expect(state.posts.allSatisfy { listed.contains($0.id) }, "a live post is missing in its author's list")
        return state
    }

    /// Delivers tries, confirms and cancels once more, as a slow network might: nothing may come of them.
    private func replayCalls() async throws {
        let entries = try journal().filter { !$0.branches.isEmpty }.suffix(Self.mostReplayed)
        let urls = ledgers.mapValues { "http://127.0.0.1:\($0)" }
            .merging(["draft": url(.draft), "online": url(.online)]) { own, _ in own }
        let repetition = Repetition(client: client, authority: authority, urls: urls)
        for violation in try await repetition.repeatCalls(of: entries) { history.contradicted(violation) }
    }

    // MARK: Reading the databases

    /// The journal, oldest transaction first.
    func journal() throws -> [JournalEntry] { try databases.entries() }

    /// The barriers of all participants.
    func barriers() throws -> [BarrierRow] { try databases.barriers() }

    var databases: Databases {
        func file(_ role: ServerRole) -> URL { URL(fileURLWithPath: databasePath(role)) }
        var participants = ["draft": file(.draft), "online": file(.online)]
        for name in ledgers.keys { participants[name] = directory.appendingPathComponent("\(name).sqlite") }
        return Databases(journal: file(.orchestrator), participants: participants)
    }
}
