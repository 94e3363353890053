import Foundation
import HTTPTypes
import NIOCore
import Simulation
import TCC
import TCCCoordinator
import TCCHTTP

/// Which branch a call is about.
struct Call: Hashable, Decodable, Sendable {
    let gid: String
    let branch: String

    init?(_ body: ByteBuffer) {
        guard let call = try? JSONDecoder().decode(Call.self, from: Data(body.readableBytesView)) else { return nil }
        self = call
    }
}

extension WireRequest {
    /// What a coordinator asks a participant for; nil for everything else, several calls included.
    var operation: TCC.Operation? {
        path.hasPrefix("/tcc/") ? TCC.Operation(rawValue: String(path.dropFirst("/tcc/".count))) : nil
    }

    /// The transaction that a participant asks for.
    var askedOutcome: String? {
        path.hasPrefix("/v1/outcomes/") ? String(path.dropFirst("/v1/outcomes/".count)) : nil
    }

    /// Whether a client wants a transaction.
    var isBegin: Bool { headers[.idempotencyKey] != nil }
}

extension WireAnswer {
    /// What the orchestrator says of a transaction.
    var told: ToldTransaction? { ToldTransaction(in: body) }

    /// What a participant that asked is told.
    var outcome: Outcome? { try? JSONCoding.decode(OutcomeAnswer.self, from: body).outcome }

    /// The answer to a participant that asked.
    static func outcome(_ outcome: Outcome) -> WireAnswer? {
        try? WireAnswer(status: 200, OutcomeAnswer(outcome: outcome))
    }
}

extension RequestResult {
    /// The participant answered so to the only call.
    static func one(_ answer: BranchAnswer) -> RequestResult { .each([.answered(answer)]) }

    /// The participant did not answer.
    static func silence(_ calls: [BranchRequest]) -> RequestResult { .each(calls.map { _ in .unanswered("silence") }) }

    /// Whether the participant answered.
    var isAnswered: Bool {
        guard case .each(let results) = self else { return true }
        return results.allSatisfy { if case .answered = $0 { true } else { false } }
    }

    /// Whether it is an error of the server.
    var isError: Bool {
        guard case .each(let results) = self else { return false }
        return results.contains { if case .answered(let answer) = $0 { answer.status >= 500 } else { false } }
    }
}
