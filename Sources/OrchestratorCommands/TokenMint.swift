import Foundation
package import TCCHTTP

/// Makes tokens with the secret that the services share.
package struct TokenMint: Sendable {
    private static let subject = "command-line"
    private static let shortestSecret = 32
    private static let lifetime = Duration.seconds(300)

    private let authority: TokenAuthority

    /// Reads the secret.
    ///
    /// - Parameter path: the secret file.
    /// - Throws: a ``CommandFailure`` that says what to do.
    package init(secretFile path: String) async throws {
        guard FileManager.default.fileExists(atPath: path) else {
            throw CommandFailure(
                .usage,
                "there is no secret file '\(path)'; start a process first, it creates it, or pass --secret-file PATH."
            )
        }
        guard let secret = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(
                .usage,
                "the secret file '\(path)' cannot be read; run this as the user that the services run as."
            )
        }
        guard secret.count >= Self.shortestSecret else {
            throw CommandFailure(
                .usage,
                "the secret file '\(path)' is shorter than \(Self.shortestSecret) bytes; pass the services' own one."
            )
        }
        self.authority = await TokenAuthority(secret: secret, subject: Self.subject)
    }

    /// Whoever runs the commands.
    package static let anOperator = Caller(subject: subject, role: .operator)

    /// A token.
    ///
    /// - Parameters:
    ///   - caller: for whom.
    ///   - lifetime: how long it lasts; long enough for one request if nothing is said.
    package func token(for caller: Caller, lifetime: Duration = Self.lifetime) async throws -> String {
        try await authority.issue(for: caller, lifetime: lifetime)
    }
}
