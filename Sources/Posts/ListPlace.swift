public import TCC

/// A place in a list that is ordered by a time, latest first, and by id where two times are one millisecond.
public struct ListPlace: Hashable, Sendable {
    /// The time that the list is ordered by.
    public var time: Timestamp
    /// The post.
    public var id: UUIDv7

    /// Makes a place.
    ///
    /// - Parameters:
    ///   - time: the time that the list is ordered by.
    ///   - id: the post.
    public init(time: Timestamp, id: UUIDv7) {
        self.time = time
        self.id = id
    }

    /// Reads what ``text`` writes.
    ///
    /// - Parameter text: a cursor's text.
    public init?(_ text: String) {
        let parts = text.split(separator: "/")
        guard parts.count == 2, let milliseconds = Int64(parts[0]), let id = UUIDv7(parts[1]) else { return nil }
        self.time = Timestamp(milliseconds: milliseconds)
        self.id = id
    }

    /// Reads a page's cursor.
    ///
    /// - Parameter cursor: the place after which the page begins, if it is not the first.
    /// - Throws: 422 naming the cursor.
    /// - Returns: the place, or nil for the first page.
    public static func of(cursor: String?) throws -> ListPlace? {
        guard let cursor else { return nil }
        guard let place = ListPlace(cursor) else {
            throw Problem.invalid("cursor", "must be the nextCursor of a page of this list")
        }
        return place
    }

    /// A text for a cursor.
    public var text: String { "\(time.milliseconds)/\(id)" }
}
