import Foundation
import HTTPTypes
public import TCC
public import TCCHTTP

/// Asks a participant's coordinator.
public struct CoordinatorClient: Sendable {
    private let client: JSONClient
    private let authority: TokenAuthority
    private let url: String
    private let timeout: Duration

    /// A client.
    ///
    /// - Parameters:
    ///   - client: makes the calls.
    ///   - authority: issues the participant's own tokens.
    ///   - url: the coordinator.
    ///   - timeout: when to give a call up.
    public init(client: JSONClient, authority: TokenAuthority, url: BaseURL, timeout: Duration = .seconds(1)) {
        self.init(client: client, authority: authority, url: url.description, timeout: timeout)
    }

    /// A client of a coordinator whose address was not chosen by a person.
    ///
    /// - Parameters:
    ///   - client: makes the calls.
    ///   - authority: issues the participant's own tokens.
    ///   - url: the coordinator, without a trailing slash.
    ///   - timeout: when to give a call up.
    package init(client: JSONClient, authority: TokenAuthority, url: String, timeout: Duration = .seconds(1)) {
        self.client = client
        self.authority = authority
        self.url = url
        self.timeout = timeout
    }

    /// What became of a transaction.
    ///
    /// - Parameter gid: the transaction.
    /// - Returns: what the coordinator says, pending included.
    /// - Throws: whatever the network met, or a problem.
    public func outcome(of gid: GlobalTransactionID) async throws -> Outcome {
        try await get("/v1/outcomes/\(gid)", as: OutcomeAnswer.self).outcome
    }

    /// How far back the coordinator remembers.
    ///
    /// - Throws: whatever the network met, or a problem.
    public func horizon() async throws -> OutcomeHorizon {
        try await get("/v1/outcomes", as: OutcomeHorizon.self)
    }

    private func get<Value: Decodable>(_ path: String, as type: Value.Type) async throws -> Value {
        let answer = try await client.call(.get, url + path, token: try await authority.ownToken(), timeout: timeout)
        if answer.status == 200, let value = answer.decode(Value.self) { return value }
        throw answer.decode(Problem.self)
            ?? Problem(answer.status, "unexpected-answer", "\(path) answered \(answer.status).")
    }
}
