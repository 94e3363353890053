import Foundation
import GRDB
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import MetricsTestKit
import NIOCore
import QuotaLedger
import TCC
import TCCParticipant
import TCCStorage
import Testing

@Suite("A batch of calls")
struct BatchTests {
    private func withClient(
        granted: Int = 2,
        failpoints: String? = nil,
        _ body: @Sendable @escaping (ParticipantClient) async throws -> Void
    ) async throws {
        try await ParticipantClient.run(failpoints: failpoints) { client in
            try await client.participant.store.write { database in
                try database.execute(sql: "INSERT INTO account VALUES ('ada', ?, 0)", arguments: [granted])
            }
            try await body(client)
        }
    }

    /// A single call's body, as it stands in a batch.
    private func call(_ operation: String, _ body: String) -> String { #"{"op":"\#(operation)","# + body.dropFirst() }

    private func attempt(_ id: BranchID, _ client: ParticipantClient) -> String {
        call("try", client.body(id, attempt: true))
    }

    private func batch(_ calls: [String]) -> String { #"{"calls":[\#(calls.joined(separator: ","))]}"# }

    private func results(_ calls: [String], _ client: ParticipantClient) async throws -> [BatchResult] {
        let response = try await client.post("/tcc/batch", batch(calls))
        #expect(response.status == .ok, "\(String(buffer: response.body))")
        return try decode(BatchAnswer.self, response).results
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ response: TestResponse) throws -> Value {
        try JSONDecoder().decode(type, from: Data(response.body.readableBytesView))
    }

    /// A result in few words: `200 reserved`, `409 quota-exceeded`.
    private func words(_ results: [BatchResult]) -> [String] {
        results.map { "\($0.status) \($0.outcome?.rawValue ?? $0.problem?.code ?? "")" }
    }

    // MARK: Results

    @Test func itsResultsAreInTheOrderOfItsCallsAndARefusedOneFailsNoOther() async throws {
        try await withClient { client in
            let ids = (0..<4).map { _ in client.participant.newBranch() }
            let answers = try await results(
                [
                    attempt(ids[0], client), call("confirm", client.body(ids[1])), attempt(ids[2], client),
                    attempt(ids[3], client), call("confirm", client.body(ids[0])), call("cancel", client.body(ids[2])),
                ],
                client
            )
            #expect(
                words(answers) == [
                    "200 reserved", "409 not-reserved", "200 reserved", "409 quota-exceeded", "200 confirmed",
                    "200 cancelled",
                ]
            )
            #expect(try await client.participant.row(of: ids[3]) == nil)
        }
    }

    @Test func aResultHasItsStatusAndAnOutcomeOrAProblem() async throws {
        try await withClient { client in
            let id = client.participant.newBranch()
            let calls = [attempt(id, client), call("confirm", client.body(client.participant.newBranch()))]
            let response = try await client.post("/tcc/batch", batch(calls))
            #expect(response.headers[.contentType] == "application/json; charset=utf-8")
            let json = try decode([String: [JSONValue]].self, response)
            #expect(json["results"]?.first == .object(["status": .integer(200), "outcome": .string("reserved")]))
            guard case .object(let refused) = json["results"]?.last, case .object(let problem) = refused["problem"]
            else {
                Issue.record("\(json)")
                return
            }
            #expect(Set(refused.keys) == ["status", "problem"])
            #expect(refused["status"] == .integer(409))
            #expect(problem["code"] == .string("not-reserved"))
            #expect(problem["status"] == .integer(409))
        }
    }

    @Test func nothingToDoIsDone() async throws {
        try await withClient { client in
            let response = try await client.post("/tcc/batch", batch([]))
            #expect(String(buffer: response.body) == #"{"results":[]}"#)
        }
    }

    // MARK: The barrier

    @Test func whatComesTwiceInABatchTakesEffectOnce() async throws {
        try await withClient { client in
            let id = client.participant.newBranch()
            let confirm = call("confirm", client.body(id))
            let answers = try await results(
                [attempt(id, client), attempt(id, client), confirm, confirm, attempt(id, client)],
                client
            )
            #expect(
                words(answers) == [
                    "200 reserved", "200 reserved", "200 confirmed", "200 confirmed", "200 confirmed",
                ]
            )
            let account = try await client.participant.store.read { database in
                try Row.fetchOne(database, sql: "SELECT spent, (SELECT count(*) FROM held) AS held FROM account")
                    .map { [$0["spent"] as Int, $0["held"] as Int] }
            }
            #expect(account == [1, 0])
        }
    }

