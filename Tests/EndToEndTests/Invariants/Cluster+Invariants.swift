import Foundation
import GRDB
import HTTPTypes
import NIOCore
import TCC
import TCCHTTP
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
                left = try unfinished()
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

    private func unfinished() throws -> [String] {
        try journal().filter { !$0.isFinished }.map { "\($0.gid) \($0.state.rawValue)" }
            + barriers().filter { $0.state == .reserved }.map { "\($0.gid) \($0.branch) \($0.state.rawValue)" }
    }

    /// Waits until nothing moves, repeats calls of the past, and checks all ten invariants.
    func checkInvariants() async throws {
        for violation in try await violations() { Issue.record("\(violation)") }
    }

    /// Waits until nothing moves, repeats calls of the past, and says which invariants do not hold.
    func violations() async throws -> [Violation] {
        try await quiesce()
        try await replayCalls()
        return Invariants.violations(in: try await finalState())
    }

    /// Notes what journal and barriers say at this moment: no decision may ever change, no branch go back.
    func observeDecisions() async throws {
        for entry in try journal() {
            if let decision = entry.state.decision {
                history.observed(decision.rawValue, of: "\(entry.gid)", invariant: 1)
            }
        }
        for row in try barriers() where row.state != .reserved {
            history.observed(row.state.rawValue, of: "\(row.gid) \(row.branch) at \(row.participant)", invariant: 2)
        }
    }

    func finalState() async throws -> FinalState {
        var state = FinalState()
        state.journal = try journal()
        state.barriers = try barriers()
        state.spent = try await quota.spent()
        state.history = history.content
        for author in state.history.authors.sorted() {
            for item in try await drafts(of: author) {
                state.drafts.append(try #require(try await draft(item.id, of: author), "a listed draft can be read"))
            }
            for item in try await posts(of: author) {
                state.posts.append(try #require(try await post(item.id), "a listed post can be read"))
            }
        }
        for draft in state.drafts where !state.posts.contains(where: { $0.id == draft.id }) {
            #expect(try await post(draft.id) == nil, "a live post is missing in its author's list")
        }
        return state
    }

    // MARK: Calls of the past

    /// Delivers tries, confirms and cancels once more, as a slow network might: nothing may come of them.
    private func replayCalls() async throws {
        let entries = try journal().filter { !$0.branches.isEmpty }.suffix(Self.mostReplayed)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for entry in entries {
                for branch in entry.branches { group.addTask { try await self.replay(entry, branch.name) } }
            }
            try await group.waitForAll()
        }
    }

    private func replay(_ entry: JournalEntry, _ branch: ParticipantName) async throws {
        guard let base = participantURLs[branch.description] else { return }
        let payload = TryPayload(
            postID: entry.postID ?? entry.gid,
            author: "alice",
            baseRevision: 0,
            revision: 1,
            title: "A try after its end",
            content: ""
        )
        let deadline = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) + .seconds(30)
        let call = BranchCall(gid: entry.gid, branch: branch, action: "publish", deadline: deadline, payload: payload)
        let isConfirmed = entry.state.decision == .confirm
        let expected: [(operation: String, status: Int, word: String, invariant: Int)] =
            isConfirmed
            ? [("try", 200, "confirmed", 3), ("confirm", 200, "confirmed", 3), ("cancel", 409, "already-confirmed", 2)]
            : [("try", 410, "", 9), ("confirm", 409, "already-cancelled", 2), ("cancel", 200, "cancelled", 2)]
        for (operation, status, word, invariant) in expected {
            let answer = Answer(
                try await client.call(
                    .post,
                    "\(base)/tcc/\(operation)",
                    token: try await authority.ownToken(),
                    body: try JSONCoding.encode(call),
                    timeout: .seconds(5)
                )
            )
            let found = answer.status == 200 ? answer.decode([String: String].self)?["outcome"] : answer.problem?.code
            if answer.status != status || !word.isEmpty && found != word {
                let text =
                    "\(operation) of the \(entry.state.rawValue) \(entry.gid) at \(branch): \(answer.status) \(answer.text)"
                history.contradicted(Violation(invariant, text))
            }
        }
    }

    private var participantURLs: [String: String] {
        ledgers.mapValues { "http://127.0.0.1:\($0)" }
            .merging(["draft": url(.draft), "online": url(.online)]) { own, _ in own }
    }

    // MARK: Reading the databases

    /// The journal, oldest transaction first.
    func journal() throws -> [JournalEntry] {
        try read(databasePath(.orchestrator)) { try JournalEntry.all(in: $0) } ?? []
    }

    /// The barriers of all participants.
    func barriers() throws -> [BarrierRow] {
        let ledgers = ledgers.keys.sorted().map { ($0, directory.appendingPathComponent("\($0).sqlite").path) }
        return try ([("draft", databasePath(.draft)), ("online", databasePath(.online))] + ledgers)
            .flatMap { participant, path in try read(path) { try BarrierRow.all(of: participant, in: $0) } ?? [] }
    }

    /// Reads a database that a server may have open, without touching it; nil if there is none.
    private func read<Value>(_ path: String, _ perform: (Database) throws -> Value) throws -> Value? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(2)
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        defer {
            do { try queue.close() } catch { Issue.record(error) }
        }
        return try queue.read(perform)
    }
}
