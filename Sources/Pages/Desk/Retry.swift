package import TCC

/// How to ask again for what was not done, or is not known to be done: a form.
package struct Retry: Hashable, Sendable {
    /// Where the form is sent.
    package var action: String
    /// Where the new transaction's steps are, which does not have its name yet.
    package var progressHref: String
    /// The session's form token.
    package var formToken: String
    /// What makes the new transaction happen once, however often the form is sent.
    package var key: String
    /// What the draft's head has to be; empty for whatever it is.
    package var revision: String

    /// A form.
    init(_ action: String, post: UUIDv7, formToken: String, key: String, revision: String) {
        self.action = "/write/\(post)/\(action)"
        self.progressHref = "/write/\(post)/progress"
        self.formToken = formToken
        self.key = key
        self.revision = revision
    }

    /// A form for the same as a transaction that was called off; nil if it was not, or if the same would be refused again.
    ///
    /// - Parameters:
    ///   - record: the transaction; its gid is the next one's key.
    ///   - post: its post.
    ///   - token: the session's form token.
    package init?(of record: TransactionRecord, post: UUIDv7, token: String) {
        guard record.state.decision == .cancel, ["publish", "withdraw", "delete"].contains(record.action),
            record.reason.map({ Self.mayHelp(against: $0.code) }) ?? true
        else { return nil }
        let revision =
            if record.action == "publish", case .integer(let number) = record.labels["revision"] {
                String(number)
            } else { "" }
        self.init(record.action, post: post, formToken: token, key: record.gid.description, revision: revision)
    }

    /// Whether asking for the same again may have another end.
    ///
    /// - Parameter code: why it was refused.
    /// - Returns: false where the post itself stands in the way, or the request.
    package static func mayHelp(against code: String) -> Bool { !lasting.contains(code) }

    private static let lasting: Set<String> = [
        "body-too-large", "idempotency-key-reused", "invalid-field", "invalid-token", "not-found", "not-published",
        "post-is-live", "revision-conflict", "stale-revision", "token-required", "wrong-role",
    ]
}
