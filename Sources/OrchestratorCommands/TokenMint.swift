import Foundation
import Hosting
package import TCCHTTP

/// Makes tokens with the secret that the services share.
package struct TokenMint: Sendable {
    private static let subject = "command-line"
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
        do {
            let secret = try SharedSecret.read(path)
            self.authority = await TokenAuthority(secret: secret, subject: Self.subject)
        } catch let error as SharedSecret.Unusable {
            throw CommandFailure(.usage, "\(error.description); pass the services' own with --secret-file PATH.")
        }
    }

    /// Whoever runs the commands.
    package static let anOperator = Caller(subject: subject, role: .operator)

    /// A token; if nothing else is said, it lasts long enough for one request.
    package func token(for caller: Caller, lifetime: Duration = Self.lifetime) async throws -> String {
        try await authority.issue(for: caller, lifetime: lifetime)
    }
}
