/// A time-ordered identifier: 48 bits of Unix milliseconds, then random bits (RFC 9562, section 5.7).
///
/// Global transactions and posts are named by one. Their order is the order of their making, to the millisecond, so
/// that a table keyed by them grows at its end (random keys cost five times as much under group commit), and so that a
/// journal can tell that an identifier is older than anything it remembers.
public struct UUIDv7: Hashable, Comparable, Sendable, CustomStringConvertible, Codable {
    private let high: UInt64
    private let low: UInt64

    /// Makes an identifier.
    ///
    /// - Parameters:
    ///   - timestamp: the moment it is made; before 1970 counts as 1970.
    ///   - generator: where its 74 random bits come from.
    public init(at timestamp: Timestamp, using generator: inout some RandomNumberGenerator) {
        self.high = Self.milliseconds(of: timestamp) << 16 | 0x7000 | generator.next() & 0x0FFF
        self.low = 0x8000_0000_0000_0000 | generator.next() & 0x3FFF_FFFF_FFFF_FFFF
    }

    /// The least identifier of a moment: every identifier made earlier is smaller.
    ///
    /// - Parameter timestamp: the moment.
    public init(leastAt timestamp: Timestamp) {
        self.high = Self.milliseconds(of: timestamp) << 16 | 0x7000
        self.low = 0x8000_0000_0000_0000
    }

    /// The last millisecond that an identifier can have, in the year 10889.
    private static let lastMillisecond: UInt64 = 0xFFFF_FFFF_FFFF

    /// A time that does not fit is the nearest that does: it must not wrap around, and be taken for an old one.
    private static func milliseconds(of timestamp: Timestamp) -> UInt64 {
        min(UInt64(max(0, timestamp.milliseconds)), lastMillisecond)
    }

    /// A greater identifier, of the same millisecond as long as it has room: 12 of its random bits are counted up
    /// (RFC 9562, section 6.2, method 1).
    ///
    /// - Parameter generator: where its other random bits come from.
    /// - Returns: the identifier; in the last millisecond of all, when that is full, one that is not greater.
    func successor(using generator: inout some RandomNumberGenerator) -> UUIDv7 {
        let (milliseconds, count) = (high >> 16, high & 0x0FFF)
        let next =
            if count < 0x0FFF { high + 1 } else { min(milliseconds + 1, Self.lastMillisecond) << 16 | 0x7000 }
        return UUIDv7(high: next, low: 0x8000_0000_0000_0000 | generator.next() & 0x3FFF_FFFF_FFFF_FFFF)
    }

    private init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }

    /// Reads the canonical text form, 36 characters, hexadecimal digits in either case.
    ///
    /// - Parameter text: the text; anything but a UUID of version 7 gives nil.
    public init?(_ text: some StringProtocol) {
        var words: (UInt64, UInt64) = (0, 0)
        var position = 0
        var digits = 0
        for byte in text.utf8 {
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
            } else {
                guard let digit = Self.value(ofHexadecimal: byte) else { return nil }
                if digits < 16 { words.0 = words.0 << 4 | digit } else { words.1 = words.1 << 4 | digit }
                digits += 1
            }
            position += 1
            guard position <= 36 else { return nil }
        }
        guard position == 36, words.0 >> 12 & 0xF == 7, words.1 >> 62 == 0b10 else { return nil }
        (self.high, self.low) = words
    }

    private static func value(ofHexadecimal byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    /// When it was made, by the clock of its maker.
    public var timestamp: Timestamp { Timestamp(milliseconds: Int64(high >> 16)) }

    /// The canonical text form, in lower case.
    public var description: String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            var position = 0
            for digit in 0..<32 {
                if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
                    buffer[position] = UInt8(ascii: "-")
                    position += 1
                }
                let word = digit < 16 ? high : low
                let value = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (digit % 16))) & 0xF
                buffer[position] = value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
                position += 1
            }
            return 36
        }
    }

    /// Orders by time of making, then by the random bits.
    public static func < (left: Self, right: Self) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    /// Reads the text form from JSON.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Self(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "must be a UUID of version 7")
        }
        self = value
    }

    /// Writes the text form to JSON.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// The name of one global transaction, by whoever began it.
public typealias GlobalTransactionID = UUIDv7
