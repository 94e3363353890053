import Foundation
import HTTPTypes
package import TCC
package import TCCHTTP
package import Verification

/// Calls of the past, delivered once more, as a slow network might: nothing may come of them.
package struct Repetition: Sendable {
    /// What a call of the past must be answered.
    package struct Expectation: Hashable, Sendable {
        /// `try`, `confirm` or `cancel`.
        package var operation: String
        /// The status.
        package var status: Int
        /// The outcome, or the problem's code; empty where any will do.
        package var word: String
        /// The invariant that another answer violates.
        package var invariant: Int
    }

    /// What a finished transaction's branch must say.
    ///
    /// - Parameter decision: what was decided.
    /// - Returns: a call and its answer, for each kind of call.
    package static func expectations(_ decision: Decision?) -> [Expectation] {
        decision == .confirm
            ? [
                Expectation(operation: "try", status: 200, word: "confirmed", invariant: 3),
                Expectation(operation: "confirm", status: 200, word: "confirmed", invariant: 3),
                Expectation(operation: "cancel", status: 409, word: "already-confirmed", invariant: 2),
            ]
            : [
                Expectation(operation: "try", status: 410, word: "", invariant: 9),
                Expectation(operation: "confirm", status: 409, word: "already-cancelled", invariant: 2),
                Expectation(operation: "cancel", status: 200, word: "cancelled", invariant: 2),
            ]
    }

    private let client: JSONClient
    private let authority: TokenAuthority
    private let urls: [String: String]

    /// Somebody who repeats calls.
    ///
    /// - Parameters:
    ///   - client: makes the calls.
    ///   - authority: issues its tokens.
    ///   - urls: where the participants are, by name.
    package init(client: JSONClient, authority: TokenAuthority, urls: [String: String]) {
        self.client = client
        self.authority = authority
        self.urls = urls
    }

    /// Repeats the calls of finished transactions.
    ///
    /// - Parameter entries: the transactions.
    /// - Returns: what was answered otherwise than it must be.
    /// - Throws: whatever the network met.
    package func repeatCalls(of entries: some Sequence<JournalEntry>) async throws -> [Violation] {
        try await withThrowingTaskGroup(of: [Violation].self) { group in
            for entry in entries {
                for branch in entry.branches { group.addTask { try await repeatCalls(of: entry, branch.name) } }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    private func repeatCalls(of entry: JournalEntry, _ branch: ParticipantName) async throws -> [Violation] {
        guard let base = urls[branch.description] else { return [] }
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
        var violations: [Violation] = []
        for expected in Self.expectations(entry.state.decision) {
            let answer = Answer(
                try await client.call(
                    .post,
                    "\(base)/tcc/\(expected.operation)",
                    token: try await authority.ownToken(),
                    body: try JSONCoding.encode(call),
                    timeout: .seconds(5)
                )
            )
            let found = answer.status == 200 ? answer.decode([String: String].self)?["outcome"] : answer.problem?.code
            guard answer.status != expected.status || !expected.word.isEmpty && found != expected.word else { continue }
            let what = "\(expected.operation) of the \(entry.state.rawValue) \(entry.gid) at \(branch)"
            violations.append(Violation(expected.invariant, "\(what): \(answer.status) \(answer.text)"))
        }
        return violations
    }
}
