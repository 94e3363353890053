import Hosting
package import TCCHTTP
import TCCStorage

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
        do {
            let secret = try SharedSecret.read(path)
            self.authority = await TokenAuthority(secret: secret, subject: Self.subject)
        } catch let error as SharedSecret.Unusable {
            throw CommandFailure(.usage, TerminalText.printable("\(error)."))
        }
    }

    /// Whoever runs the commands.
    package static let anOperator = Caller(subject: subject, role: .operator)

    /// A token; if nothing else is said, it lasts long enough for one request.
    package func token(for caller: Caller, lifetime: Duration = Self.lifetime) async throws -> String {
        try await authority.issue(for: caller, lifetime: lifetime)
    }
}
