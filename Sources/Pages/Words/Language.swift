/// A language that the pages speak.
package enum Language: String, Hashable, Sendable, CaseIterable {
    /// English.
    case english = "en"
    /// Chinese.
    case chinese = "zh"

    /// What the language calls itself.
    package var ownName: String {
        switch self {
        case .english: "English"
        case .chinese: "中文"
        }
    }

    /// The HTML attribute `lang`.
    package var tag: String {
        switch self {
        case .english: "en"
        case .chinese: "zh-Hans"
        }
    }

    /// What a reader is spoken to in.
    ///
    /// - Parameters:
    ///   - chosen: what the reader chose, from a cookie.
    ///   - accepted: the request's `Accept-Language` (RFC 9110, section 12.5.4).
    /// - Returns: the choice; else the first of the most wanted that there is; else English.
    package static func negotiated(chosen: String?, accepted: String?) -> Language {
        if let chosen, chosen.utf8.count <= 8, let language = Language(rawValue: chosen) { return language }
        var best: (language: Language, weight: Double)?
        for range in String(decoding: (accepted ?? "").utf8.prefix(500), as: UTF8.self).split(separator: ",") {
            let parts = range.split(separator: ";").map { $0.filter { $0 != " " }.lowercased() }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            let name = parts.first?.split(separator: "-").first.map(String.init) ?? ""
            guard let language = Language(rawValue: name), weight > best?.weight ?? 0 else { continue }
            best = (language, weight)
        }
        return best?.language ?? .english
    }
}
