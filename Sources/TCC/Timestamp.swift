/// A moment on the wall clock, in whole milliseconds since 1970, written as RFC 3339 in UTC.
///
/// Whole numbers on purpose: a `Date` is a `Double`, and its text form loses a millisecond now and then.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible, Codable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public var milliseconds: Int64

    /// Makes a moment.
    ///
    /// - Parameter milliseconds: since 1970-01-01T00:00:00Z.
    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// Reads RFC 3339, such as `2026-11-22T12:00:05.250Z` or `2026-11-22T13:00:05+01:00`.
    ///
    /// - Parameter text: the text; nil for anything else. Digits past the millisecond are dropped.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int64? {
            guard range.upperBound <= bytes.count else { return nil }
            var value: Int64 = 0
            for byte in bytes[range] {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - UInt8(ascii: "0"))
            }
            return value
        }
        func isOneOf(_ characters: StaticString, at index: Int) -> Bool {
            characters.withUTF8Buffer { index < bytes.count && $0.contains(bytes[index]) }
        }
        guard let year = number(0..<4), isOneOf("-", at: 4), let month = number(5..<7), isOneOf("-", at: 7),
            let day = number(8..<10), isOneOf("Tt ", at: 10), let hour = number(11..<13), isOneOf(":", at: 13),
            let minute = number(14..<16), isOneOf(":", at: 16), let second = number(17..<19),
            (1...12).contains(month), (1...Self.days(inMonth: month, of: year)).contains(day), hour < 24, minute < 60,
            second <= 60
        else { return nil }
        var index = 19
        var fraction: Int64 = 0
        if isOneOf(".", at: index) {
            index += 1
            let first = index
            while isOneOf("0123456789", at: index) {
                if index - first < 3 { fraction = fraction * 10 + Int64(bytes[index] - UInt8(ascii: "0")) }
                index += 1
            }
            guard index > first else { return nil }
            for _ in (index - first)..<max(3, index - first) { fraction *= 10 }
        }
        var offsetMinutes: Int64 = 0
        if isOneOf("Zz", at: index) {
            index += 1
        } else if isOneOf("+-", at: index) {
            guard let hours = number(index + 1..<index + 3), isOneOf(":", at: index + 3),
                let minutes = number(index + 4..<index + 6), hours < 24, minutes < 60
            else { return nil }
            offsetMinutes = (bytes[index] == UInt8(ascii: "-") ? -1 : 1) * (hours * 60 + minutes)
            index += 6
        } else {
            return nil
        }
        guard index == bytes.count else { return nil }
        let seconds =
            Self.daysSince1970(year, month, day) * 86400 + hour * 3600 + (minute - offsetMinutes) * 60 + second
        self.init(milliseconds: seconds * 1000 + fraction)
    }

    /// RFC 3339 in UTC with milliseconds.
    public var description: String {
        let rest = milliseconds % 86_400_000
        let ofDay = rest < 0 ? rest + 86_400_000 : rest
        let (year, month, day) = Self.date(daysSince1970: milliseconds / 86_400_000 - (rest < 0 ? 1 : 0))
        let yearDigits = year.magnitude > 9999 ? String(year.magnitude).utf8.count : 4
        return String(unsafeUninitializedCapacity: 21 + yearDigits) { buffer in
            var end = 0
            func append(_ value: Int64, _ digits: Int, _ separator: Unicode.Scalar) {
                var rest = value.magnitude
                for index in (end..<end + digits).reversed() {
                    buffer[index] = UInt8(ascii: "0") + UInt8(rest % 10)
                    rest /= 10
                }
                buffer[end + digits] = UInt8(ascii: separator)
                end += digits + 1
            }
            if year < 0 {
                buffer[0] = UInt8(ascii: "-")
                end = 1
            }
            append(year, yearDigits, "-")
            append(month, 2, "-")
            append(day, 2, "T")
            append(ofDay / 3_600_000, 2, ":")
            append(ofDay / 60000 % 60, 2, ":")
            append(ofDay / 1000 % 60, 2, ".")
            append(ofDay % 1000, 3, "Z")
            return end
        }
    }

    private static func days(inMonth month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    // Days and dates of the proleptic Gregorian calendar: years begin in March and are counted in eras of 400 years
    // (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }

    /// Orders by time.
    public static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }

    /// A later moment.
    public static func + (moment: Self, duration: Duration) -> Self {
        Self(milliseconds: moment.milliseconds + duration.wholeMilliseconds)
    }

    /// An earlier moment.
    public static func - (moment: Self, duration: Duration) -> Self {
        Self(milliseconds: moment.milliseconds - duration.wholeMilliseconds)
    }

    /// Reads RFC 3339 from JSON.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Self(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "must be a time as in RFC 3339")
        }
        self = value
    }

    /// Writes RFC 3339 to JSON.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Duration {
    /// The duration in milliseconds, what is left of one dropped.
    public var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
