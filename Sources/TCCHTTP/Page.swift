import Foundation
public import TCC

/// One page of a list: `{items, nextCursor}`.
public struct Page<Item: Codable & Sendable>: Codable, Sendable {
    /// The items, without their content.
    public var items: [Item]
    /// Where the next page begins, if there is one.
    public var nextCursor: String?

    /// Makes a page from one item more than it may hold.
    ///
    /// - Parameters:
    ///   - rows: up to `limit` + 1 items.
    ///   - limit: how many it may hold.
    ///   - cursor: the place after an item.
    public init(rows: [Item], limit: Int, cursor: (Item) -> String) {
        self.items = Array(rows.prefix(limit))
        self.nextCursor = rows.count > limit ? items.last.map { PageRequest.encode(cursor($0)) } : nil
    }

    private enum CodingKeys: String, CodingKey {
        case items
        case nextCursor
    }

    /// Writes JSON with null for an absent cursor.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(items, forKey: .items)
        try container.encode(nextCursor, forKey: .nextCursor)
    }
}

extension Page: FastJSONWritable where Item: FastJSONWritable {
    /// Writes JSON with null for an absent cursor.
    public func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("items", items)
        writer.member("nextCursor", nextCursor)
        writer.endObject()
    }
}

/// What a caller wants of a list: `?limit=&cursor=`.
public struct PageRequest: Hashable, Sendable {
    /// How many items at most, 1 to 100.
    public var limit: Int
    /// The place after which to begin.
    public var after: String?

    /// Reads a request's query.
    ///
    /// - Parameter request: the request.
    /// - Throws: 422 naming the parameter.
    public init(_ request: APIRequest) throws {
        self.limit = 20
        if let text = request.query("limit") {
            guard let limit = Int(text), (1...100).contains(limit) else {
                throw Problem.invalid("limit", "must be a whole number from 1 to 100")
            }
            self.limit = limit
        }
        if let text = request.query("cursor") {
            guard let place = Self.decode(text) else {
                throw Problem.invalid("cursor", "must be the nextCursor of a page of this list")
            }
            self.after = place
        }
    }

    /// The place after which to begin, as an identifier.
    ///
    /// - Throws: 422 if the cursor is not one of such a list.
    public func afterIdentifier() throws -> UUIDv7? {
        guard let after else { return nil }
        guard let identifier = UUIDv7(after) else {
            throw Problem.invalid("cursor", "must be the nextCursor of a page of this list")
        }
        return identifier
    }

    static func encode(_ place: String) -> String {
        Data(place.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
    }

    private static func decode(_ cursor: String) -> String? {
        let plain = cursor.replacing("-", with: "+").replacing("_", with: "/")
        let padded = plain + String(repeating: "=", count: (4 - plain.count % 4) % 4)
        guard let data = Data(base64Encoded: padded), !data.isEmpty else { return nil }
        return String(data: data, encoding: .utf8)
    }
}
