import TCC

/// Revisions as entity tags (RFC 9110, section 8.8.3): `"7"`.
public enum EntityTag {
    /// The tag of a revision.
    ///
    /// - Parameter revision: the revision.
    /// - Returns: the revision in double quotes.
    public static func of(_ revision: Int) -> String { "\"\(revision)\"" }

    /// Whether a field of tags (`If-Match`, `If-None-Match`) has a revision's tag, or is `*`.
    ///
    /// - Parameters:
    ///   - field: the header's value.
    ///   - revision: the current revision.
    ///   - weak: whether `W/"7"` counts as `"7"`, as for `If-None-Match`.
    /// - Returns: true if one of the tags is the revision's, or the field is `*`.
    /// - Throws: 400 if the field is not a list of entity tags.
    public static func matches(_ field: String, _ revision: Int, weak: Bool) throws -> Bool {
        let field = field.drop { $0 == " " }
        if field == "*" { return true }
        var matches = false
        for part in field.split(separator: ",", omittingEmptySubsequences: true) {
            var tag = part.drop { $0 == " " }
            while tag.last == " " { tag.removeLast() }
            let isWeak = tag.hasPrefix("W/")
            if isWeak { tag = tag.dropFirst(2) }
            guard tag.count >= 2, tag.first == "\"", tag.last == "\"" else {
                throw Problem(
                    400,
                    "malformed-entity-tag",
                    "An entity tag is a revision in double quotes, such as \"7\"."
                )
            }
            if weak || !isWeak, tag == of(revision) { matches = true }
        }
        return matches
    }
}
