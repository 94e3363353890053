import Crypto
public import Foundation
import JWTKit
import Synchronization
public import TCC

/// What a caller may be.
public enum Role: String, Hashable, Sendable, Codable, CaseIterable {
    /// Writes posts; its subject is the author's name.
    case author
    /// One of the processes.
    case service
    /// Whoever runs them.
    case `operator`
}

/// Who calls, as its token says.
public struct Caller: Hashable, Sendable {
    /// The author's, service's or operator's name.
    public var subject: String
    /// What it may do.
    public var role: Role

    /// Makes a caller.
    ///
    /// - Parameters:
    ///   - subject: its name.
    ///   - role: what it may do.
    public init(subject: String, role: Role) {
        self.subject = subject
        self.role = role
    }
}

/// Issues and verifies bearer tokens: JWTs signed with HS256 (RFC 7519) by a secret that the processes share.
public final class TokenAuthority: Sendable {
    private struct Claims: JWTPayload {
        var sub: SubjectClaim
        var exp: ExpirationClaim
        var role: String

        // Whoever asks has the clock that tells whether it has expired.
        func verify(using key: some JWTAlgorithm) {}
    }

    private struct Verified {
        let caller: Caller
        let expiry: Date
    }

    private struct Cache {
        var verified: [String: Verified] = [:]
        var own: (token: String, renewAt: Date)?
    }

    private static let mostVerified = 4096
    private static let ownLifetime: TimeInterval = 300

    private let keys = JWTKeyCollection()
    private let subject: String
    private let clock: @Sendable () -> Timestamp
    private let cache = Mutex(Cache())

    /// An authority over one secret.
    ///
    /// - Parameters:
    ///   - secret: the secret file's bytes.
    ///   - subject: the name that this process's own tokens carry.
    ///   - clock: the wall clock that tokens expire by.
    public init(
        secret: Data,
        subject: String,
        clock: @escaping @Sendable () -> Timestamp = World.system.wallClock
    ) async {
        self.subject = subject
        self.clock = clock
        await keys.add(hmac: HMACKey(key: SymmetricKey(data: secret)), digestAlgorithm: .sha256)
    }

    private var now: Date { Date(timeIntervalSince1970: Double(clock().milliseconds) / 1000) }

    /// Verifies a token.
    ///
    /// A token that was verified is remembered until it expires, so that a busy caller costs one signature.
    ///
    /// - Parameter token: what follows `Bearer`.
    /// - Returns: who it is.
    /// - Throws: a 401 problem.
    public func verify(_ token: String) async throws -> Caller {
        let now = now
        if let known = cache.withLock({ $0.verified[token] }), known.expiry > now { return known.caller }
        let claims: Claims
        do {
            claims = try await keys.verify(token, as: Claims.self)
            try claims.exp.verifyNotExpired(currentDate: now)
        } catch {
            throw Problem(401, "invalid-token", "The token is forged, expired or not a token. Ask for a new one.")
        }
        guard let role = Role(rawValue: claims.role), (1...64).contains(claims.sub.value.unicodeScalars.count),
            !claims.sub.value.unicodeScalars.contains("\0")
        else {
            throw Problem(401, "invalid-token", "The token needs a known role and a sub of 1 to 64 characters.")
        }
        let verified = Verified(caller: Caller(subject: claims.sub.value, role: role), expiry: claims.exp.value)
        cache.withLock {
            if $0.verified.count >= Self.mostVerified { $0.verified.removeAll() }
            $0.verified[token] = verified
        }
        return verified.caller
    }

    /// Issues a token.
    ///
    /// - Parameters:
    ///   - caller: for whom.
    ///   - lifetime: how long it lasts.
    /// - Returns: the signed token, to follow `Bearer`.
    /// - Throws: whatever JWTKit meets as it signs.
    public func issue(for caller: Caller, lifetime: Duration) async throws -> String {
        let end = now.timeIntervalSince1970 + Double(lifetime.wholeMilliseconds) / 1000
        let claims = Claims(
            sub: SubjectClaim(value: caller.subject),
            // Whole seconds: not every validator takes fractions.
            exp: ExpirationClaim(value: Date(timeIntervalSince1970: end.rounded(.up))),
            role: caller.role.rawValue
        )
        return try await keys.sign(claims)
    }

    /// This process's own token as a service, renewed well before it expires.
    public func ownToken() async throws -> String {
        let now = now
        if let own = cache.withLock({ $0.own }), own.renewAt > now { return own.token }
        let token = try await issue(
            for: Caller(subject: subject, role: .service),
            lifetime: .seconds(Self.ownLifetime)
        )
        cache.withLock { $0.own = (token, now.addingTimeInterval(Self.ownLifetime / 2)) }
        return token
    }
}
