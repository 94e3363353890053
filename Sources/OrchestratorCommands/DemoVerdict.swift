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
    private let confirmed: Int
    private let cancelled: Int

    /// Makes a verdict.
    ///
    /// - Parameters:
    ///   - posts: each post as the two libraries have it.
    ///   - unfinished: how many transactions have not ended.
    ///   - confirmed: how many publishes were done.
    ///   - cancelled: how many were refused; one was to be.
    package init(posts: [PostComparison], unfinished: Int, confirmed: Int, cancelled: Int) {
        self.posts = posts
        self.unfinished = unfinished
        self.confirmed = confirmed
        self.cancelled = cancelled
    }

    /// All of them.
    package var checks: [Check] {
        let agreeing = posts.count { $0.agreement == .agree }
        let which = posts.count == 1 ? "the post" : "all \(posts.count) posts"
        return [
            Check(isTrue: agreeing == posts.count && !posts.isEmpty, text: "Both libraries agree on \(which)."),
            Check(isTrue: unfinished == 0, text: "No transaction is unfinished, and no reservation is left."),
            Check(
                isTrue: cancelled == 1,
                text: "\(confirmed) publishes done, \(cancelled) refused, 2 processes crashed, nothing lost."
            ),
        ]
    }

    /// Whether all are true.
    package var isGood: Bool { checks.allSatisfy(\.isTrue) }

    /// The posts that the libraries do not agree on.
    package var differences: [PostComparison] { posts.filter { $0.agreement != .agree } }
}
