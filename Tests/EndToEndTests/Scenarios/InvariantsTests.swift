import Foundation
import GRDB
import Harness
import TCC
import Testing
import Verification

extension EndToEnd {
    /// The checker itself: whatever is broken on purpose, it has to notice.
    @Suite(.serialized)
    struct InvariantsTests {
        /// One thing that is wrong, and the invariant that it violates.
        struct Breakage: Sendable, CustomTestStringConvertible {
            let testDescription: String
            let invariant: Int
            let apply: @Sendable (inout FinalState) -> Void

            init(_ invariant: Int, _ description: String, _ apply: @escaping @Sendable (inout FinalState) -> Void) {
                self.invariant = invariant
                self.testDescription = description
                self.apply = apply
            }
        }

        private static let breakages = [
            Breakage(1, "a second decision in a timeline") { $0.journal[0].decisions = 2 },
            Breakage(1, "the journal cancelled what was answered 200") { $0.journal[0].state = .cancelled },
            Breakage(2, "a branch confirmed in the journal and cancelled there") { $0.barriers[0].state = .cancelled },
            Breakage(3, "a charge that was spent twice") { $0.spent += 1 },
            Breakage(3, "a charge that was not spent") { $0.spent -= 1 },
            Breakage(3, "a live post that nothing published") { $0.posts[0].id = .ofNow() },
            Breakage(3, "a live post with another text") { $0.posts[0].content = "tampered" },
            Breakage(3, "a post that is live twice") { $0.posts[1].title = $0.posts[0].title },
            Breakage(4, "an answered publish that is not live") { $0.posts.removeFirst() },
            Breakage(4, "an answered publish that the draft does not know") { state in
                for index in state.drafts.indices { state.drafts[index].publishedRevision = nil }
            },
            Breakage(4, "a live revision that fell before a reader") { state in
                let seen = state.history.sightings.first { $0.library == .online }
                guard var seen else { return }
                for revision in [9, 8] {
                    seen.revision = revision
                    state.history.saw(seen)
                }
            },
            Breakage(5, "two texts of one revision") { state in
                for index in state.drafts.indices { state.drafts[index].title += "!" }
            },
            Breakage(5, "a visible post of a private draft") { state in
                for index in state.drafts.indices { state.drafts[index].status = "private" }
            },
            Breakage(6, "a reservation in a barrier") { $0.barriers[0].state = .reserved },
            Breakage(6, "a draft that is held") { $0.drafts[0].pendingTransaction = .ofNow() },
            Breakage(7, "a barrier row too few") { $0.barriers.removeFirst() },
            Breakage(7, "a barrier row that the journal has not") { $0.barriers[0].gid = .ofNow() },
            Breakage(7, "a branch that has not acknowledged") { $0.journal[0].branches[0].isAcknowledged = false },
            Breakage(8, "a transaction that has not ended") { $0.journal[0].isFinished = false },
            Breakage(9, "a try after a cancel") { $0.history.contradictions.append(Violation(9, "a try")) },
            Breakage(10, "the text of a cancelled publish in a library") { state in
                state.posts[0].title = cancelledTitle(in: state)
            },
            Breakage(10, "the text of a cancelled publish before a reader") { state in
                let title = cancelledTitle(in: state)
                state.history.saw(.init(library: .online, post: .ofNow(), revision: 1, title: title))
            },
        ]

        private static func cancelledTitle(in state: FinalState) -> String {
            let refused = state.history.attempts.filter { $0.answer?.status == 409 }
            return refused.compactMap { $0.request.text?.title }.first ?? ""
        }

        @Test func everyBrokenInvariantIsNoticed() async throws {
            try await withCluster { cluster in
                try await cluster.quota.grant(1, to: "alice")
                for work in [Work.chargedPublish, .republish, .refusedPublish] {
                    try await cluster.sendUntilAnswered(try await work.prepare(in: cluster))
                    if work == .chargedPublish { try await Self.exhaustQuota(in: cluster) }
                }
                try await eventually("the reader has seen the posts") {
                    cluster.history.content.sightings.contains { $0.library == .online }
                }
                #expect(try await cluster.violations().isEmpty)
                let whole = try await cluster.finalState()
                for breakage in Self.breakages {
                    var broken = whole
                    breakage.apply(&broken)
                    let found = Invariants.violations(in: broken).map(\.invariant)
                    #expect(found.contains(breakage.invariant), "not noticed: \(breakage.testDescription)")
                }
            }
        }

        private static func exhaustQuota(in cluster: Cluster) async throws {
            while try await cluster.sendUntilAnswered(Request(.other(participants: ["quota"]))).status == 200 {}
        }

        /// A participant that forgot its tombstone takes a delayed try: calling again what was said before shows it.
        @Test func aForgottenTombstoneIsNoticed() async throws {
            try await withCluster { cluster in
                let request = try await Work.refusedPublish.prepare(in: cluster)
                #expect(try await cluster.sendUntilAnswered(request).status == 409)
                try await cluster.quiesce()
                let database = try DatabaseQueue(path: cluster.databasePath(.draft))
                try await database.write { try $0.execute(sql: "DELETE FROM barrier") }
                try database.close()
                let found = Set(try await cluster.violations().map(\.invariant))
                #expect(found.isSuperset(of: [7, 9]), "\(found)")
            }
        }

        @Test func aChangedDecisionIsNoticed() async throws {
            try await withCluster { cluster in
                _ = try await cluster.publishedPost()
                try await cluster.quiesce()
                let database = try DatabaseQueue(path: cluster.databasePath(.orchestrator))
                try await database.write { try $0.execute(sql: "UPDATE transactions SET state = 'cancelled'") }
                try database.close()
                #expect(try await cluster.violations().contains { $0.invariant == 1 && $0.found.contains("became") })
            }
        }
    }
}
