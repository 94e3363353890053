import TCC
import Testing

@Suite("Transactions and calls as JSON")
struct TransactionRecordTests {
    private let gid = UUIDv7("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")!
    private let draft = ParticipantName("draft")!
    private let moment = Timestamp(milliseconds: 1_795_348_805_250)

    private var record: TransactionRecord {
        TransactionRecord(
            gid: gid,
            action: "publish",
            owner: "ada",
            labels: ["postID": .string("a/b"), "revision": .null],
            branches: [draft],
            createdAt: moment
        )
    }

    @Test func aTransactionThatBeginsShowsNullForWhatItHasNotYet() throws {
        #expect(
            try jsonText(record) == """
                {"action":"publish",\
                "branches":[{"attempts":0,"lastError":null,"name":"draft","state":"trying"}],\
                "createdAt":"2026-11-22T12:00:05.250Z","decidedAt":null,"finishedAt":null,"gid":"\(gid)",\
                "postID":"a/b","reason":null,"revision":null,"state":"trying","stuck":false,\
                "timeline":[{"at":"2026-11-22T12:00:05.250Z","branch":null,"detail":null,"event":"begun"}]}
                """
        )
    }

    @Test func theReasonIsItsCodeAndTheOwnerIsNotShown() throws {
        var cancelled = record
        cancelled.reason = Problem(409, "revision-conflict", "Read it again.")
        let text = try jsonText(cancelled)
        #expect(text.contains(#""reason":"revision-conflict""#))
        #expect(!text.contains("ada"))
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        var original = record
        original.owner = nil
        original.state = .cancelling
        original.isStuck = true
        original.decidedAt = moment + .seconds(1)
        original.finishedAt = moment + .seconds(2)
        original.branches = [BranchRecord(name: draft, state: .refused, attempts: 3, lastError: "409 \"x\"/y")]
        original.timeline.append(TimelineEvent(at: moment, event: .stuck, branch: draft, detail: "409"))
        #expect(try value(TransactionRecord.self, from: jsonText(original)) == original)
    }

    @Test func aLabelCannotReplaceAMember() throws {
        var original = record
        original.labels = ["state": .string("confirmed"), "gid": .null]
        let read = try value(TransactionRecord.self, from: jsonText(original))
        #expect((read.gid, read.state) == (gid, .trying))
    }

    @Test func statesSayWhatIsDecided() {
        #expect(TransactionState.allCases.map(\.decision) == [nil, .confirm, .confirm, .cancel, .cancel])
        #expect(TransactionState.allCases.map(\.outcome) == [.pending, .confirm, .confirm, .cancel, .cancel])
        #expect(TransactionState.allCases.filter(\.isFinished) == [.confirmed, .cancelled])
        for decision in [Decision.confirm, .cancel] {
            #expect(TransactionState(carryingOut: decision).decision == decision)
            #expect(!TransactionState(carryingOut: decision).isFinished)
            #expect(TransactionState(finished: decision).decision == decision)
            #expect(TransactionState(finished: decision).isFinished)
        }
    }

    @Test func aHorizonWithoutUnfinishedTransactionsSaysNull() throws {
        let horizon = OutcomeHorizon(now: moment, oldestUnfinished: nil)
        #expect(try jsonText(horizon) == #"{"now":"2026-11-22T12:00:05.250Z","oldestUnfinished":null}"#)
        #expect(try value(OutcomeHorizon.self, from: jsonText(horizon)) == horizon)
        #expect(try jsonText(OutcomeAnswer(outcome: .pending)) == #"{"outcome":"pending"}"#)
    }

    @Test func aCallIsReadWithAndWithoutDeadlineAndPayload() throws {
        struct Payload: Codable, Hashable { let n: Int }
        let confirm = try value(
            BranchCall<Payload>.self,
            from: #"{"gid":"\#(gid)","branch":"draft","action":"publish","surprise":1}"#
        )
        #expect(confirm.id == BranchID(gid: gid, branch: draft))
        #expect(confirm.deadline == nil && confirm.payload == nil)
        let attempt = BranchCall(gid: gid, branch: draft, action: "publish", deadline: moment, payload: Payload(n: 1))
        let read = try value(BranchCall<Payload>.self, from: jsonText(attempt))
        #expect(read.deadline == moment && read.payload == Payload(n: 1))
    }

    @Test(arguments: ["draft", "a", "a-1", "0", String(repeating: "a", count: 64)])
    func aParticipantsNameIsRead(text: String) {
        #expect(ParticipantName(text)?.description == text)
    }

    @Test(arguments: ["", "Draft", "a_b", "a b", "é", "a/b", "a\"b", String(repeating: "a", count: 65)])
    func whatIsNoParticipantsNameIsNotRead(text: String) {
        #expect(ParticipantName(text) == nil)
        #expect(throws: (any Error).self) { try value([ParticipantName].self, from: "[\"\(text)\"]") }
    }
}
