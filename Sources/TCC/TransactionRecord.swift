/// Where a global transaction stands.
public enum TransactionState: String, Hashable, Sendable, Codable, CaseIterable {
    /// Its branches are being tried; nothing is decided.
    case trying
    /// Decided: confirm. Not every branch has acknowledged.
    case confirming
    /// Every branch has confirmed.
    case confirmed
    /// Decided: cancel. Not every branch has acknowledged.
    case cancelling
    /// Every branch has cancelled.
    case cancelled

    /// The state while a decision is being carried out.
    ///
    /// - Parameter decision: the decision.
    public init(carryingOut decision: Decision) {
        self = decision == .confirm ? .confirming : .cancelling
    }

    /// The state once every branch has acknowledged a decision.
    ///
    /// - Parameter decision: the decision.
    public init(finished decision: Decision) {
        self = decision == .confirm ? .confirmed : .cancelled
    }

    /// The decision, once there is one.
    public var decision: Decision? {
        switch self {
        case .trying: nil
        case .confirming, .confirmed: .confirm
        case .cancelling, .cancelled: .cancel
        }
    }

    /// What a participant that asks is told.
    public var outcome: Outcome {
        switch decision {
        case nil: .pending
        case .confirm: .confirm
        case .cancel: .cancel
        }
    }

    /// Whether every branch has acknowledged.
    public var isFinished: Bool { self == .confirmed || self == .cancelled }
}

/// Where one branch stands, as far as its coordinator knows.
public enum BranchState: String, Hashable, Sendable, Codable {
    /// Tried, no final answer yet.
    case trying
    /// Holds its reservation.
    case reserved
    /// Its business check failed, or it does not take such a call.
    case refused
    /// Acknowledged the confirm.
    case confirmed
    /// Acknowledged the cancel.
    case cancelled
}

/// A branch as its coordinator's journal has it.
public struct BranchRecord: Hashable, Sendable {
    /// The participant.
    public var name: ParticipantName
    /// Where it stands.
    public var state: BranchState
    /// How many calls were made to it.
    public var attempts: Int
    /// What the last failed call met; nil again once the branch has acknowledged the decision.
    public var lastError: String?

    /// Makes a record.
    ///
    /// - Parameters:
    ///   - name: the participant.
    ///   - state: where it stands.
    ///   - attempts: how many calls were made to it.
    ///   - lastError: what the last failed call met.
    public init(name: ParticipantName, state: BranchState = .trying, attempts: Int = 0, lastError: String? = nil) {
        self.name = name
        self.state = state
        self.attempts = attempts
        self.lastError = lastError
    }
}

/// One thing that happened to a transaction.
public struct TimelineEvent: Hashable, Sendable {
    /// What can happen.
    public enum Kind: String, Hashable, Sendable, Codable {
        /// The begin record is on disk.
        case begun
        /// A branch answered its try for good.
        case tried
        /// The decision is on disk; `detail` says which and why.
        case decided
        /// A branch acknowledged the decision.
        case acknowledged
        /// A branch refuses the decision; `detail` says why.
        case stuck
        /// Every branch has acknowledged.
        case finished
    }

    /// When, by the coordinator's clock.
    public var at: Timestamp
    /// What.
    public var event: Kind
    /// To which branch, if to one.
    public var branch: ParticipantName?
    /// More about it.
    public var detail: String?

    /// Makes an event.
    ///
    /// - Parameters:
    ///   - at: when.
    ///   - event: what.
    ///   - branch: to which branch, if to one.
    ///   - detail: more about it.
    public init(at: Timestamp, event: Kind, branch: ParticipantName? = nil, detail: String? = nil) {
        self.at = at
        self.event = event
        self.branch = branch
        self.detail = detail
    }
}

/// A global transaction as its coordinator knows it, and as `GET /v1/transactions/{gid}` shows it.
public struct TransactionRecord: Hashable, Sendable {
    /// Its name.
    public var gid: GlobalTransactionID
    /// What it does, in the participants' words.
    public var action: String
    /// Where it stands.
    public var state: TransactionState
    /// Who began it and may look at it, besides operators.
    public var owner: String?
    /// What the application that began it wants shown with it, such as a post's id; top-level members in JSON.
    public var labels: [String: JSONValue]
    /// Why it was cancelled.
    public var reason: Problem?
    /// Whether a branch refuses the decision: somebody has to look.
    public var isStuck: Bool
    /// Its branches, in the order in which they were named.
    public var branches: [BranchRecord]
    /// When its begin record was made.
    public var createdAt: Timestamp
    /// When it was decided.
    public var decidedAt: Timestamp?
    /// When its last branch acknowledged.
    public var finishedAt: Timestamp?
    /// What happened to it, in order.
    public var timeline: [TimelineEvent]

