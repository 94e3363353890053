/// A form as a browser sends it, `application/x-www-form-urlencoded`; also a URL's query.
package struct FormBody: Hashable, Sendable {
    private var fields: [String: String] = [:]

    /// Bytes of a field's name, and of a field that is no text: to compare strings, or to find their place in a
    /// dictionary, Swift normalizes them, which is a square in their length where they are made of accents.
    private static let (longestName, longestWord) = (64, 4096)

    /// Reads a form.
    ///
    /// - Parameter bytes: the body; whatever is no field of a form is left out. Of fields of one name the last counts.
    package init(_ bytes: some Collection<UInt8>) {
        for pair in bytes.split(separator: UInt8(ascii: "&")).prefix(100) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard parts[0].count <= Self.longestName else { continue }
            fields[Self.decoded(parts[0])] = parts.count > 1 ? Self.decoded(parts[1]) : ""
        }
    }

    /// A field of a word or a token; nil if the form does not have it, or has a text instead.
    package subscript(name: String) -> String? {
        fields[name].flatMap { $0.utf8.count <= Self.longestWord ? $0 : nil }
    }

    /// Whether the form has a field, however long.
    ///
    /// - Parameter name: the field.
    /// - Returns: true if it has, be it empty.
    package func has(_ name: String) -> Bool { fields[name] != nil }

    /// All fields, in the order of their names.
    package var all: [(name: String, value: String)] {
        fields.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    }

    /// A field of text as it was before the browser sent it: a browser ends each line with CR LF.
    ///
    /// - Parameter name: the field.
    /// - Returns: the field, empty if the form does not have it.
    package func text(_ name: String) -> String { Self.normalized(fields[name] ?? "") }

    /// A text with LF at the ends of its lines.
    ///
    /// - Parameter text: the text.
    /// - Returns: the text, the same if it has no CR.
    package static func normalized(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "\r")) else { return text }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var wasReturn = false
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\r") {
                bytes.append(UInt8(ascii: "\n"))
            } else if byte != UInt8(ascii: "\n") || !wasReturn {
                bytes.append(byte)
            }
            wasReturn = byte == UInt8(ascii: "\r")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func decoded(_ part: some Collection<UInt8>) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(part.count)
        var index = part.startIndex
        while index != part.endIndex {
            let byte = part[index]
            index = part.index(after: index)
            if byte == UInt8(ascii: "+") {
                bytes.append(UInt8(ascii: " "))
            } else if byte == UInt8(ascii: "%"), let (value, next) = escaped(part, at: index) {
                bytes.append(value)
                index = next
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func escaped<Part: Collection<UInt8>>(_ part: Part, at start: Part.Index) -> (UInt8, Part.Index)? {
        guard let middle = part.index(start, offsetBy: 1, limitedBy: part.endIndex), middle != part.endIndex,
            let high = Character(Unicode.Scalar(part[start])).hexDigitValue,
            let low = Character(Unicode.Scalar(part[middle])).hexDigitValue,
            part[start] < 0x80, part[middle] < 0x80
        else { return nil }
        return (UInt8(high << 4 | low), part.index(after: middle))
    }

    /// A text as it stands in a URL's path or query.
    ///
    /// - Parameter text: the text.
    /// - Returns: the text with `%XX` for every byte that could mean something.
    package static func encoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            let scalar = Unicode.Scalar(byte)
            if scalar.isASCII, scalar.properties.isAlphabetic || "0123456789-._~".unicodeScalars.contains(scalar) {
                encoded.unicodeScalars.append(scalar)
            } else {
                encoded += byte < 16 ? "%0" : "%"
                encoded += String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }

    /// More bytes than any part of a path has that leads somewhere.
    private static let longestPart = 1024

    /// A text without percent signs: a part of a path.
    ///
    /// - Parameter text: the part.
    /// - Returns: the part as it was meant; the beginning of one that is longer than any that leads somewhere.
    package static func decodedPath(_ text: Substring) -> String {
        decoded(text.utf8.prefix(longestPart).flatMap { $0 == UInt8(ascii: "+") ? Array("%2B".utf8) : [$0] })
    }
}
