import TCCHTTP

/// What the pages run with.
public struct PageSettings: Hashable, Sendable {
    /// Where the public finds this server, such as `https://posts.example`; nil for the address that it listens on.
    public var publicURL: String?
    /// Origins that a post's images may be loaded from, such as `https://images.example`.
    public var imageOrigins: [String]
    /// Whether anybody may sign in by any name; for trials on one's own machine.
    public var allowsDevelopmentSignIn: Bool

    /// Settings.
    ///
    /// - Parameters:
    ///   - publicURL: where the public finds this server; nil for the address that it listens on.
    ///   - imageOrigins: origins that a post's images may be loaded from.
    ///   - allowsDevelopmentSignIn: whether anybody may sign in by any name.
    public init(publicURL: String? = nil, imageOrigins: [String] = [], allowsDevelopmentSignIn: Bool = false) {
        self.publicURL = publicURL
        self.imageOrigins = imageOrigins
        self.allowsDevelopmentSignIn = allowsDevelopmentSignIn
    }

    /// Whether a text is an address's scheme, host and port, and nothing more: what `publicURL` and each image origin
    /// has to be.
    ///
    /// - Parameter text: the text.
    /// - Returns: true if it is one, in lower case.
    public static func isOrigin(_ text: String) -> Bool {
        // `try?`: what is no URL is no origin.
        guard let url = try? BaseURL(text) else { return false }
        return url.path.isEmpty && url.description == text && LinkPolicy.origin(of: text) == text
    }
}
