import TCC

/// What a post's text may be.
public enum PostLimits {
    /// Characters (Unicode scalars) of a title, 1 to this.
    public static let longestTitle = 200
    /// Bytes of UTF-8 of a content, 0 to this.
    public static let longestContent = 512 << 10
    /// Bytes of UTF-8 of a source, 1 to this.
    public static let longestSource = 4096

    /// Checks a title and a content.
    ///
    /// - Parameters:
    ///   - title: the title.
    ///   - content: the content.
    /// - Throws: a 422 problem that names the field.
    public static func check(title: String, content: String) throws {
        guard (1...longestTitle).contains(title.unicodeScalars.count) else {
            throw Problem.invalid("title", "must have 1 to \(longestTitle) characters")
        }
        guard content.utf8.count <= longestContent else {
            throw Problem.invalid("content", "must have at most \(longestContent) bytes of UTF-8")
        }
    }

    /// Checks a source.
    ///
    /// - Parameter source: where a post comes from; nil is fine.
    /// - Throws: a 422 problem that names the field.
    public static func check(source: String?) throws {
        guard let source else { return }
        guard (1...longestSource).contains(source.utf8.count) else {
            throw Problem.invalid("source", "must have 1 to \(longestSource) bytes of UTF-8")
        }
    }
}
