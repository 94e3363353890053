import GRDB
import QuotaLedger
import TCC
import TCCParticipant
import TCCStorage
import Testing

@Suite("A participant of one's own: the quota ledger")
struct QuotaLedgerTests {
    private func withLedger(
        failpoints: String? = nil,
        _ body: (ParticipantUnderTest<QuotaLedger>) async throws -> Void
    ) async throws {
        try await withParticipant(
            QuotaLedger(),
            failpoints: failpoints,
            registerMigrations: QuotaLedger.registerMigrations
        ) { ledger async throws in
            try await ledger.store.write { database in
                try database.execute(sql: "INSERT INTO account VALUES ('ada', 2, 0)")
            }
            try await body(ledger)
        }
    }

    /// How many of Ada's two posts are reserved and how many are spent.
    private func use(_ ledger: ParticipantUnderTest<QuotaLedger>) async throws -> [Int] {
        try await ledger.store.read { database in
            let row = try Row.fetchOne(database, sql: "SELECT (SELECT count(*) FROM held), spent FROM account")
            return [row?[0] ?? -1, row?[1] ?? -1]
        }
    }

    private func reserve(_ ledger: ParticipantUnderTest<QuotaLedger>, _ author: String = "ada") async throws -> BranchID
    {
        let id = ledger.newBranch()
        _ = try await ledger.service.attempt(ledger.call(id, QuotaLedger.Payload(author: author)))
        return id
    }

    @Test func aTryReservesAConfirmSpendsACancelReleases() async throws {
        try await withLedger { ledger async throws in
            let first = try await reserve(ledger)
            let second = try await reserve(ledger)
            #expect(try await use(ledger) == [2, 0])
            #expect(try await ledger.service.carryOut(.confirm, first, action: "publish") == .confirmed)
            #expect(try await use(ledger) == [1, 1])
            #expect(try await ledger.service.carryOut(.cancel, second, action: "publish") == .cancelled)
            #expect(try await use(ledger) == [0, 1])
        }
    }

    @Test func repeatedAndReorderedCallsSpendOnce() async throws {
        try await withLedger { ledger async throws in
            let id = ledger.newBranch()
            let call = ledger.call(id, QuotaLedger.Payload(author: "ada"))
            for _ in 0..<3 { #expect(try await ledger.service.attempt(call) == .reserved) }
            for _ in 0..<3 {
                #expect(try await ledger.service.carryOut(.confirm, id, action: "publish") == .confirmed)
            }
            await #expect(throws: Problem.self) { try await ledger.service.carryOut(.cancel, id, action: "publish") }
            #expect(try await ledger.service.attempt(call) == .confirmed)
            #expect(try await use(ledger) == [0, 1])
        }
    }

    @Test func copiesOfOneCallAtTheSameMomentTakeEffectOnce() async throws {
        try await withLedger { ledger async throws in
            let id = ledger.newBranch()
            let call = ledger.call(id, QuotaLedger.Payload(author: "ada"))
            try await withThrowingTaskGroup(of: BranchOutcome.self) { group in
                for _ in 0..<20 { group.addTask { try await ledger.service.attempt(call) } }
                for try await outcome in group { #expect(outcome == .reserved) }
            }
            #expect(try await use(ledger) == [1, 0])
        }
    }

    @Test func aCancelBeforeItsTryLeavesNothingToReserve() async throws {
        try await withLedger { ledger async throws in
            let id = ledger.newBranch()
            #expect(try await ledger.service.carryOut(.cancel, id, action: "publish") == .cancelled)
            let late = await #expect(throws: Problem.self) {
                try await ledger.service.attempt(ledger.call(id, QuotaLedger.Payload(author: "ada")))
            }
            #expect(late?.status == 410)
            #expect(try await use(ledger) == [0, 0])
        }
    }

    @Test(arguments: ["ada", "nobody"])
    func withoutQuotaLeftATryIsRefusedAndRecordsNothing(author: String) async throws {
        try await withLedger { ledger async throws in
            _ = try await reserve(ledger)
            let spent = try await reserve(ledger)
            _ = try await ledger.service.carryOut(.confirm, spent, action: "publish")
            let id = ledger.newBranch()
            let refusal = await #expect(throws: Problem.self) {
                try await ledger.service.attempt(ledger.call(id, QuotaLedger.Payload(author: author)))
            }
            #expect(refusal?.status == 409)
            #expect(refusal?.code == "quota-exceeded")
            #expect(try await ledger.row(of: id) == nil)
            #expect(try await use(ledger) == [1, 1])
        }
    }

    @Test func aRefusedTryAmongManyAtTheSameMomentFailsAlone() async throws {
        try await withLedger { ledger async throws in
            let outcomes = await withTaskGroup(of: String.self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        do {
                            _ = try await reserve(ledger)
                            return "reserved"
                        } catch {
                            return (error as? Problem)?.code ?? "\(error)"
                        }
                    }
                }
                return await group.reduce(into: [:]) { counts, outcome in counts[outcome, default: 0] += 1 }
            }
            #expect(outcomes == ["reserved": 2, "quota-exceeded": 8])
            #expect(try await use(ledger) == [2, 0])
        }
    }

    @Test func aTryWhoseCommitFailsHasReservedNothing() async throws {
        // The first commit is the quota's.
        try await withLedger(failpoints: "storage.commit.before=error@2") { ledger async throws in
            let id = ledger.newBranch()
            let call = ledger.call(id, QuotaLedger.Payload(author: "ada"))
            let full = await #expect(throws: Problem.self) { try await ledger.service.attempt(call) }
            #expect(full?.status == 503)
            #expect(try await use(ledger) == [0, 0])
            #expect(try await ledger.service.attempt(call) == .reserved)
            #expect(try await use(ledger) == [1, 0])
        }
    }
}
