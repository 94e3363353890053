package import Posts
package import TCC

/// What there is to do with a file, seeing what the two libraries have of it.
package enum PublicationPlan: Hashable, Sendable {
    /// Nobody has its post: publish a new one.
    case create
    /// Readers see it as it is.
    case skip(UUIDv7, revision: Int)
    /// It is saved as its post's head, and readers do not see that: publish what is saved.
    case publishSaved(UUIDv7, revision: Int)
    /// It is new to its post: publish its text as the revision after this one.
    case publishText(UUIDv7, after: Int)

    /// What readers see is looked at first: only a difference makes the saved draft worth reading.
    ///
    /// - Parameters:
    ///   - text: the file.
    ///   - live: what readers see of its post; nil for nothing.
    /// - Returns: to skip it, or nil if the draft decides.
    package static func from(_ text: PostText, live: Post?) -> PublicationPlan? {
        guard let live, equal(live.title, text.title), equal(live.content, text.content) else { return nil }
        return .skip(live.id, revision: live.revision)
    }

    /// What to do with a file that readers do not see as it is.
    ///
    /// - Parameters:
    ///   - text: the file.
    ///   - head: its post's saved draft.
    /// - Returns: to publish what is saved, or the file's text.
    package static func from(_ text: PostText, head: Draft) -> PublicationPlan {
        let isSaved = equal(head.title, text.title) && equal(head.content, text.content)
        return isSaved ? .publishSaved(head.id, revision: head.revision) : .publishText(head.id, after: head.revision)
    }

    /// By bytes: to `==` two spellings of an accented letter are one, but a content is published as it is written.
    private static func equal(_ left: String?, _ right: String) -> Bool {
        guard let left else { return false }
        return left.utf8.elementsEqual(right.utf8)
    }
}