    @Test func callsOfOneTransactionTakeEffectInTheirOrder() async throws {
        try await withClient { client in
            let (first, second) = (client.participant.newBranch(), client.participant.newBranch())
            let answers = try await results(
                [
                    attempt(first, client), call("cancel", client.body(first)), attempt(first, client),
                    call("cancel", client.body(second)), attempt(second, client), call("confirm", client.body(second)),
                ],
                client
            )
            #expect(
                words(answers) == [
                    "200 reserved", "200 cancelled", "410 too-late", "200 cancelled", "410 too-late",
                    "409 already-cancelled",
                ]
            )
        }
    }

    @Test func deadlineAndHorizonAreLookedAtCallByCall() async throws {
        try await withClient(granted: 9) { client in
            let participant = client.participant
            func attempt(_ id: BranchID, deadlineIn duration: Duration) -> String {
                let deadline = participant.clock.now + duration
                return #"{"op":"try","gid":"\#(id.gid)","branch":"a","action":"b","deadline":"\#(deadline)","#
                    + #""payload":{"author":"ada"}}"#
            }
            // Two of one moment; the later one is forgotten.
            let ids = (0..<2).map { _ in participant.newBranch() }.sorted { $0.gid < $1.gid }
            _ = try await results([attempt(ids[1], deadlineIn: .seconds(9))], client)
            let forgotten = BranchID(gid: ids[1].gid, branch: ParticipantName("a")!)
            _ = try await participant.service.carryOut(.confirm, forgotten, action: "b")
            let horizon = participant.clock.now + .seconds(10)
            try await participant.store.write { _ = try Barrier.prune(before: horizon, limit: 1, in: $0) }
            let others = (0..<3).map { _ in participant.newBranch() }
            let answers = try await results(
                [
                    attempt(others[0], deadlineIn: .zero), attempt(ids[0], deadlineIn: .seconds(5)),
                    attempt(others[1], deadlineIn: .seconds(15)), attempt(others[2], deadlineIn: .seconds(8000)),
                ],
                client
            )
            #expect(words(answers) == ["410 too-late", "410 too-late", "200 reserved", "422 invalid-field"])
        }
    }

    // MARK: One transaction

    @Test func aCallThatFailsAfterItWroteLeavesNothingAndFailsNoOther() async throws {
        try await withParticipant(CountingResource(), registerMigrations: CountingResource.registerMigrations) {
            participant async throws in
            let ids = (0..<5).map { _ in participant.newBranch() }
            let results = await participant.service.apply(
                ids.enumerated().map { .attempt(participant.call($1, .init(refuses: $0 == 2))) }
            )
            for (index, result) in results.enumerated() {
                let id = ids[index]
                let counts = try await participant.store.read { try CountingResource.counts(of: id.gid, in: $0) }
                if index == 2 {
                    #expect(throws: Problem(409, "refused", "No.")) { try result.get() }
                    #expect(counts == .init())
                } else {
                    #expect(try result.get() == .reserved)
                    #expect(counts == .init(reserved: 1))
                }
            }
        }
    }

    @Test func aFullDiskFailsThemAllAndWritesNothing() async throws {
        // The first commit is that of the account.
        try await withClient(failpoints: "storage.commit.before=error@2") { client in
            let ids = (0..<3).map { _ in client.participant.newBranch() }
            let answers = try await results(ids.map { attempt($0, client) }, client)
            #expect(words(answers) == Array(repeating: "503 storage-full", count: 3))
            #expect(answers.map(\.retryAfterSeconds) == [1, 1, 1], "what a header would have said of a single call")
            for id in ids { #expect(try await client.participant.row(of: id) == nil) }
        }
    }

    @Test(arguments: [("participant.reserve.before", true), ("participant.reserve.after", false)])
    func aFailpointIsPassedByEachCall(_ failpoint: String, _ isBefore: Bool) async throws {
        try await withClient(failpoints: "\(failpoint)=error@2") { client in
            let ids = (0..<2).map { _ in client.participant.newBranch() }
            let answers = try await results(ids.map { attempt($0, client) }, client)
            #expect(words(answers) == ["200 reserved", "500 internal-error"])
            #expect(try await client.participant.row(of: ids[1]) == (isBefore ? nil : .reserved))
        }
    }

    @Test func eachCallIsCounted() async throws {
        try await withClient { client in
            let ids = (0..<3).map { _ in client.participant.newBranch() }
            let calls = ids.map { attempt($0, client) } + [call("cancel", client.body(ids[0]))]
            _ = try await results(calls, client)
            for (operation, outcome, count) in [
                ("try", "reserved", 2), ("try", "quota-exceeded", 1), ("cancel", "cancelled", 1),
            ] {
                let dimensions = [("tcc.operation", operation), ("tcc.outcome", outcome)]
                let counter = try client.participant.metrics.expectCounter("tcc.participant.calls", dimensions)
                #expect(counter.totalValue == Int64(count))
            }
        }
    }

    // MARK: What is not valid

    @Test func aCallThatIsNotValidIs422AloneAndNamesItsField() async throws {
        try await withClient(granted: 99) { client in
            let deadline = "\(client.participant.clock.now + .seconds(9))"
            func rest(_ gid: String = "\(client.participant.newBranch().gid)") -> String {
                #""gid":"\#(gid)","branch":"a","action":"publish""#
            }
            let invalid: [(call: String, field: String)] = [
                (#"{\#(rest())}"#, "op"), (#"{"op":"undo",\#(rest())}"#, "op"), (#"{"op":"Try",\#(rest())}"#, "op"),
                (#"{"op":7,\#(rest())}"#, "op"), (#"{"op":null,\#(rest())}"#, "op"),
                (#"{"op":"confirm",\#(rest("7"))}"#, "gid"), (#"{"op":"cancel","branch":"a","action":"b"}"#, "gid"),
                (#"{"op":"cancel",\#(rest()),"deadline":"soon"}"#, "deadline"),
                (#"{"op":"try",\#(rest()),"payload":{"author":"ada"}}"#, "deadline"),
                (#"{"op":"try",\#(rest()),"deadline":"\#(deadline)"}"#, "payload"),
                (#"{"op":"try",\#(rest()),"deadline":"\#(deadline)","payload":null}"#, "payload"),
                (#"{"op":"try",\#(rest()),"deadline":"\#(deadline)","payload":7}"#, "payload"),
                (#"{"op":"try",\#(rest()),"deadline":"\#(deadline)","payload":{}}"#, "payload.author"),
                (#"{"op":"try",\#(rest()),"deadline":"\#(deadline)","payload":{"author":7}}"#, "payload.author"),
                ("[]", "body"), ("7", "body"), ("null", "body"), (#""try""#, "body"),
            ]
            let good = invalid.map { _ in attempt(client.participant.newBranch(), client) }
            let answers = try await results(zip(invalid, good).flatMap { [$0.call, $1] }, client)
            try #require(answers.count == 2 * invalid.count)
            for (index, (call, field)) in invalid.enumerated() {
                let answer = answers[2 * index]
                #expect(answer.status == 422 && answer.problem?.code == "invalid-field", "\(call)")
                #expect(answer.problem?.extensions["field"] == .string(field), "\(call)")
                for operation in TCC.Operation.allCases where call.hasPrefix(#"{"op":"\#(operation)""#) {
                    let alone = try await client.post("/tcc/\(operation)", call)
                    #expect(try decode(Problem.self, alone) == answer.problem, "\(call)")
                }
                #expect(words([answers[2 * index + 1]]) == ["200 reserved"])
            }
        }
    }

    @Test(arguments: [
        "", "{", "nonsense", #"{"calls":[}"#, #"{"calls":[{"op":"try"},]}"#, #"{"calls":[{"op":"try","gid":}]}"#,
        #"{"calls":[{"op":"cancel","gid":"\x"}]}"#, "{\"calls\":[{\"op\":\"tr\u{1}\"}]}",
    ])
    func whatIsNotJSONIs400(_ body: String) async throws {
        try await withClient { client in
            let response = try await client.post("/tcc/batch", body)
            #expect(response.status == .badRequest)
            #expect(try decode(Problem.self, response).code == "malformed-json")
        }
    }

    @Test(arguments: [("{}", "calls"), (#"{"calls":null}"#, "calls"), (#"{"calls":{}}"#, "calls"), ("[]", "body")])
    func aBatchWithoutCallsIs422(_ body: String, _ field: String) async throws {
        try await withClient { client in
            let response = try await client.post("/tcc/batch", body)
            #expect(response.status == .unprocessableContent)
            #expect(try decode(Problem.self, response).extensions["field"] == .string(field))
        }
    }

    // MARK: Limits

    @Test func athousandCallsAreDoneAndOneMoreIs422() async throws {
        try await withClient(granted: 5000) { client in
            let ids = (0...ProtocolLimits.mostCallsInBatch).map { _ in client.participant.newBranch() }
            let calls = ids.map { attempt($0, client) }
            let response = try await client.post("/tcc/batch", batch(calls))
            #expect(response.status == .unprocessableContent)
            #expect(try decode(Problem.self, response).extensions["field"] == .string("calls"))
            #expect(try await client.participant.row(of: ids[0]) == nil)

            let answers = try await results(Array(calls.dropLast()), client)
            #expect(words(answers) == Array(repeating: "200 reserved", count: ProtocolLimits.mostCallsInBatch))
        }
    }

    @Test func aBodyOver8MiBIs413() async throws {
        try await withClient { client in
            let id = client.participant.newBranch()
            let largest = ParticipantService<QuotaLedger>.largestBody
            let rest = batch([attempt(id, client)]).dropFirst()
            func filled(to size: Int) -> String {
                let start = #"{"fill":""#
                let fill = String(repeating: "x", count: size - start.utf8.count - rest.utf8.count - 2)
                return "\(start)\(fill)\",\(rest)"
            }
            let large = try await client.post("/tcc/batch", filled(to: largest + 1))
            #expect(large.status == .contentTooLarge)
            #expect(try await client.participant.row(of: id) == nil)
            #expect(try await client.post("/tcc/batch", filled(to: largest)).status == .ok)
            #expect(try await client.participant.row(of: id) == .reserved)
        }
    }

    // MARK: The same as one by one

    /// Random calls about few transactions, so that they meet: in batches they have the answers, and leave the database,
    /// that they have and leave one by one.
    @Test(arguments: 1...12)
    func aBatchIsAnsweredLikeItsCallsOneByOne(_ seed: UInt64) async throws {
        var generator = Chance(seed: seed)
        let calls = (0..<300).map { _ in RandomCall(using: &generator) }
        let sizes = (0..<300).map { _ in Int.random(in: 1...40, using: &generator) }
        let alone = try await withRandomCalls(calls) { participant, calls in
            var results: [Result<BranchOutcome, any Error>] = []
            for call in calls { results += await participant.service.apply([call]) }
            return results
        }
        let together = try await withRandomCalls(calls) { participant, calls in
            var results: [Result<BranchOutcome, any Error>] = []
            var rest = calls[...]
            for size in sizes where !rest.isEmpty {
                results += await participant.service.apply(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            return results
        }
        #expect(alone == together)
        #expect(Set(alone.answers).count >= 8, "not much happened: \(Set(alone.answers))")
    }

    private struct Chance: RandomNumberGenerator {
        private var state: UInt64

        init(seed: UInt64) { self.state = seed }

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var bits = state
            bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
            bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
            return bits ^ (bits >> 31)
        }
    }

    /// A call about one of a few transactions.
    private struct RandomCall {
        let transaction: Int
        let operation: TCC.Operation
        let refuses: Bool
        let deadline: Duration

        init(using generator: inout Chance) {
            self.transaction = Int.random(in: 0..<60, using: &generator)
            self.operation = [.try, .try, .confirm, .cancel].randomElement(using: &generator) ?? .try
            self.refuses = Int.random(in: 0..<5, using: &generator) == 0
            let deadlines: [Duration] = [.seconds(-1), .seconds(9000), .seconds(35), .seconds(35), .seconds(35)]
            self.deadline = deadlines.randomElement(using: &generator) ?? .zero
        }
    }

    /// What was answered, and what is in the database.
    private struct Aftermath: Hashable {
        var answers: [String]
        var rows: [String]
    }

    private func withRandomCalls(
        _ calls: [RandomCall],
        _ apply: (
            ParticipantUnderTest<CountingResource>, [ParticipantCall<CountingResource.Payload>]
        ) async throws -> [Result<BranchOutcome, any Error>]
    ) async throws -> Aftermath {
        var aftermath = Aftermath(answers: [], rows: [])
        try await withParticipant(CountingResource(), registerMigrations: CountingResource.registerMigrations) {
            participant async throws in
            let ids = (0..<60).map { _ in participant.newBranch() }
            let results = try await apply(
                participant,
                calls.map { call in
                    let id = ids[call.transaction]
                    let decision: Decision
                    switch call.operation {
                    case .try:
                        let payload = CountingResource.Payload(refuses: call.refuses)
                        return .attempt(participant.call(id, payload, deadlineIn: call.deadline))
                    case .confirm: decision = .confirm
                    case .cancel: decision = .cancel
                    }
                    return .carryOut(decision, id, action: "publish")
                }
            )
            aftermath.answers = results.map { result in
                switch result {
                case .success(let outcome): outcome.rawValue
                case .failure(let error as Problem): "\(error.status) \(error.code) \(error.detail)"
                case .failure(let error): "\(error)"
                }
            }
            aftermath.rows = try await participant.store.read { database in
                try ["SELECT * FROM barrier ORDER BY gid", "SELECT * FROM effects ORDER BY rowid"]
                    .flatMap { try Row.fetchAll(database, sql: $0) }.map { $0.description }
            }
        }
        return aftermath
    }
}
