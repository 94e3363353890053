import Mustache
package import TCC

/// The pages' sentences in one language.
package struct Words: Sendable, MustacheParent {
    /// The language.
    package let language: Language

    /// Words of a language.
    ///
    /// - Parameter language: the language.
    package init(_ language: Language) { self.language = language }

    /// All sentences, by key, in the order of ``Language/allCases``.
    package static let table: [String: [String]] = {
        var table: [String: [String]] = [:]
        for line in phrases.split(separator: "\n") {
            let parts = line.split(separator: "|")
                .map { part in
                    String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
                }
            table[parts[0]] = Array(parts.dropFirst())
        }
        return table
    }()

    /// A sentence.
    ///
    /// - Parameters:
    ///   - key: its key in the table.
    ///   - values: what stands for `{0}`, `{1}`.
    /// - Returns: the sentence; the key if there is none.
    package func callAsFunction(_ key: String, _ values: String...) -> String {
        guard let texts = Self.table[key], let index = Language.allCases.firstIndex(of: language) else { return key }
        var text = texts[index]
        for (number, value) in values.enumerated() { text = text.replacing("{\(number)}", with: value) }
        return text
    }

    /// For templates, which see the words as `t`.
    package func child(named name: String) -> Any? { Self.table[name] == nil ? nil : self(name) }

    /// A moment, to the minute, in UTC.
    ///
    /// - Parameter time: the moment.
    /// - Returns: the moment as people write it.
    package func time(_ time: Timestamp) -> String {
        let text = time.description
        let (date, clock) = (text.prefix(10).split(separator: "-"), text.dropFirst(11).prefix(5))
        guard date.count == 3, let month = Int(date[1]), let day = Int(date[2]) else { return text }
        switch language {
        case .english: return "\(day) \(Self.months[(month - 1) % 12]) \(date[0]), \(clock) UTC"
        case .chinese: return "\(date[0])年\(month)月\(day)日 \(clock) UTC"
        }
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// What went wrong, and what to do, in words.
    ///
    /// - Parameter code: the problem's code.
    /// - Returns: a sentence or two.
    package func refusal(_ code: String) -> String {
        let key = "code-\(code)"
        return Self.table[key] == nil ? self("code-unknown", code) : self(key)
    }
}
