import TCC

extension JournalEntry: Codable {
    private enum Name: String, CodingKey {
        case gid
        case state
        case branches
        case decisions
        case caller
        case liveKey
        case postID
        case revision
        case decidedAt
        case isFinished
    }

    /// Reads a transaction as histories have it.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Name.self)
        self.init(
            gid: try values.decode(GlobalTransactionID.self, forKey: .gid),
            state: try values.decode(TransactionState.self, forKey: .state),
            branches: try values.decode([Branch].self, forKey: .branches),
            decisions: try values.decode(Int.self, forKey: .decisions),
            caller: try values.decodeIfPresent(String.self, forKey: .caller),
            liveKey: try values.decodeIfPresent(String.self, forKey: .liveKey),
            postID: try values.decodeIfPresent(UUIDv7.self, forKey: .postID),
            revision: try values.decodeIfPresent(Int.self, forKey: .revision),
            decidedAt: try values.decodeIfPresent(Int64.self, forKey: .decidedAt),
            isFinished: try values.decode(Bool.self, forKey: .isFinished)
        )
    }

    /// Writes a transaction.
    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Name.self)
        try values.encode(gid, forKey: .gid)
        try values.encode(state, forKey: .state)
        try values.encode(branches, forKey: .branches)
        try values.encode(decisions, forKey: .decisions)
        try values.encode(caller, forKey: .caller)
        try values.encode(liveKey, forKey: .liveKey)
        try values.encode(postID, forKey: .postID)
        try values.encode(revision, forKey: .revision)
        try values.encode(decidedAt, forKey: .decidedAt)
        try values.encode(isFinished, forKey: .isFinished)
    }
}

extension JournalEntry.Branch: Codable {
    private enum Name: String, CodingKey {
        case name
        case state
        case isAcknowledged
    }

    /// Reads a branch as histories have it.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Name.self)
        self.init(
            name: try values.decode(ParticipantName.self, forKey: .name),
            state: try values.decode(BranchState.self, forKey: .state),
            isAcknowledged: try values.decode(Bool.self, forKey: .isAcknowledged)
        )
    }

    /// Writes a branch.
    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Name.self)
        try values.encode(name, forKey: .name)
        try values.encode(state, forKey: .state)
        try values.encode(isAcknowledged, forKey: .isAcknowledged)
    }
}

extension BarrierRow: Codable {
    private enum Name: String, CodingKey {
        case participant
        case gid
        case branch
        case state
    }

    /// Reads a row as histories have it.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Name.self)
        self.init(
            participant: try values.decode(String.self, forKey: .participant),
            gid: try values.decode(GlobalTransactionID.self, forKey: .gid),
            branch: try values.decode(String.self, forKey: .branch),
            state: try values.decode(BranchOutcome.self, forKey: .state)
        )
    }

    /// Writes a row.
    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Name.self)
        try values.encode(participant, forKey: .participant)
        try values.encode(gid, forKey: .gid)
        try values.encode(branch, forKey: .branch)
        try values.encode(state, forKey: .state)
    }
}
