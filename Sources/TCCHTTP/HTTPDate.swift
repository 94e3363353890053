package import TCC

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Times as HTTP has them, to the second (RFC 9110, 5.6.7).
package enum HTTPDate {
    // No process here sets a locale, so the names are English.
    private static let format = "%a, %d %b %Y %H:%M:%S GMT"
    private static let months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(separator: " ")

    /// Now, as `Date` has it.
    static func now() -> String {
        var (now, parts) = (time(nil), tm())
        gmtime_r(&now, &parts)
        var text = [CChar](repeating: 0, count: 32)
        let count = strftime(&text, text.count, format, &parts)
        return String(decoding: text.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Reads a time.
    ///
    /// - Parameter text: as `Date` has it.
    /// - Returns: the time; nil if it is none.
    package static func timestamp(_ text: String) -> Timestamp? {
        let words = text.split(separator: " ").dropFirst()
        guard words.count == 5, words.last == "GMT", let month = months.firstIndex(where: { $0 == words[2] }) else {
            return nil
        }
        let numbers = ([words[1], words[3]] + words[4].split(separator: ":")).compactMap { Int32($0) }
        guard numbers.count == 5 else { return nil }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (numbers[1] &- 1900, Int32(month), numbers[0])
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (numbers[2], numbers[3], numbers[4])
        return Timestamp(milliseconds: Int64(timegm(&parts)) * 1000)
    }
}
