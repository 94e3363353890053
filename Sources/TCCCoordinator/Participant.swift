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
    public let url: String

    /// Makes a participant.
    ///
    /// - Parameters:
    ///   - name: its name.
    ///   - url: where its `/tcc/…` is.
    public init(name: ParticipantName, url: BaseURL) { self.init(name: name, url: url.description) }

    /// Makes a participant of a simulated network, where an address is whatever the simulator calls it.
    ///
    /// - Parameters:
    ///   - name: its name.
    ///   - url: its address.
    package init(name: ParticipantName, url: String) {
        self.name = name
        self.url = url
    }
}

/// One call to a participant: what to ask, and the call as JSON.
public struct BranchRequest: Hashable, Sendable {
    /// What to ask.
    public var operation: TCC.Operation
    /// The call as JSON: one object, not empty.
    public var body: ByteBuffer

    /// Makes a call.
    ///
    /// - Parameters:
    ///   - operation: what to ask.
    ///   - body: the call as JSON.
    public init(_ operation: TCC.Operation, _ body: ByteBuffer) {
        self.operation = operation
        self.body = body
    }
}

/// What came of a request that carried one call or several.
public enum RequestResult: Hashable, Sendable {
    /// This came of each call, in their order; of unknown outcome are all if there are not as many.
    case each([CallResult])
    /// The participant takes no such request: make the calls one by one, and for good if there is no such endpoint.
    case refusedTogether(isForGood: Bool)
}

/// Makes calls to a participant in one request: a closure, so that a test can be the network.
public typealias ParticipantCall =
    @Sendable (_ participant: Participant, _ calls: [BranchRequest]) async -> RequestResult

/// Calls participants over HTTP.
public struct ParticipantClient: Sendable {
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

    /// Makes one call, or several in one `POST /tcc/batch`.
    ///
    /// - Parameters:
    ///   - participant: whom to call.
    ///   - calls: what to ask, at least one thing.
    /// - Returns: the answers, cut down to what the protocol reads, or that there were none.
    public func call(_ participant: Participant, _ calls: [BranchRequest]) async -> RequestResult {
        do {
            guard calls.count > 1 else {
                let answer = try await post(calls[0].operation.rawValue, calls[0].body, to: participant)
                return .each([.answered(Self.reading(answer))])
            }
            let answer = try await post("batch", Self.batch(of: calls), to: participant)
            switch answer.status {
            case 200: return .each(Self.results(in: answer, count: calls.count))
            case 400..<500: return .refusedTogether(isForGood: answer.status == 404 || answer.status == 405)
            default: return .each(calls.map { _ in .answered(Self.reading(answer)) })
            }
        } catch {
            let detail = "\(error)"
            return .each(calls.map { _ in .unanswered(detail) })
        }
    }

    private func post(_ endpoint: String, _ body: ByteBuffer, to participant: Participant) async throws
        -> JSONClient.Answer
    {
        try await client.call(
            .post,
            "\(participant.url)/tcc/\(endpoint)",
            token: try await authority.ownToken(),
            body: body,
            timeout: callTimeout
        )
    }

    /// Each call's object with what it asks as its first member.
    private static func batch(of calls: [BranchRequest]) -> ByteBuffer {
        let bytes = calls.reduce(into: 16) { $0 += $1.body.readableBytes + 16 }
        var body = ByteBuffer()
        body.reserveCapacity(bytes)
        body.writeString("{\"calls\":[")
        for (index, call) in calls.enumerated() {
            body.writeString("\(index == 0 ? "" : ","){\"op\":\"\(call.operation.rawValue)\",")
            body.writeBytes(call.body.readableBytesView.dropFirst())
        }
        body.writeString("]}")
        return body
    }

    private static func reading(_ answer: JSONClient.Answer) -> BranchAnswer {
        if answer.status == 200 {
            return BranchAnswer(status: 200, outcome: answer.decode(BranchOutcomeBody.self)?.outcome)
        }
        // A problem is kept, shown and logged: one that is larger than any reasonable one is none.
        var problem = answer.body.readableBytes <= largestProblem ? problem(in: answer) : nil
        problem?.retryAfterSeconds = answer.headers["retry-after"].flatMap { Int($0) }.map { max(0, $0) }
        return BranchAnswer(status: answer.status, problem: problem)
    }

