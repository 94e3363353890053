import NIOCore
public import TCC
import TCCHTTP

/// A transaction that somebody wants run.
public struct TransactionRequest: Sendable {
    /// One branch of it.
    public struct Branch: Sendable {
        /// Whom it involves.
        public var participant: ParticipantName
        /// What there is to reserve; passed on as JSON.
        public var payload: any Encodable & Sendable

        /// Makes a branch.
        ///
        /// - Parameters:
        ///   - participant: whom it involves.
        ///   - payload: what there is to reserve.
        public init(participant: ParticipantName, payload: any Encodable & Sendable) {
            self.participant = participant
            self.payload = payload
        }
    }

    /// What it does, in the participants' words: 1 to 64 letters, digits, `-`, `_` and `.`.
    public var action: String
    /// Its branches: 1 to 16, each participant once.
    public var branches: [Branch]
    /// Who may look at it, besides operators.
    public var owner: String?
    /// What to show with it.
    public var labels: [String: JSONValue]
    /// How long to try, at most an hour; nil for the coordinator's own timeout.
    public var tryTimeout: Duration?

    /// Makes a request.
    ///
    /// - Parameters:
    ///   - action: what it does.
    ///   - branches: its branches.
    ///   - owner: who may look at it.
    ///   - labels: what to show with it.
    ///   - tryTimeout: how long to try.
    public init(
        action: String,
        branches: [Branch],
        owner: String? = nil,
        labels: [String: JSONValue] = [:],
        tryTimeout: Duration? = nil
    ) {
        self.action = action
        self.branches = branches
        self.owner = owner
        self.labels = labels
        self.tryTimeout = tryTimeout
    }
}

extension Coordinator {
    private static let mostBranches = 16

    /// Checks a request; returns its try timeout.
    func validate(_ request: TransactionRequest) throws -> Duration {
        let isWord = request.action.utf8.allSatisfy { byte in
            Character(Unicode.Scalar(byte)).isLetter && byte < 0x80 || (0x30...0x39).contains(byte)
                || [0x2D, 0x2E, 0x5F].contains(byte)
        }
        guard isWord, (1...64).contains(request.action.utf8.count) else {
            throw Problem.invalid("action", "must be 1 to 64 letters, digits, '-', '_' or '.'")
        }
        guard (1...Self.mostBranches).contains(request.branches.count) else {
            throw Problem.invalid("branches", "must be 1 to \(Self.mostBranches)")
        }
        var seen: Set<ParticipantName> = []
        for (index, branch) in request.branches.enumerated() {
            guard lanes[branch.participant] != nil else {
                let known = lanes.keys.sorted().map(\.description).joined(separator: ", ")
                throw Problem(
                    422,
                    "unknown-participant",
                    "There is no participant '\(branch.participant)'; known: \(known).",
                    extensions: ["field": .string("branches[\(index)].participant")]
                )
            }
            guard seen.insert(branch.participant).inserted else {
                throw Problem(
                    422,
                    "duplicate-participant",
                    "The participant '\(branch.participant)' is named twice; it can have one branch.",
                    extensions: ["field": .string("branches[\(index)].participant")]
                )
            }
        }
        let timeout = request.tryTimeout ?? settings.tryTimeout
        guard timeout >= .milliseconds(1), timeout <= ProtocolLimits.longestTryTimeout else {
            throw Problem.invalid("timeoutMilliseconds", "must be 1 to 3600000")
        }
        return timeout
    }

    /// The labels with null for the names that every transaction shows.
    func withAllLabels(_ labels: [String: JSONValue]) -> [String: JSONValue] {
        labels.merging(settings.labelNames.map { ($0, .null) }) { own, _ in own }
    }

    /// Each branch's try as JSON: encoded once, however often it is sent.
    func tryBodies(
        for request: TransactionRequest,
        _ record: TransactionRecord,
        tryTimeout: Duration
    ) throws -> [ParticipantName: ByteBuffer] {
        let ahead = min(tryTimeout + settings.deadlineMargin, ProtocolLimits.longestDeadline)
        let deadline = record.createdAt + ahead
        var bodies: [ParticipantName: ByteBuffer] = [:]
        for branch in request.branches {
            let call = BranchCall(
                gid: record.gid,
                branch: branch.participant,
                action: request.action,
                deadline: deadline,
                payload: AnyPayload(value: branch.payload)
            )
            bodies[branch.participant] = try JSONCoding.encode(call)
        }
        return bodies
    }

    private struct AnyPayload: FastJSONWritable, Sendable {
        let value: any Encodable & Sendable
        func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
        func write(into writer: inout JSONWriter) {
            if let value = value as? any FastJSONWritable { value.write(into: &writer) } else { writer.giveUp() }
        }
    }
}
