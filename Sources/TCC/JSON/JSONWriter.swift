/// Writes JSON in UTF-8 as Foundation's encoder does it with sorted members and without escaping slashes.
///
/// Commas come by themselves; that names come sorted, by their bytes, is up to whoever writes them.
public struct JSONWriter {
    /// What has been written.
    public private(set) var bytes: [UInt8] = []
    /// Whether a value could not be written: then the bytes are worth nothing, and Codable is to be asked.
    public private(set) var hasGivenUp = false
    private var needsComma = false

    /// A writer that has written nothing.
    public init() { bytes.reserveCapacity(512) }

    /// Says that only Codable can write what comes here.
    public mutating func giveUp() { hasGivenUp = true }

    /// Begins an object.
    public mutating func beginObject() { begin(UInt8(ascii: "{")) }

    /// Ends an object.
    public mutating func endObject() { end(UInt8(ascii: "}")) }

    /// Begins an array.
    public mutating func beginArray() { begin(UInt8(ascii: "[")) }

    /// Ends an array.
    public mutating func endArray() { end(UInt8(ascii: "]")) }

    /// Writes a member of an object.
    ///
    /// - Parameters:
    ///   - name: its name.
    ///   - value: its value; nil is null.
    public mutating func member(_ name: String, _ value: (some FastJSONWritable)?) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
        if let value { value.write(into: &self) } else { null() }
    }

    /// Writes a member of an object that is left out if there is no value.
    ///
    /// - Parameters:
    ///   - name: its name.
    ///   - value: its value, if there is one.
    public mutating func member(_ name: String, ifPresent value: (some FastJSONWritable)?) {
        if let value { member(name, value) }
    }

    /// Writes a string, quoted.
    ///
    /// - Parameter value: the string.
    public mutating func string(_ value: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        var value = value
        value.withUTF8 { text in
            var runStart = 0
            for (index, byte) in text.enumerated() where byte < 0x20 || byte == 0x22 || byte == 0x5C {
                bytes.append(contentsOf: text[runStart..<index])
                appendEscaped(byte)
                runStart = index + 1
            }
            bytes.append(contentsOf: text[runStart...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes a whole number.
    ///
    /// - Parameter value: the number.
    public mutating func integer(_ value: Int64) { word(String(value)) }

    /// Writes `true` or `false`.
    ///
    /// - Parameter value: which of them.
    public mutating func bool(_ value: Bool) { word(value ? "true" : "false") }

    /// Writes `null`.
    public mutating func null() { word("null") }

    private mutating func word(_ word: String) {
        separate()
        bytes.append(contentsOf: word.utf8)
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func begin(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func end(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func appendEscaped(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x00..<0x20:
            let digits = String(byte, radix: 16)
            bytes.append(contentsOf: (byte < 0x10 ? "u000" : "u00").utf8)
            bytes.append(contentsOf: digits.utf8)
        default: bytes.append(byte)
        }
    }
}

/// An object's members of any name, to be written sorted in between those of fixed names.
struct FurtherMembers {
    private var rest: ArraySlice<(key: String, value: JSONValue)>

    init(_ members: [String: JSONValue], except own: Set<String>) {
        self.rest =
            members.filter { !own.contains($0.key) }
            .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }[...]
    }

    /// Writes those that come before a name; all that are left before none.
    mutating func write(before name: String? = nil, into writer: inout JSONWriter) {
        while let next = rest.first, name.map({ next.key.utf8.lexicographicallyPrecedes($0.utf8) }) ?? true {
            writer.member(next.key, next.value)
            rest.removeFirst()
        }
    }
}
