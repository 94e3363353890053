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
        try matches(field, tag: of(revision), weak: weak)
    }

    /// Whether a field of tags has a tag, or is `*`.
    ///
    /// - Parameters:
    ///   - field: the header's value, a list that may have empty members (RFC 9110, section 5.6.1.2).
    ///   - current: the current tag, in double quotes.
    ///   - weak: whether `W/"7"` counts as `"7"`.
    /// - Returns: true if one of the tags is the current one, or the field is `*`.
    /// - Throws: 400 if the field is not a list of entity tags.
    public static func matches(_ field: String, tag current: String, weak: Bool) throws -> Bool {
        var rest = field.utf8[...]
        func skip(_ bytes: String.UTF8View) { rest = rest.drop { bytes.contains($0) } }
        skip(" \t".utf8)
        if rest.first == UInt8(ascii: "*") {
            rest.removeFirst()
            skip(" \t".utf8)
            guard rest.isEmpty else { throw malformed }
            return true
        }
        var matches = false
        skip(", \t".utf8)
        while !rest.isEmpty {
            let isWeak = rest.starts(with: "W/".utf8)
            if isWeak { rest.removeFirst(2) }
            guard rest.first == UInt8(ascii: "\"") else { throw malformed }
            let inner = rest.dropFirst().prefix { $0 == 0x21 || $0 >= 0x23 && $0 != 0x7F }
            let tag = rest[rest.startIndex..<inner.endIndex]
            rest = rest[inner.endIndex...]
            guard rest.popFirst() == UInt8(ascii: "\"") else { throw malformed }
            if weak || !isWeak, tag.elementsEqual(current.utf8.dropLast()) { matches = true }
            skip(" \t".utf8)
            guard rest.isEmpty || rest.first == UInt8(ascii: ",") else { throw malformed }
            skip(", \t".utf8)
        }
        return matches
    }

    private static let malformed = Problem(
        400,
        "malformed-entity-tag",
        "An entity tag is a revision in double quotes, such as \"7\"."
    )
}
