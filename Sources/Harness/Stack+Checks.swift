import HTTPTypes
import TCCHTTP
package import Verification

extension Stack {
    /// Lets authors spend posts of their quota.
    ///
    /// - Parameters:
    ///   - posts: how many each.
    ///   - authors: the authors.
    /// - Throws: a ``HarnessFailure`` if the ledger refuses.
    package func grant(_ posts: Int, to authors: [String]) async throws {
        struct Grant: Encodable {
            let author: String
            let posts: Int
        }
        for author in authors {
            let answer = try await call(
                url(.quota),
                .post,
                "/v1/grants",
                as: .anOperator,
                body: try JSONCoding.encode(Grant(author: author, posts: posts)),
                timeout: .seconds(5)
            )
            guard answer.status == 200 else {
                throw HarnessFailure(HarnessFailure.unknown, "the ledger grants nothing: \(answer.text)")
            }
        }
    }

    /// Repeats calls of the last transactions.
    ///
    /// - Parameter most: of how many.
    /// - Returns: what was answered otherwise than it must be.
    /// - Throws: whatever the network met.
    package func repeatCalls(most: Int) async throws -> [Violation] {
        var urls: [String: String] = [:]
        for party in Party.participants { urls[party.branch ?? ""] = url(party) }
        // What has no end has no answer that must stay.
        let entries = try databases.entries().filter { !$0.branches.isEmpty && $0.isFinished }
        return try await Repetition(client: client, authority: authority, urls: urls)
            .repeatCalls(of: entries.suffix(most))
    }
}

extension Recorder {
    /// Notes what both sides know at the end.
    ///
    /// - Parameters:
    ///   - stack: the processes.
    ///   - authors: who may have posts.
    /// - Throws: what keeps it from being read.
    package func dump(_ stack: Stack, authors: [String]) async throws {
        for entry in try stack.databases.entries() { note(.journal(entry)) }
        for row in try stack.databases.barriers() { note(.barrier(row)) }
        let (drafts, posts) = try await stack.libraries.everything(of: authors)
        for draft in drafts { note(.draft(draft)) }
        for post in posts { note(.post(post)) }
        for violation in try stack.databases.leftHolds() { note(.contradiction(violation)) }
        let deleted = recording.state.effects.filter(\.isDelete).map(\.post)
        for violation in try stack.databases.remains(of: deleted) { note(.contradiction(violation)) }
        let spent = try stack.databases.spent()
        note(.spent(spent.values.reduce(0, +), authors: spent))
    }
}
