/// Where a post's links may lead, and where its images may come from.
package struct LinkPolicy: Hashable, Sendable {
    /// Origins, such as `https://images.example`, that images may be loaded from.
    package var imageOrigins: Set<String>

    /// A policy.
    ///
    /// - Parameter imageOrigins: origins that images may be loaded from.
    package init(imageOrigins: Set<String> = []) { self.imageOrigins = imageOrigins }

    private static let longestURL = 2048

    /// Whether a post may link to a URL: `http`, `https` with a host, or `mailto`; no control characters, no spaces.
    ///
    /// - Parameter url: as the author wrote it.
    /// - Returns: true if a link to it is written.
    package static func isAllowed(_ url: String) -> Bool {
        guard url.utf8.count <= longestURL,
            url.unicodeScalars.allSatisfy({ $0.value > 0x20 && !(0x7F...0x9F).contains($0.value) && $0 != "\\" })
        else { return false }
        if begins(url, with: "mailto:") { return url.utf8.count > "mailto:".utf8.count }
        return origin(of: url) != nil
    }

    /// Whether a post's image is shown, not only linked to.
    ///
    /// - Parameter url: as the author wrote it.
    /// - Returns: true if its origin is one of those that are allowed.
    package func allowsImage(_ url: String) -> Bool {
        Self.isAllowed(url) && Self.origin(of: url).map(imageOrigins.contains) ?? false
    }

    /// The scheme, host and port of a web address, in lower case; nil for anything else.
    ///
    /// - Parameter url: the address.
    /// - Returns: the origin, such as `https://posts.example`.
    package static func origin(of url: String) -> String? {
        for scheme in ["https://", "http://"] where begins(url, with: scheme) {
            let host = Substring(url.utf8.dropFirst(scheme.utf8.count).prefix { !"/?#".utf8.contains($0) })
            guard !host.isEmpty, host.unicodeScalars.allSatisfy(isHostScalar) else { return nil }
            return scheme + host.lowercased()
        }
        return nil
    }

    /// By bytes: to Swift a letter with an accent is another letter, and a URL of many accents takes long to compare.
    private static func begins(_ url: String, with start: String) -> Bool {
        url.utf8.count >= start.utf8.count
            && zip(url.utf8, start.utf8)
                .allSatisfy { byte, expected in
                    byte == expected || (0x41...0x5A).contains(byte) && byte | 0x20 == expected
                }
    }

    /// No user name, which could make a link look like another's.
    private static func isHostScalar(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII ? scalar.properties.isAlphabetic || "0123456789.-_:[]".unicodeScalars.contains(scalar) : true
    }
}
