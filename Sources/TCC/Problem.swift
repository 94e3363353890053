/// An error as HTTP carries it: RFC 9457 problem details with a stable `code`.
///
/// Participants refuse a try by throwing one; coordinators hand it to the caller as the reason of the cancel.
public struct Problem: Error, Hashable, Sendable, Codable {
    /// The HTTP status.
    public var status: Int
    /// A stable word for programs, such as `publish-in-progress`.
    public var code: String
    /// A sentence for people that says what to do.
    public var detail: String
    /// Whatever else helps: `field`, `gid`, `id`.
    ///
    /// Never one of the standard members.
    public var extensions: [String: JSONValue]
    /// For an answer's `Retry-After`, in whole seconds; not part of the JSON.
    public var retryAfterSeconds: Int?

    /// Makes a problem.
    ///
    /// - Parameters:
    ///   - status: the HTTP status.
    ///   - code: a stable word for programs.
    ///   - detail: a sentence for people.
    ///   - extensions: further members.
    ///   - retryAfterSeconds: when to ask again, if that may help.
    public init(
        _ status: Int,
        _ code: String,
        _ detail: String,
        extensions: [String: JSONValue] = [:],
        retryAfterSeconds: Int? = nil
    ) {
        self.status = status
        self.code = code
        self.detail = detail
        self.extensions = extensions
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// The member that only a problem about an unknown path has.
    public static let unknownPathMember = "path"

    /// A well-formed request with an invalid value: 422 `invalid-field`, naming the field.
    ///
    /// - Parameters:
    ///   - field: the field's name.
    ///   - detail: what is wrong with it, as the end of a sentence that begins with its name.
    /// - Returns: the problem, with the field's name as its `field`.
    public static func invalid(_ field: String, _ detail: String) -> Problem {
        Problem(422, "invalid-field", "\(field) \(detail)", extensions: ["field": .string(field)])
    }

    /// The same problem with one more member.
    ///
    /// - Parameters:
    ///   - name: the member.
    ///   - value: its value.
    /// - Returns: a copy that has the member, in place of an earlier one of that name.
    public func with(_ name: String, _ value: JSONValue) -> Problem {
        var copy = self
        copy.extensions[name] = value
        return copy
    }

    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(_ name: String) { self.stringValue = name }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    static let standardMembers: Set<String> = ["type", "title", "status", "code", "detail"]

    /// Reads a problem; only `code` is required.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        self.code = try container.decode(String.self, forKey: Key("code"))
        self.status = try container.decodeIfPresent(Int.self, forKey: Key("status")) ?? 0
        self.detail = try container.decodeIfPresent(String.self, forKey: Key("detail")) ?? code
        self.extensions = [:]
        for key in container.allKeys where !Self.standardMembers.contains(key.stringValue) {
            extensions[key.stringValue] = try container.decode(JSONValue.self, forKey: key)
        }
    }

    /// Writes `application/problem+json`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode("about:blank", forKey: Key("type"))
        try container.encode(code, forKey: Key("title"))
        try container.encode(status, forKey: Key("status"))
        try container.encode(code, forKey: Key("code"))
        try container.encode(detail, forKey: Key("detail"))
        for (name, value) in extensions where !Self.standardMembers.contains(name) {
            try container.encode(value, forKey: Key(name))
        }
    }
}
