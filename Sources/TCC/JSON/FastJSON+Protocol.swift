extension UUIDv7: FastJSONReadable, FastJSONWritable {
    /// Reads the text form.
    public init(scanning scanner: inout JSONScanner) throws(JSONDoubt) {
        guard let value = Self(try scanner.string()) else { throw JSONDoubt() }
        self = value
    }

    /// Writes the text form.
    public func write(into writer: inout JSONWriter) { writer.string(description) }
}

extension Timestamp: FastJSONReadable, FastJSONWritable {
    /// Reads RFC 3339.
    public init(scanning scanner: inout JSONScanner) throws(JSONDoubt) {
        guard let value = Self(try scanner.string()) else { throw JSONDoubt() }
        self = value
    }

    /// Writes RFC 3339.
    public func write(into writer: inout JSONWriter) { writer.string(description) }
}

extension ParticipantName: FastJSONReadable, FastJSONWritable {
    /// Reads a name.
    public init(scanning scanner: inout JSONScanner) throws(JSONDoubt) {
        guard let value = Self(try scanner.string()) else { throw JSONDoubt() }
        self = value
    }

    /// Writes the name.
    public func write(into writer: inout JSONWriter) { writer.string(description) }
}

extension Operation: FastJSONReadable {}
extension BranchOutcome: FastJSONReadable, FastJSONWritable {}
extension Outcome: FastJSONReadable, FastJSONWritable {}
extension TransactionState: FastJSONWritable {}
extension BranchState: FastJSONWritable {}
extension TimelineEvent.Kind: FastJSONWritable {}

extension BranchCall: FastJSONReadable where Payload: FastJSONReadable {
    /// Reads a call.
    public init(scanning scanner: inout JSONScanner) throws(JSONDoubt) {
        var members = BranchCallMembers<Payload>()
        try scanner.beginObject()
        while let name = try scanner.nextName() { try members.read(name, &scanner) }
        self = try members.call()
    }
}

/// The members of a ``BranchCall`` as they are read: of one that stands alone, or of a batch.
package struct BranchCallMembers<Payload: FastJSONReadable & Sendable> {
    private var gid = JSONMember<GlobalTransactionID>()
    private var branch = JSONMember<ParticipantName>()
    private var action = JSONMember<String>()
    private var deadline = JSONMember<Timestamp>()
    private var payload = JSONMember<Payload>()

    /// None of them yet.
    package init() {}

    /// Reads a member.
    package mutating func read(_ name: JSONName, _ scanner: inout JSONScanner) throws(JSONDoubt) {
        switch name {
        case "gid": try gid.read(&scanner)
        case "branch": try branch.read(&scanner)
        case "action": try action.read(&scanner)
        case "deadline": try deadline.read(&scanner)
        case "payload": try payload.read(&scanner)
        default: throw JSONDoubt()
        }
    }

    /// The call that they make.
    package func call() throws(JSONDoubt) -> BranchCall<Payload> {
        BranchCall(
            gid: try gid.required(),
            branch: try branch.required(),
            action: try action.required(),
            deadline: deadline.value,
            payload: payload.value
        )
    }
}

extension BranchCall: FastJSONWritable where Payload: FastJSONWritable {
    /// Writes a call, without what it does not have.
    public func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("action", action)
        writer.member("branch", branch)
        writer.member("deadline", ifPresent: deadline)
        writer.member("gid", gid)
        writer.member("payload", ifPresent: payload)
        writer.endObject()
    }
}

extension BatchResult: FastJSONReadable, FastJSONWritable {
    /// Reads a result.
    public init(scanning scanner: inout JSONScanner) throws(JSONDoubt) {
        var (status, outcome) = (JSONMember<Int>(), JSONMember<BranchOutcome>())
        var (problem, retryAfterSeconds) = (JSONMember<Problem>(), JSONMember<Int>())
        try scanner.beginObject()
        while let name = try scanner.nextName() {
            switch name {
            case "status": try status.read(&scanner)
            case "outcome": try outcome.read(&scanner)
            case "problem": try problem.read(&scanner)
            case "retryAfterSeconds": try retryAfterSeconds.read(&scanner)
            default: throw JSONDoubt()
            }
        }
        self.status = try status.required()
        self.outcome = outcome.value
        self.problem = problem.value
        self.retryAfterSeconds = retryAfterSeconds.value
    }

    /// Writes a result, without what it does not have.
    public func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("outcome", ifPresent: outcome)
        writer.member("problem", ifPresent: problem)
        writer.member("retryAfterSeconds", ifPresent: retryAfterSeconds)
        writer.member("status", status)
        writer.endObject()
    }
}

extension BranchOutcomeBody: FastJSONReadable, FastJSONWritable {
    /// Reads an answer.
    package init(scanning scanner: inout JSONScanner) throws(JSONDoubt) {
        self.init(outcome: try scanner.onlyMember("outcome"))
    }

    /// Writes the answer.
    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("outcome", outcome)
        writer.endObject()
    }
}

extension BatchAnswer: FastJSONReadable, FastJSONWritable {
    /// Reads an answer.
    public init(scanning scanner: inout JSONScanner) throws(JSONDoubt) {
        self.results = try scanner.onlyMember("results")
    }

    /// Writes the answer.
    public func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("results", results)
        writer.endObject()
    }
}

extension JSONScanner {
    /// Reads an object of one member.
    ///
    /// - Parameter name: the member's name.
    /// - Returns: its value.
    /// - Throws: a doubt if it has none, or others.
    public mutating func onlyMember<Value: FastJSONReadable>(_ name: JSONName) throws(JSONDoubt) -> Value {
        var member = JSONMember<Value>()
        try beginObject()
        while let found = try nextName() {
            guard found == name else { throw JSONDoubt() }
            try member.read(&self)
        }
        return try member.required()
    }
}
