import Foundation
import Harness
import Synchronization
import TCC
import Testing
import Verification

extension EndToEnd {
    /// Publishing what the draft library has saved: as it was read, and although that library came back from an older copy.
    @Suite(.serialized)
    struct SavedDraftTests {
        /// Whether a publish is.
        private final class Answered: Sendable {
            let state = Mutex(false)
        }

        private static func publish(_ id: UUIDv7, _ cluster: Cluster, _ answered: Answered) async throws -> Answer? {
            defer { answered.state.withLock { $0 = true } }
            return try await cluster.send(Request(.publishSaved(id)))
        }

        @Test func theHeadAsReadIsPublishedAlthoughSavesComeMeanwhile() async throws {
            try await withCluster { cluster in
                try await cluster.restart(.orchestrator, failpoints: "orchestrator.read-draft.after=pause(300)")
                let draft = try await cluster.makeDraft(.unique("First"))
                var saved = 0
                for _ in 1...3 {
                    let answered = Answered()
                    async let publish = Self.publish(draft.id, cluster, answered)
                    // Each save thins out the head before it.
                    while !answered.state.withLock({ $0 }) {
                        try await cluster.save(.unique("Saved meanwhile"), to: draft.id)
                        saved += 1
                    }
                    let answer = try #require(try await publish)
                    #expect(answer.status == 200, "\(answer.text)")
                }
                #expect(saved > 3, "no save came in between")
                try await cluster.quiesce()
                let after = try #require(try await cluster.draft(draft.id))
                #expect(after.revision == 1 + saved)
                // Among them: what readers see is the text of the revision that was published.
                try await cluster.checkInvariants()
            }
        }

        /// How an author publishes after the draft library has lost what was published last.
        enum Way: CaseIterable {
            case saved
            case text
            case editedThenSaved
        }

        @Test(arguments: Way.allCases, [1, 3])
        func afterTheDraftLibraryCameBackFromAnOlderCopyAPublishIsRefusedOnceAtMost(
            _ way: Way,
            _ lost: Int
        ) async throws {
            try await withCluster { cluster in
                let id = try await cluster.publishedPost()
                try await cluster.stop(.draft)
                let (file, copy) = (cluster.databasePath(.draft), cluster.directory.appendingPathComponent("copy").path)
                try FileManager.default.copyItem(atPath: file, toPath: copy)
                try await cluster.start(.draft)
                for _ in 0..<lost {
                    let request = Request(.republish(id, .unique("Lost to the draft library")))
                    #expect(try await cluster.sendUntilAnswered(request).status == 200)
                }
                try await cluster.quiesce()
                let live = try #require(try await cluster.post(id)?.revision)
                try await cluster.stop(.draft)
                try FileManager.default.removeItem(atPath: file)
                try FileManager.default.copyItem(atPath: copy, toPath: file)
                try await cluster.start(.draft)

                var statuses: [Int] = []
                var title: String?
                for attempt in 1...4 {
                    let text = RevisionText.unique("After the restore, attempt \(attempt)")
                    switch way {
                    case .saved:
                        title = try await cluster.draft(id)?.title
                        statuses.append(try await cluster.sendUntilAnswered(Request(.publishSaved(id))).status)
                    case .text:
                        title = text.title
                        statuses.append(try await cluster.sendUntilAnswered(Request(.republish(id, text))).status)
                    case .editedThenSaved:
                        if attempt == 1 { try await cluster.save(text, to: id) }
                        title = try await cluster.draft(id)?.title
                        statuses.append(try await cluster.sendUntilAnswered(Request(.publishSaved(id))).status)
                    }
                    try await cluster.quiesce()
                }
                #expect(statuses.first == 409 || statuses.first == 200, "\(statuses)")
                #expect(statuses.dropFirst().allSatisfy { $0 == 200 }, "\(statuses)")
                let (post, draft) = (try await cluster.post(id), try await cluster.draft(id))
                #expect(post?.title == title)
                #expect(draft?.title == title)
                #expect(draft?.publishedRevision == post?.revision)
                #expect(post.map { $0.revision > live } == true, "the live revision never falls")
            }
        }
    }
}
