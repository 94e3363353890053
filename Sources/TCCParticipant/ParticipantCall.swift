import Failpoints
import GRDB
public import TCC
import TCCHTTP

/// One call of a coordinator, read and complete: a try with its deadline and payload, or a decision.
public enum ParticipantCall<Payload: Sendable>: Sendable {
    /// Check and reserve.
    case attempt(BranchCall<Payload>)
    /// Confirm or cancel a branch of a transaction that does this.
    case carryOut(Decision, BranchID, action: String)

    /// What the coordinator asks for.
    public var operation: TCC.Operation {
        switch self {
        case .attempt: .try
        case .carryOut(let decision, _, _): decision.operation
        }
    }

    /// A try.
    ///
    /// - Parameter call: its body.
    /// - Throws: 422 if it has no deadline or no payload.
    init(_ call: BranchCall<Payload>) throws {
        guard call.deadline != nil else { throw Problem.invalid("deadline", "is missing") }
        guard call.payload != nil else { throw Problem.invalid("payload", "is missing") }
        self = .attempt(call)
    }

    /// A confirm or cancel.
    ///
    /// - Parameters:
    ///   - decision: which of them.
    ///   - call: its body.
    init(_ decision: Decision, _ call: BranchCall<Ignored>) {
        self = .carryOut(decision, call.id, action: call.action)
    }

    /// Takes effect, once and in the right order: see ``Barrier``.
    func apply<R: Resource>(
        on resource: R,
        at now: Timestamp,
        in database: Database
    ) throws -> BranchOutcome where R.Payload == Payload {
        switch self {
        case .attempt(let call):
            try Barrier.attempt(call, on: resource, at: now, in: database)
        case .carryOut(let decision, let id, let action):
            try Barrier.carryOut(decision, id, action: action, on: resource, at: now, in: database)
        }
    }

    /// Where it is about to be written.
    var failpointBefore: Failpoint {
        switch operation {
        case .try: .participantReserveBefore
        case .confirm: .participantConfirmBefore
        case .cancel: .participantCancelBefore
        }
    }

    /// Where it is durable, and not answered.
    var failpointAfter: Failpoint {
        switch operation {
        case .try: .participantReserveAfter
        case .confirm: .participantConfirmAfter
        case .cancel: .participantCancelAfter
        }
    }
}

/// The payload of a call that has none to be looked at.
struct Ignored: FastJSONReadable, Sendable {
    init(from decoder: any Decoder) throws {}

    /// Nothing is sure about what nobody looks at.
    init(scanning scanner: inout JSONScanner) throws(JSONDoubt) { throw JSONDoubt() }
}

/// One call of a batch: the body of a single call, and which one it is.
package struct BatchedCall<Payload: Decodable & Sendable>: Decodable, Sendable {
    private enum CodingKeys: CodingKey {
        case op
    }

    let call: ParticipantCall<Payload>

    /// Reads a call.
    package init(from decoder: any Decoder) throws {
        let name = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .op)
        switch TCC.Operation(rawValue: name) {
        case .try: self.call = try ParticipantCall(try BranchCall<Payload>(from: decoder))
        case .confirm: self.call = ParticipantCall(.confirm, try BranchCall<Ignored>(from: decoder))
        case .cancel: self.call = ParticipantCall(.cancel, try BranchCall<Ignored>(from: decoder))
        case nil: throw Problem.invalid("op", "must be try, confirm or cancel")
        }
    }
}

extension BatchedCall: FastJSONReadable where Payload: FastJSONReadable {
    /// Reads a call.
    package init(scanning scanner: inout JSONScanner) throws(JSONDoubt) {
        var operation = JSONMember<TCC.Operation>()
        var members = BranchCallMembers<Payload>()
        try scanner.beginObject()
        while let name = try scanner.nextName() {
            if name == "op" { try operation.read(&scanner) } else { try members.read(name, &scanner) }
        }
        let call = try members.call()
        switch try operation.required() {
        case .try:
            if call.deadline == nil || call.payload == nil { throw JSONDoubt() }
            self.call = .attempt(call)
        case .confirm: self.call = .carryOut(.confirm, call.id, action: call.action)
        case .cancel: self.call = .carryOut(.cancel, call.id, action: call.action)
        }
    }
}

/// The body of a batch.
package struct BatchBody<Payload: Decodable & Sendable>: Decodable, Sendable {
    let calls: [JSONCoding.Part<BatchedCall<Payload>>]
}

extension BatchBody: FastJSONReadable where Payload: FastJSONReadable {
    /// Reads a batch.
    package init(scanning scanner: inout JSONScanner) throws(JSONDoubt) {
        self.calls = try scanner.onlyMember("calls")
    }
}
