import Foundation
import TCC
import TCCHTTP

/// The tokens of everybody in simulated worlds, signed and verified before the first of them.
///
/// Their clock stands still, so that none expires: what is simulated is the protocol, and its clocks jump by days.
final class Tokens: Sendable {
    let authority: TokenAuthority
    private let tokens: [Caller: String]
    private let callers: [String: Caller]

    private static let names = ["ann", "bob", "eve"]
    private static let lifetime = Duration.seconds(24 * 3600)

    /// Signs them.
    ///
    /// - Throws: whatever JWTKit meets.
    init() throws {
        let callers =
            Self.names.map { Caller(subject: $0, role: .author) } + [Caller(subject: "operator", role: .operator)]
        // On this thread, as all that is simulated.
        let scheduler = Scheduler(seed: 0)
        let life = Life(scheduler, random: SplitMix64(seed: 0)) {}
        let made = Box<Result<(TokenAuthority, [Caller: String]), any Error>?>(nil)
        life.begin([])
        life.deliver {
            let result: Result<(TokenAuthority, [Caller: String]), any Error>
            do {
                result = .success(try await Self.sign(callers))
            } catch {
                result = .failure(error)
            }
            made.withLock { $0 = result }
        }
        scheduler.run(until: .zero)
        life.die()
        scheduler.run(until: .zero)
        guard let made = made.withLock({ $0 }) else { throw Unsigned() }
        (self.authority, self.tokens) = try made.get()
        self.callers = Dictionary(uniqueKeysWithValues: tokens.map { ("Bearer \($0.value)", $0.key) })
    }

    private struct Unsigned: Error {}

    private static func sign(_ callers: [Caller]) async throws -> (TokenAuthority, [Caller: String]) {
        let secret = Data("a secret of at least thirty-two bytes".utf8)
        let authority = await TokenAuthority(secret: secret, subject: "service", clock: { SimulatedWorld.epoch })
        var tokens: [Caller: String] = [:]
        for caller in callers {
            let token = try await authority.issue(for: caller, lifetime: lifetime)
            _ = try await authority.verify(token)
            tokens[caller] = token
        }
        _ = try await authority.verify(authority.ownToken())
        return (authority, tokens)
    }

    /// The token of somebody outside.
    subscript(caller: Caller) -> String? { tokens[caller] }

    /// Who sends a request, by its `Authorization`.
    func caller(of authorization: String?) -> Caller? { authorization.flatMap { callers[$0] } }
}
