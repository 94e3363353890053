extension String: FastJSONReadable, FastJSONWritable {
    /// Reads a string.
    public init(scanning scanner: inout JSONScanner) throws(JSONDoubt) { self = try scanner.string() }

    /// Writes it, quoted.
    public func write(into writer: inout JSONWriter) { writer.string(self) }
}

extension Int: FastJSONReadable, FastJSONWritable {
    /// Reads a whole number.
    public init(scanning scanner: inout JSONScanner) throws(JSONDoubt) {
        guard let value = Int(exactly: try scanner.integer()) else { throw JSONDoubt() }
        self = value
    }

    /// Writes the number.
    public func write(into writer: inout JSONWriter) { writer.integer(Int64(self)) }
}

extension Bool: FastJSONReadable, FastJSONWritable {
    /// Reads `true` or `false`.
    public init(scanning scanner: inout JSONScanner) throws(JSONDoubt) { self = try scanner.bool() }

    /// Writes `true` or `false`.
    public func write(into writer: inout JSONWriter) { writer.bool(self) }
}

extension Array: FastJSONReadable where Element: FastJSONReadable {
    /// Reads an array.
    public init(scanning scanner: inout JSONScanner) throws(JSONDoubt) {
        self = []
        try scanner.beginArray()
        while try scanner.hasElement() { append(try Element(scanning: &scanner)) }
    }
}

extension Array: FastJSONWritable where Element: FastJSONWritable {
    /// Writes an array.
    public func write(into writer: inout JSONWriter) {
        writer.beginArray()
        for element in self { element.write(into: &writer) }
        writer.endArray()
    }
}

extension Dictionary: FastJSONReadable where Key == String, Value: FastJSONReadable {
    /// Reads an object, no name of which may be there twice.
    public init(scanning scanner: inout JSONScanner) throws(JSONDoubt) {
        self = [:]
        try scanner.beginObject()
        while let name = try scanner.nextName() {
            guard updateValue(try Value(scanning: &scanner), forKey: try name.text()) == nil else { throw JSONDoubt() }
        }
    }
}

extension Dictionary: FastJSONWritable where Key == String, Value: FastJSONWritable {
    /// Writes an object.
    public func write(into writer: inout JSONWriter) {
        writer.beginObject()
        for (name, value) in sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            writer.member(name, value)
        }
        writer.endObject()
    }
}

extension FastJSONReadable where Self: RawRepresentable, RawValue == String {
    /// Reads one of the words.
    public init(scanning scanner: inout JSONScanner) throws(JSONDoubt) {
        guard let value = Self(rawValue: try scanner.string()) else { throw JSONDoubt() }
        self = value
    }
}

extension FastJSONWritable where Self: RawRepresentable, RawValue == String {
    /// Writes the word.
    public func write(into writer: inout JSONWriter) { writer.string(rawValue) }
}

extension JSONValue: FastJSONReadable, FastJSONWritable {
    /// Reads whichever value is there; a doubt for a number that is not whole.
    public init(scanning scanner: inout JSONScanner) throws(JSONDoubt) {
        switch scanner.nextByte() {
        case UInt8(ascii: "\""): self = .string(try scanner.string())
        case UInt8(ascii: "{"): self = .object(try [String: JSONValue](scanning: &scanner))
        case UInt8(ascii: "["): self = .array(try [JSONValue](scanning: &scanner))
        case UInt8(ascii: "t"), UInt8(ascii: "f"): self = .bool(try scanner.bool())
        case UInt8(ascii: "n") where try scanner.skipNull(): self = .null
        default: self = .integer(try scanner.integer())
        }
    }

    /// Writes the value; Codable is to write a number that is not whole.
    public func write(into writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let value): writer.bool(value)
        case .integer(let value): writer.integer(value)
        case .number: writer.giveUp()
        case .string(let value): writer.string(value)
        case .array(let values): values.write(into: &writer)
        case .object(let members): members.write(into: &writer)
        }
    }
}
