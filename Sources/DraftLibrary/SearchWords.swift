import Foundation
import TCC

/// Words of which a text must have every one, in whatever case: `?q=`.
///
/// SQLite's own LIKE knows the case of ASCII letters alone, so texts are compared here.
public struct SearchWords: Hashable, Sendable {
    /// Characters (Unicode scalars) of a query, at most.
    public static let longestQuery = 200

    private let words: [Data]

    /// Reads a query.
    ///
    /// - Parameter query: words with white space between them; nil is made of one without any.
    /// - Throws: 422 naming the parameter, if it is too long.
    public init?(_ query: String) throws {
        guard query.unicodeScalars.count <= Self.longestQuery else {
            throw Problem.invalid("q", "must have at most \(Self.longestQuery) characters")
        }
        self.words = Set(query.split(whereSeparator: \.isWhitespace).map { Self.folded(String($0)) })
            .sorted { $0.count > $1.count }
        if words.isEmpty { return nil }
    }

    /// Whether every word occurs.
    ///
    /// - Parameters:
    ///   - title: a text's title.
    ///   - content: its content.
    /// - Returns: true if each word is in the one or in the other, be it inside a longer word.
    public func match(title: String, content: String) -> Bool {
        let title = Self.folded(title)
        var missing = words.filter { title.range(of: $0) == nil }
        guard !missing.isEmpty else { return true }
        let content = Self.folded(content)
        missing.removeAll { content.range(of: $0) != nil }
        return missing.isEmpty
    }

    /// UTF-8 that is the same for texts that differ only in case or in how accents are composed.
    ///
    /// By way of upper case, so that a final sigma is a sigma and ß is ss.
    private static func folded(_ text: String) -> Data {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return Data(text.lowercased().utf8) }
        return Data(streamSafe(text.uppercased().lowercased()).precomposedStringWithCanonicalMapping.utf8)
    }

    /// How many accents may follow a letter before a joiner has to part them (Unicode Standard Annex #15, section 13).
    private static let mostAccents = 30

    /// The text in Stream-Safe Text Format: accents are sorted in a time that is a square in their number.
    private static func streamSafe(_ text: String) -> String {
        var safe = String.UnicodeScalarView()
        var accents = 0
        for scalar in text.unicodeScalars {
            let isAccent = scalar.value >= 0x300 && scalar.properties.canonicalCombiningClass != .notReordered
            accents = isAccent ? accents + 1 : 0
            if accents > mostAccents {
                safe.append("\u{34F}")
                accents = 1
            }
            safe.append(scalar)
        }
        return String(safe)
    }
}
