/// The name of a participant, and of its branch in a transaction: 1 to 64 of `a-z`, `0-9`, `-`.
public struct ParticipantName: Hashable, Comparable, Sendable, CustomStringConvertible, Codable {
    /// The name.
    public let description: String

    /// Checks a name.
    ///
    /// - Parameter text: the name; nil if it is empty, too long or has other characters.
    public init?(_ text: String) {
        let allowed = text.utf8.allSatisfy {
            ($0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z")) || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9"))
                || $0 == UInt8(ascii: "-")
        }
        guard allowed, (1...64).contains(text.utf8.count) else { return nil }
        self.description = text
    }

    /// Orders as text.
    public static func < (left: Self, right: Self) -> Bool { left.description < right.description }

    /// Reads a name from JSON.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let name = Self(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "must be 1 to 64 of a-z, 0-9 and -")
        }
        self = name
    }

    /// Writes the name to JSON.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// What a coordinator asks of a participant.
public enum Operation: String, Hashable, Sendable, Codable, CaseIterable {
    /// Check and reserve, so that a confirm cannot fail.
    case `try`
    /// Make the reserved effect real.
    case confirm
    /// Release the reservation, or see to it that none can ever be made.
    case cancel
}

/// What became of a branch at its participant.
public enum BranchOutcome: String, Hashable, Sendable, Codable {
    /// Reserved, undecided.
    case reserved
    /// The effect is there.
    case confirmed
    /// There is no effect, and there will be none.
    case cancelled
}

/// The one decision about a global transaction.
public enum Decision: String, Hashable, Sendable, Codable {
    /// All branches take effect.
    case confirm
    /// None does.
    case cancel

    /// The operation that carries it out.
    public var operation: Operation { self == .confirm ? .confirm : .cancel }
}

/// What a coordinator says of a transaction's fate: `GET /v1/outcomes/{gid}`.
public enum Outcome: String, Hashable, Sendable, Codable {
    /// Undecided, or decided and not yet on disk.
    case pending
    /// Decided: confirm.
    case confirm
    /// Decided: cancel; or never heard of, and now never to begin (presumed abort).
    case cancel
}

/// The body of `GET /v1/outcomes/{gid}`.
public struct OutcomeAnswer: Hashable, Sendable, Codable {
    /// What to do.
    public var outcome: Outcome

    /// Makes an answer.
    ///
    /// - Parameter outcome: what to do.
    public init(outcome: Outcome) { self.outcome = outcome }
}

/// The body of `GET /v1/outcomes`: what a participant needs to know before it forgets anything.
public struct OutcomeHorizon: Hashable, Sendable, Codable {
    /// The coordinator's clock, read before its journal was.
    public var now: Timestamp
    /// When the oldest transaction began whose finish is not on disk.
    public var oldestUnfinished: Timestamp?

    /// Makes an answer.
    ///
    /// - Parameters:
    ///   - now: the coordinator's clock, read before its journal was.
    ///   - oldestUnfinished: when the oldest unfinished transaction began.
    public init(now: Timestamp, oldestUnfinished: Timestamp?) {
        self.now = now
        self.oldestUnfinished = oldestUnfinished
    }

    private enum CodingKeys: String, CodingKey {
        case now
        case oldestUnfinished
    }

    /// Writes JSON with null for an absent value.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(now, forKey: .now)
        try container.encode(oldestUnfinished, forKey: .oldestUnfinished)
    }
}

/// One branch of one global transaction: the key of a barrier row.
public struct BranchID: Hashable, Sendable {
    /// The transaction.
    public var gid: GlobalTransactionID
    /// The participant's name in it.
    public var branch: ParticipantName

    /// Makes a key.
    ///
    /// - Parameters:
    ///   - gid: the transaction.
    ///   - branch: the participant's name in it.
    public init(gid: GlobalTransactionID, branch: ParticipantName) {
        self.gid = gid
        self.branch = branch
    }
}

/// The body of `POST /tcc/try`, `/tcc/confirm` and `/tcc/cancel`; deadline and payload come only with a try.
public struct BranchCall<Payload: Sendable>: Sendable {
    /// The transaction.
    public var gid: GlobalTransactionID
    /// The participant's name in it.
    public var branch: ParticipantName
    /// What the transaction does, in the participant's words, such as `publish`.
    public var action: String
    /// From then on a try comes too late, and a reservation's holder must ask for the outcome.
    public var deadline: Timestamp?
    /// What the participant needs to reserve.
    public var payload: Payload?

    /// Makes a call.
    ///
    /// - Parameters:
    ///   - gid: the transaction.
    ///   - branch: the participant's name in it.
    ///   - action: what the transaction does.
    ///   - deadline: from when on a try is too late; for a try.
    ///   - payload: what there is to reserve; for a try.
    public init(
        gid: GlobalTransactionID,
        branch: ParticipantName,
        action: String,
        deadline: Timestamp? = nil,
        payload: Payload? = nil
    ) {
        self.gid = gid
        self.branch = branch
        self.action = action
        self.deadline = deadline
        self.payload = payload
    }

    /// The key of its barrier row.
    public var id: BranchID { BranchID(gid: gid, branch: branch) }
}

extension BranchCall: Decodable where Payload: Decodable {}
extension BranchCall: Encodable where Payload: Encodable {}
