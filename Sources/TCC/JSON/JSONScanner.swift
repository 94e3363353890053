/// Reads JSON (RFC 8259) from bytes, front to back, and strictly: what it takes is JSON in valid UTF-8.
///
/// An object is read by `beginObject()` and then, while `nextName()` gives one, the value that stands behind it; an array
/// by `beginArray()` and a value while `hasElement()`. Whatever is not as asked for is a ``JSONDoubt``.
public struct JSONScanner {
    private static let deepestNesting = 64

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private var depth = 0
    /// Whether nothing has been read yet of the object or array that was begun last.
    private var isAtFirst = false

    private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// Reads one value and nothing else.
    ///
    /// - Parameters:
    ///   - type: what it should be.
    ///   - bytes: all of the JSON.
    /// - Returns: the value, or nil if Codable is to be asked.
    public static func read<Value: FastJSONReadable>(
        _ type: Value.Type,
        from bytes: UnsafeBufferPointer<UInt8>
    ) -> Value? {
        var scanner = JSONScanner(bytes)
        do throws(JSONDoubt) {
            let value = try Value(scanning: &scanner)
            scanner.skipSpace()
            return scanner.position == bytes.count ? value : nil
        } catch {
            return nil
        }
    }

    /// Enters an object.
    ///
    /// - Throws: a doubt if none comes next.
    public mutating func beginObject() throws(JSONDoubt) { try begin(with: UInt8(ascii: "{")) }

    /// Goes to the next member of the object.
    ///
    /// - Returns: its name; or nil at the object's end, which is left.
    /// - Throws: a doubt if there is no JSON, or an escape in the name.
    public mutating func nextName() throws(JSONDoubt) -> JSONName? {
        guard try !isAtEnd(UInt8(ascii: "}")) else { return nil }
        let (bytes, isASCII, isWhole) = try run()
        guard isWhole else { throw JSONDoubt() }
        position += 1
        guard take(UInt8(ascii: ":")) else { throw JSONDoubt() }
        return JSONName(bytes: bytes, isASCII: isASCII)
    }

    /// Enters an array.
    ///
    /// - Throws: a doubt if none comes next.
    public mutating func beginArray() throws(JSONDoubt) { try begin(with: UInt8(ascii: "[")) }

    /// Goes to the next element of the array.
    ///
    /// - Returns: whether there is one; if not, the array is left.
    /// - Throws: a doubt if there is no JSON.
    public mutating func hasElement() throws(JSONDoubt) -> Bool { try !isAtEnd(UInt8(ascii: "]")) }

    /// Reads a string.
    ///
    /// - Returns: the string, its escapes resolved.
    /// - Throws: a doubt if none comes next, or one with a surrogate in an escape.
    public mutating func string() throws(JSONDoubt) -> String {
        let (bytes, isASCII, isWhole) = try run()
        guard isWhole else { return try stringWithEscapes(from: position - bytes.count) }
        position += 1
        return try String(json: bytes, isASCII: isASCII)
    }

