import Posts
import Synchronization
package import TCC

/// What publishes were refused for because readers had seen a newer revision than the draft library knows of.
///
/// That comes of a draft library that was restored from an older copy: its next revision's number was taken before. The
/// author is told, once, since the newer text may be nowhere but with the readers; and the next publish takes the number
/// after that one, by which the draft library learns it for good.
package final class LiveRevisions: Sendable {
    /// Whoever publishes so many others in between is told again.
    private static let most = 10_000

    private let revisions = Mutex<[UUIDv7: Int]>([:])

    /// Knows of none.
    package init() {}

    /// Learns from a refusal, if there is something to be learned.
    ///
    /// - Parameters:
    ///   - refusal: the refusal.
    ///   - id: the post.
    package func learn(from refusal: Problem, of id: UUIDv7) {
        guard let live = refusal.liveRevision else { return }
        revisions.withLock { revisions in
            if revisions.count >= Self.most { revisions.removeAll() }
            revisions[id] = max(revisions[id] ?? 0, live)
        }
    }

    /// The revision that a publish must come after, if the draft library does not know it.
    ///
    /// - Parameters:
    ///   - id: the post.
    ///   - number: the number that the publish would have by the draft library.
    /// - Returns: that revision, or nil if this number can be used.
    package func ahead(of id: UUIDv7, than number: Int) -> Int? {
        revisions.withLock { $0[id] }.flatMap { $0 >= number ? $0 : nil }
    }
}
