/// A type that is read from JSON without Codable, which costs a hot path more than all of its other work.
///
/// `Decodable` stays the definition: a reader accepts only what that accepts, with the same value, and wherever it is not
/// sure it gives up, so that Codable has the last word on what is valid and on how an error reads.
public protocol FastJSONReadable: Decodable {
    /// Reads the value that comes next.
    ///
    /// - Parameter scanner: where it comes from.
    /// - Throws: a doubt, at whatever is not plainly as expected: a member that is unknown or there twice, a number with
    ///   a fraction, a missing member.
    init(scanning scanner: inout JSONScanner) throws(JSONDoubt)
}

/// A type that is written as JSON without Codable: the same bytes as with it, members in the order of their names.
public protocol FastJSONWritable: Encodable {
    /// Writes the value, or gives up (``JSONWriter/giveUp()``) if only Codable knows how.
    ///
    /// - Parameter writer: where it goes.
    func write(into writer: inout JSONWriter)
}

/// A fast reader is not sure: Codable is to be asked.
///
/// It says nothing about whether the JSON is valid.
public struct JSONDoubt: Error {
    /// Makes a doubt.
    public init() {}
}

/// A member of an object that is being read; null is the same as none, as it is for an optional of Codable's.
public struct JSONMember<Value: FastJSONReadable> {
    /// What it is, if it is there and not null.
    public private(set) var value: Value?
    private var isRead = false

    /// A member that has not been met yet.
    public init() {}

    /// Reads the member.
    ///
    /// - Parameter scanner: stands before its value.
    /// - Throws: a doubt if it is there for the second time.
    public mutating func read(_ scanner: inout JSONScanner) throws(JSONDoubt) {
        if isRead { throw JSONDoubt() }
        isRead = true
        if try !scanner.skipNull() { value = try Value(scanning: &scanner) }
    }

    /// The value of a member that must be there.
    ///
    /// - Throws: a doubt if it is not.
    public func required() throws(JSONDoubt) -> Value {
        guard let value else { throw JSONDoubt() }
        return value
    }
}