    /// The bytes of a string that comes next up to its end, where they are whole, or its first escape, which is then at
    /// the position.
    private mutating func run() throws(JSONDoubt) -> (
        bytes: UnsafeBufferPointer<UInt8>, isASCII: Bool, isWhole: Bool
    ) {
        guard take(UInt8(ascii: "\"")) else { throw JSONDoubt() }
        let first = position
        var allBits: UInt8 = 0
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                let run = UnsafeBufferPointer(rebasing: bytes[first..<position])
                return (run, allBits < 0x80, byte == UInt8(ascii: "\""))
            }
            if byte < 0x20 { throw JSONDoubt() }
            allBits |= byte
            position += 1
        }
        throw JSONDoubt()
    }

    /// Reads a whole number of 64 bits, without a fraction or an exponent.
    ///
    /// - Returns: the number.
    /// - Throws: a doubt if none comes next; that is as well `-0`.
    public mutating func integer() throws(JSONDoubt) -> Int64 {
        skipSpace()
        let isNegative = take(UInt8(ascii: "-"))
        let first = position
        var value: Int64 = 0
        while position < bytes.count, case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10 {
            let (product, overflows) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowsToo) = product.addingReportingOverflow(isNegative ? -Int64(digit) : Int64(digit))
            if overflows || overflowsToo { throw JSONDoubt() }
            value = sum
            position += 1
        }
        // No digits, or a zero before others; a fraction or an exponent meets whoever expects what follows a value.
        let digits = position - first
        if digits == 0 || (bytes[first] == UInt8(ascii: "0") && (digits > 1 || isNegative)) { throw JSONDoubt() }
        return value
    }

    /// Reads `true` or `false`.
    ///
    /// - Returns: which of them.
    /// - Throws: a doubt if neither comes next.
    public mutating func bool() throws(JSONDoubt) -> Bool {
        if skip("true") { return true }
        if skip("false") { return false }
        throw JSONDoubt()
    }

    /// Passes over `null`.
    ///
    /// - Returns: whether it was there.
    /// - Throws: a doubt if something that only begins like it is there.
    public mutating func skipNull() throws(JSONDoubt) -> Bool {
        guard nextByte() == UInt8(ascii: "n") else { return false }
        guard skip("null") else { throw JSONDoubt() }
        return true
    }

    /// The byte with which the next value begins, or nil at the end.
    mutating func nextByte() -> UInt8? {
        skipSpace()
        return position < bytes.count ? bytes[position] : nil
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): position += 1
            default: return
            }
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard nextByte() == byte else { return false }
        position += 1
        return true
    }

    private mutating func skip(_ word: StaticString) -> Bool {
        skipSpace()
        let length = word.utf8CodeUnitCount
        guard bytes.count - position >= length,
            word.withUTF8Buffer({ $0.elementsEqual(bytes[position..<position + length]) })
        else { return false }
        position += length
        return true
    }

    private mutating func begin(with bracket: UInt8) throws(JSONDoubt) {
        guard take(bracket), depth < Self.deepestNesting else { throw JSONDoubt() }
        depth += 1
        isAtFirst = true
    }

    /// Leaves the object or array if its end comes next; passes over the comma otherwise.
    private mutating func isAtEnd(_ bracket: UInt8) throws(JSONDoubt) -> Bool {
        let wasAtFirst = isAtFirst
        isAtFirst = false
        if take(bracket) {
            depth -= 1
            return true
        }
        guard wasAtFirst || take(UInt8(ascii: ",")) else { throw JSONDoubt() }
        return false
    }

    /// A string whose first escape is next.
    private mutating func stringWithEscapes(from first: Int) throws(JSONDoubt) -> String {
        var unescaped: [UInt8] = []
        var runStart = first
        while position < bytes.count {
            let byte = bytes[position]
            if byte < 0x20 { throw JSONDoubt() }
            guard byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\"") else {
                position += 1
                continue
            }
            unescaped.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[runStart..<position]))
            position += 1
            if byte == UInt8(ascii: "\"") {
                guard let text = String(validating: unescaped, as: UTF8.self) else { throw JSONDoubt() }
                return text
            }
            try appendEscaped(to: &unescaped)
            runStart = position
        }
        throw JSONDoubt()
    }

    private mutating func appendEscaped(to unescaped: inout [UInt8]) throws(JSONDoubt) {
        guard position < bytes.count else { throw JSONDoubt() }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): unescaped.append(byte)
        case UInt8(ascii: "n"): unescaped.append(0x0A)
        case UInt8(ascii: "r"): unescaped.append(0x0D)
        case UInt8(ascii: "t"): unescaped.append(0x09)
        case UInt8(ascii: "b"): unescaped.append(0x08)
        case UInt8(ascii: "f"): unescaped.append(0x0C)
        case UInt8(ascii: "u"):
            var code: UInt32 = 0
            for _ in 0..<4 {
                guard position < bytes.count, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue
                else { throw JSONDoubt() }
                code = code << 4 | UInt32(digit)
                position += 1
            }
            // None for a surrogate, be it half of a pair or alone.
            guard let scalar = Unicode.Scalar(code) else { throw JSONDoubt() }
            unescaped.append(contentsOf: UTF8.encode(scalar)!)
        default: throw JSONDoubt()
        }
    }
}

/// A member's name as it stands in the JSON: compared with a literal without making a string of it.
///
/// Not to be kept: it is gone with the bytes.
public struct JSONName: Equatable, ExpressibleByStringLiteral {
    /// Bytes of a name that is kept, if it is not plain ASCII: to find its place in a dictionary Swift normalizes it,
    /// which is a square in its length where it is made of accents.
    public static let longest = 512

    private let bytes: UnsafeBufferPointer<UInt8>
    private let isASCII: Bool

    fileprivate init(bytes: UnsafeBufferPointer<UInt8>, isASCII: Bool) { (self.bytes, self.isASCII) = (bytes, isASCII) }

    /// A name to compare with.
    public init(stringLiteral name: StaticString) {
        self.init(bytes: .init(start: name.utf8Start, count: name.utf8CodeUnitCount), isASCII: name.isASCII)
    }

    /// The name as a string.
    ///
    /// - Throws: a doubt if it is not valid UTF-8, or too long.
    public func text() throws(JSONDoubt) -> String {
        guard isASCII || bytes.count <= Self.longest else { throw JSONDoubt() }
        return try String(json: bytes, isASCII: isASCII)
    }

    /// Whether two are the same by their bytes.
    public static func == (left: Self, right: Self) -> Bool {
        left.bytes.count == right.bytes.count && left.bytes.elementsEqual(right.bytes)
    }
}

extension String {
    /// Validating costs several times what copying does, and ASCII needs none.
    fileprivate init(json bytes: UnsafeBufferPointer<UInt8>, isASCII: Bool) throws(JSONDoubt) {
        if isASCII {
            self = String(decoding: bytes, as: UTF8.self)
        } else {
            guard let text = String(validating: bytes, as: UTF8.self) else { throw JSONDoubt() }
            self = text
        }
    }
}
