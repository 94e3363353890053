/// Whether the demo showed what it promised, from what the libraries and the journal hold at its end.
package struct DemoVerdict: Hashable, Sendable {
    /// Something that has to be true.
    package struct Check: Hashable, Sendable {
        /// Whether it is.
        package var isTrue: Bool
        /// What has to be true.
        package var text: String
    }

    private let posts: [PostComparison]
    private let unfinished: Int
    private let crashes: Int
    private let confirmed: Int
    private let cancelled: Int

    /// Makes a verdict.
    ///
    /// - Parameters:
    ///   - posts: each post as the two libraries have it.
    ///   - unfinished: how many transactions have not ended.
    ///   - crashes: how many processes died of themselves; two were to.
    ///   - confirmed: how many publishes were done.
    ///   - cancelled: how many were refused; one was to be.
    package init(posts: [PostComparison], unfinished: Int, crashes: Int, confirmed: Int, cancelled: Int) {
        self.posts = posts
        self.unfinished = unfinished
        self.crashes = crashes
        self.confirmed = confirmed
        self.cancelled = cancelled
    }

    /// All of them.
    package var checks: [Check] {
        let agreeing = posts.count { $0.agreement == .agree }
        let which = posts.count == 1 ? "the post" : "all \(posts.count) posts"
        return [
            Check(isTrue: agreeing == posts.count && !posts.isEmpty, text: "Both libraries agree on \(which)."),
            Check(isTrue: unfinished == 0, text: "Every transaction has ended, and none holds a post."),
            Check(
                isTrue: cancelled == 1 && crashes == 2,
                text: "\(confirmed) publishes done, \(cancelled) refused, \(crashes) processes crashed, nothing lost."
            ),
        ]
    }

    /// Whether all are true.
    package var isGood: Bool { checks.allSatisfy(\.isTrue) }

    /// The posts that the libraries do not agree on.
    package var differences: [PostComparison] { posts.filter { $0.agreement != .agree } }
}