    /// A transaction that begins.
    ///
    /// - Parameters:
    ///   - gid: its name.
    ///   - action: what it does.
    ///   - owner: who begins it.
    ///   - labels: what to show with it.
    ///   - branches: its participants.
    ///   - createdAt: now.
    public init(
        gid: GlobalTransactionID,
        action: String,
        owner: String?,
        labels: [String: JSONValue],
        branches: [ParticipantName],
        createdAt: Timestamp
    ) {
        self.gid = gid
        self.action = action
        self.state = .trying
        self.owner = owner
        self.labels = labels
        self.isStuck = false
        self.branches = branches.map { BranchRecord(name: $0) }
        self.createdAt = createdAt
        self.timeline = [TimelineEvent(at: createdAt, event: .begun)]
    }
}

extension TransactionRecord: Codable {
    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(_ name: String) { self.stringValue = name }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    static let ownMembers: Set<String> = [
        "gid", "action", "state", "reason", "stuck", "branches", "createdAt", "decidedAt", "finishedAt", "timeline",
    ]

    /// Reads what `encode(to:)` writes; unknown members become labels.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        self.gid = try container.decode(GlobalTransactionID.self, forKey: Key("gid"))
        self.action = try container.decode(String.self, forKey: Key("action"))
        self.state = try container.decode(TransactionState.self, forKey: Key("state"))
        self.owner = nil
        self.reason = try container.decodeIfPresent(String.self, forKey: Key("reason")).map { Problem(0, $0, $0) }
        self.isStuck = try container.decode(Bool.self, forKey: Key("stuck"))
        self.branches = try container.decode([BranchRecord].self, forKey: Key("branches"))
        self.createdAt = try container.decode(Timestamp.self, forKey: Key("createdAt"))
        self.decidedAt = try container.decodeIfPresent(Timestamp.self, forKey: Key("decidedAt"))
        self.finishedAt = try container.decodeIfPresent(Timestamp.self, forKey: Key("finishedAt"))
        self.timeline = try container.decode([TimelineEvent].self, forKey: Key("timeline"))
        self.labels = [:]
        for key in container.allKeys where !Self.ownMembers.contains(key.stringValue) {
            labels[key.stringValue] = try container.decode(JSONValue.self, forKey: key)
        }
    }

    /// Writes JSON with null for absent values; the reason is its code.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(gid, forKey: Key("gid"))
        try container.encode(action, forKey: Key("action"))
        try container.encode(state, forKey: Key("state"))
        for (name, value) in labels where !Self.ownMembers.contains(name) {
            try container.encode(value, forKey: Key(name))
        }
        try container.encode(reason?.code, forKey: Key("reason"))
        try container.encode(isStuck, forKey: Key("stuck"))
        try container.encode(branches, forKey: Key("branches"))
        try container.encode(createdAt, forKey: Key("createdAt"))
        try container.encode(decidedAt, forKey: Key("decidedAt"))
        try container.encode(finishedAt, forKey: Key("finishedAt"))
        try container.encode(timeline, forKey: Key("timeline"))
    }
}

extension BranchRecord: Codable {
    private enum CodingKeys: String, CodingKey {
        case name
        case state
        case attempts
        case lastError
    }

    /// Writes JSON with null for an absent value.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(state, forKey: .state)
        try container.encode(attempts, forKey: .attempts)
        try container.encode(lastError, forKey: .lastError)
    }
}

extension TimelineEvent: Codable {
    private enum CodingKeys: String, CodingKey {
        case at
        case event
        case branch
        case detail
    }

    /// Writes JSON with null for absent values.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(at, forKey: .at)
        try container.encode(event, forKey: .event)
        try container.encode(branch, forKey: .branch)
        try container.encode(detail, forKey: .detail)
    }
}
