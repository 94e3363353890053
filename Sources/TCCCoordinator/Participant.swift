import AsyncHTTPClient
import Foundation
import HTTPTypes
public import NIOCore
public import TCC
public import TCCHTTP

/// A participant that a coordinator may call.
public struct Participant: Hashable, Sendable {
    /// Its name, and that of its branches.
    public var name: ParticipantName
    /// Where its `/tcc/…` is, without a trailing slash.
    public var url: String

    /// Makes a participant.
    ///
    /// - Parameters:
    ///   - name: its name.
    ///   - url: where its `/tcc/…` is.
    public init(name: ParticipantName, url: String) {
        self.name = name
        self.url = url
    }
}

/// Makes one call to a participant: a closure, so that a test can be the network.
public typealias ParticipantCall =
    @Sendable (_ participant: Participant, _ operation: TCC.Operation, _ body: ByteBuffer) async -> CallResult

/// Calls participants over HTTP.
public struct ParticipantClient: Sendable {
    private struct OutcomeBody: Decodable {
        let outcome: BranchOutcome
    }

    private static let largestProblem = 16 << 10

    private let client: JSONClient
    private let authority: TokenAuthority
    private let callTimeout: Duration

    /// A client.
    ///
    /// - Parameters:
    ///   - client: makes the calls.
    ///   - authority: issues the coordinator's own tokens.
    ///   - callTimeout: when to give a call up.
    public init(client: JSONClient, authority: TokenAuthority, callTimeout: Duration) {
        self.client = client
        self.authority = authority
        self.callTimeout = callTimeout
    }

    /// Makes one call.
    ///
    /// - Parameters:
    ///   - participant: whom to call.
    ///   - operation: what to ask.
    ///   - body: the call as JSON.
    /// - Returns: the answer, cut down to what the protocol reads, or that there was none.
    public func call(_ participant: Participant, _ operation: TCC.Operation, _ body: ByteBuffer) async -> CallResult {
        do {
            let answer = try await client.call(
                .post,
                "\(participant.url)/tcc/\(operation.rawValue)",
                token: try await authority.ownToken(),
                body: body,
                timeout: callTimeout
            )
            if answer.status == 200 {
                return .answered(BranchAnswer(status: 200, outcome: answer.decode(OutcomeBody.self)?.outcome))
            }
            // A problem is kept, shown and logged: one that is larger than any reasonable one is none.
            var problem = answer.body.readableBytes <= Self.largestProblem ? Self.problem(in: answer) : nil
            problem?.retryAfterSeconds = answer.headers["retry-after"].flatMap { Int($0) }.map { max(0, $0) }
            return .answered(BranchAnswer(status: answer.status, problem: problem))
        } catch {
            return .unanswered(Self.describe(error))
        }
    }

    private struct ForeignProblem: Decodable {
        let title: String?
        let detail: String?
    }

    /// The problem in an answer; a `code` is this project's addition, which others' problem details need not have.
    private static func problem(in answer: JSONClient.Answer) -> Problem? {
        if let problem = answer.decode(Problem.self) { return problem }
        guard answer.headers["content-type"]?.hasPrefix("application/problem+json") == true,
            let problem = answer.decode(ForeignProblem.self)
        else { return nil }
        return Problem(answer.status, "refused", problem.detail ?? problem.title ?? "The participant refused.")
    }

    /// What went wrong, in a few words for people.
    static func describe(_ error: any Error) -> String {
        switch error as? HTTPClientError {
        case .some(.deadlineExceeded), .some(.readTimeout), .some(.connectTimeout): "no answer in time"
        case .some(.remoteConnectionClosed): "connection lost"
        case .some(let error): error.shortDescription
        case nil: "\(error)".hasPrefix("connect") || "\(error)".contains("refused") ? "connection refused" : "\(error)"
        }
    }
}
