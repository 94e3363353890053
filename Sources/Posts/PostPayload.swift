public import TCC

/// What the post transactions do.
public enum PostAction: String, Hashable, Sendable, Codable {
    /// Readers see this revision.
    case publish
    /// Readers see nothing of the post; its draft becomes private.
    case withdraw
    /// Both libraries forget a post that readers do not see.
    case delete
}

extension PostAction {
    /// The action of a try.
    ///
    /// - Parameter name: what the try says it does.
    /// - Returns: the action of this name.
    /// - Throws: 422 naming the field.
    public static func named(_ name: String) throws -> PostAction {
        guard let action = PostAction(rawValue: name) else {
            throw Problem.invalid("action", "must be publish, withdraw or delete")
        }
        return action
    }
}

/// The names of the branches of a post transaction.
public enum PostBranch {
    /// The draft service's.
    public static let draft = ParticipantName("draft")!
    /// The online service's.
    public static let online = ParticipantName("online")!
}

/// The payload of a try, for both services and all actions; a withdraw has only the first two members, and so has a
/// delete, unless its author named a revision.
public struct PostPayload: Hashable, Sendable, Codable {
    /// The post.
    public var postID: UUIDv7
    /// Its author.
    public var author: String
    /// For the draft service: the head revision that this one was made from, 0 for a new post; of a delete, the head that
    /// its author wants deleted, absent for whichever it is.
    public var baseRevision: Int?
    /// The revision to be published.
    public var revision: Int?
    /// Its title; for the draft service null if the saved revision is published.
    public var title: String?
    /// Its content; for the draft service null if the saved revision is published.
    public var content: String?
    /// For the draft service and a new post: where it comes from.
    public var source: String?

    /// Makes a payload.
    ///
    /// - Parameters:
    ///   - postID: the post.
    ///   - author: its author.
    ///   - baseRevision: the head revision that this one was made from.
    ///   - revision: the revision to be published.
    ///   - title: its title.
    ///   - content: its content.
    ///   - source: where a new post comes from.
    public init(
        postID: UUIDv7,
        author: String,
        baseRevision: Int? = nil,
        revision: Int? = nil,
        title: String? = nil,
        content: String? = nil,
        source: String? = nil
    ) {
        self.postID = postID
        self.author = author
        self.baseRevision = baseRevision
        self.revision = revision
        self.title = title
        self.content = content
        self.source = source
    }

    private enum CodingKeys: String, CodingKey {
        case postID
        case author
        case baseRevision
        case revision
        case title
        case content
        case source
    }

    /// Writes what the receiver needs: for a publish with null for a title and content that are saved already.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(postID, forKey: .postID)
        try container.encode(author, forKey: .author)
        try container.encodeIfPresent(baseRevision, forKey: .baseRevision)
        guard let revision else { return }
        try container.encode(revision, forKey: .revision)
        try container.encode(title, forKey: .title)
        try container.encode(content, forKey: .content)
        try container.encodeIfPresent(source, forKey: .source)
    }

    /// The revision, checked.
    ///
    /// - Throws: a 422 problem.
    public func checkedRevision() throws -> Int {
        guard let revision else { throw Problem.invalid("payload.revision", "is missing") }
        guard (1...Self.largestRevision).contains(revision) else {
            throw Problem.invalid("payload.revision", "must be a whole number from 1 on")
        }
        return revision
    }

    private static let largestRevision = 1 << 53
}

extension Problem {
    /// Another transaction holds the post: 409 `publish-in-progress`.
    public static let publishInProgress = Problem(
        409,
        "publish-in-progress",
        "Another transaction of this post is under way. Try again in a moment.",
        retryAfterSeconds: 1
    )

    /// The revision's number is taken, or older than what readers saw: 409 `revision-conflict`.
    public static let revisionConflict = Problem(
        409,
        "revision-conflict",
        "The post has a newer revision. Read it again before you publish."
    )

    /// What readers saw is not older: 409 `revision-conflict` with the revision that they saw, as its `liveRevision`.
    ///
    /// - Parameter live: that revision.
    /// - Returns: the problem.
    public static func revisionConflict(live: Int) -> Problem {
        Problem(
            409,
            revisionConflict.code,
            "Readers have seen revision \(live) of this post. Read it again, and publish once more to replace it.",
            extensions: [liveRevisionMember: .integer(Int64(live))]
        )
    }

    /// The revision that readers saw, if it is why a publish was refused.
    public var liveRevision: Int? {
        guard code == Problem.revisionConflict.code else { return nil }
        return extensions[Problem.liveRevisionMember]?.integer.flatMap { Int(exactly: $0) }
    }

    private static let liveRevisionMember = "liveRevision"

    /// There is nothing to withdraw: 409 `not-published`.
    public static let notPublished = Problem(409, "not-published", "Readers do not see this post.")

    /// Readers see the post that is to be deleted: 409 `post-is-live`.
    public static let postIsLive = Problem(
        409,
        "post-is-live",
        "Readers see this post. Withdraw it first, then delete it."
    )

    /// There is no such post, or it is somebody else's: 404 `not-found`.
    public static let postNotFound = Problem(404, "not-found", "There is no such post.")
}
