import TCC

/// How the drafts of a list stand: `?status=`.
public enum DraftFilter: String, Hashable, Sendable, CaseIterable {
    /// Never published.
    case unpublished
    /// Readers see it, at whatever revision.
    case published
    /// Withdrawn.
    case `private`
    /// Readers see it, and its head is newer than what they see.
    case changed

    /// Reads a query's value.
    ///
    /// - Parameter name: the value.
    /// - Returns: the filter of this name.
    /// - Throws: 422 naming the parameter.
    public static func named(_ name: String) throws -> DraftFilter {
        guard let filter = DraftFilter(rawValue: name) else {
            let names = allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem.invalid("status", "must be one of \(names)")
        }
        return filter
    }

    /// As SQL over `drafts d`.
    var condition: String {
        switch self {
        case .unpublished, .published, .private: "d.status = '\(rawValue)'"
        case .changed: "d.status = 'published' AND d.head_revision > d.published_revision"
        }
    }
}