    /// What a batch's answer says of each call; nothing of any if it is not one for each.
    private static func results(in answer: JSONClient.Answer, count: Int) -> [CallResult] {
        guard let results = answer.decode(ForeignBatchAnswer.self)?.results, results.count == count else {
            return Array(repeating: .answered(BranchAnswer(status: 200)), count: count)
        }
        let mayHaveLargeProblems = answer.body.readableBytes > largestProblem
        return results.map { result in
            if result.status == 200 { return .answered(BranchAnswer(status: 200, outcome: result.outcome)) }
            var problem = result.problem?.asProblem(status: result.status)
            if mayHaveLargeProblems, let found = problem, size(of: found) > largestProblem { problem = nil }
            problem?.retryAfterSeconds = result.retryAfterSeconds.map { max(0, $0) }
            return .answered(BranchAnswer(status: result.status, problem: problem))
        }
    }

    private static func size(of problem: Problem) -> Int {
        // `try?`: a problem that was read can be written.
        (try? JSONCoding.encode(problem).readableBytes) ?? .max
    }

    /// The problem in an answer; a `code` is this project's addition, which others' problem details need not have.
    private static func problem(in answer: JSONClient.Answer) -> Problem? {
        if let problem = answer.decode(Problem.self) { return problem }
        guard answer.headers["content-type"]?.hasPrefix("application/problem+json") == true else { return nil }
        return answer.decode(ForeignProblem.self)?.asProblem(status: answer.status)
    }
}

/// A problem whose writer may know RFC 9457 and not this project.
private enum ForeignProblem: Decodable {
    case known(Problem)
    case foreign(String)

    private enum CodingKeys: String, CodingKey {
        case title, detail
    }

    init(from decoder: any Decoder) throws {
        if let problem = try? Problem(from: decoder) {  // `try?`: then it is a foreign one
            self = .known(problem)
        } else {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            let text = try members.decodeIfPresent(String.self, forKey: .detail)
            self = .foreign(
                try text ?? members.decodeIfPresent(String.self, forKey: .title) ?? "The participant refused."
            )
        }
    }

    func asProblem(status: Int) -> Problem {
        switch self {
        case .known(let problem): problem
        case .foreign(let detail): Problem(status, "refused", detail)
        }
    }
}

/// The answer to a batch, where one result that nobody understands does not spoil the others.
private struct ForeignBatchAnswer: Decodable {
    struct Result: Decodable {
        let status: Int
        let outcome: BranchOutcome?
        let problem: ForeignProblem?
        let retryAfterSeconds: Int?

        private enum CodingKeys: String, CodingKey {
            case status, outcome, problem, retryAfterSeconds
        }

        init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            self.status = try members.decode(Int.self, forKey: .status)
            // `try?`: what is not understood is not there, and the call is asked again.
            self.outcome = try? members.decodeIfPresent(BranchOutcome.self, forKey: .outcome)
            self.problem = try? members.decodeIfPresent(ForeignProblem.self, forKey: .problem)
            self.retryAfterSeconds = try? members.decodeIfPresent(Int.self, forKey: .retryAfterSeconds)
        }
    }

    let results: [Result]
}

extension ForeignBatchAnswer: FastJSONReadable {
    init(scanning scanner: inout JSONScanner) throws(JSONDoubt) {
        self.results = try scanner.onlyMember("results")
    }
}

extension ForeignBatchAnswer.Result: FastJSONReadable {
    init(scanning scanner: inout JSONScanner) throws(JSONDoubt) {
        let result = try BatchResult(scanning: &scanner)
        self.status = result.status
        self.outcome = result.outcome
        self.problem = result.problem.map { .known($0) }
        self.retryAfterSeconds = result.retryAfterSeconds
    }
}
