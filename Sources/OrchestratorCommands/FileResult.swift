package import TCC

/// What became of a file.
package enum FileResult: Hashable, Sendable {
    /// Readers see it, or will.
    case published(PublishedPost)
    /// Readers saw it already.
    case skipped(UUIDv7, revision: Int)
    /// It is not published.
    case refused(Refusal)
}

/// A file's post, once it is published.
package struct PublishedPost: Hashable, Sendable {
    /// The post.
    package var id: String
    /// The revision that was published.
    package var revision: Int64?
    /// The transaction.
    package var gid: GlobalTransactionID
    /// Whether not every library has it yet.
    package var isAccepted: Bool

    /// Takes what a transaction shows.
    ///
    /// - Parameters:
    ///   - record: the transaction.
    ///   - isAccepted: whether not every library has it yet.
    package init(_ record: TransactionRecord, isAccepted: Bool) {
        self.id = record.labels["postID"]?.string ?? ""
        self.revision = record.labels["revision"]?.integer
        self.gid = record.gid
        self.isAccepted = isAccepted
    }

    /// For scripts.
    package var status: String { isAccepted ? "accepted" : "confirmed" }
}

/// Why a file is not published.
package struct Refusal: Hashable, Sendable {
    /// Whom it is due to.
    package enum Cause: Hashable, Sendable {
        /// The file, or its post.
        case file
        /// A service that answers, but cannot do it now.
        case outage
        /// A service that does not answer.
        case unreachable
    }

    /// A stable word for programs.
    package var code: String
    /// A sentence for people.
    package var detail: String
    /// Whom it is due to.
    package var cause: Cause

    /// Makes a refusal.
    ///
    /// - Parameters:
    ///   - code: a stable word for programs.
    ///   - detail: a sentence for people.
    ///   - cause: whom it is due to.
    package init(code: String, detail: String, cause: Cause) {
        self.code = code
        self.detail = detail
        self.cause = cause
    }

    /// A problem with a file.
    ///
    /// - Parameters:
    ///   - problem: the problem.
    ///   - cause: whom it is due to.
    package init(_ problem: Problem, cause: Cause = .file) {
        self.init(code: problem.code, detail: problem.detailWithAdvice, cause: cause)
    }

    /// Somebody ended the command before it was known what became of the file.
    package static let interrupted = Refusal(
        code: "interrupted",
        detail: "Interrupted; it may be published or not.",
        cause: .outage
    )

    /// The file was not looked at, because one before it met an outage.
    package static func notTried(because first: Refusal) -> Refusal {
        Refusal(code: "not-tried", detail: "Stopped after: \(first.detail)", cause: first.cause)
    }
}
