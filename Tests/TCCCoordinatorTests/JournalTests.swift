import Foundation
import GRDB
import TCC
import TCCCoordinator
import Testing

@Suite("The journal")
struct JournalTests {
    private static let start = Timestamp(milliseconds: 1_795_348_800_000)
    private let draft = ParticipantName("draft")!
    private let online = ParticipantName("online")!
    private let key = Journal.Key.ada("k")
    private let reason = Problem(409, "revision-conflict", "Read it again.")

    private func makeDatabase() throws -> DatabaseQueue {
        let database = try DatabaseQueue()
        var migrator = DatabaseMigrator()
        Journal.registerMigrations(in: &migrator)
        try migrator.migrate(database)
        return database
    }

    /// The n-th transaction, begun n seconds after the start.
    private func record(_ number: Int, owner: String? = "ada", labels: [String: JSONValue] = [:]) -> TransactionRecord {
        let moment = Self.start + .seconds(number)
        return TransactionRecord(
            gid: UUIDv7(leastAt: moment),
            action: "publish",
            owner: owner,
            labels: labels,
            branches: [draft, online],
            createdAt: moment
        )
    }

    private func begin(
        _ record: TransactionRecord,
        key: Journal.Key? = nil,
        _ database: DatabaseQueue
    ) throws -> Journal.Begun {
        try database.write { try Journal.begin(record, key: key, in: $0) }
    }

    @discardableResult
    private func decide(
        _ decision: Decision,
        _ record: TransactionRecord,
        _ database: DatabaseQueue
    ) throws -> Decision {
        var record = record
        record.decidedAt = record.createdAt + .milliseconds(5)
        record.reason = decision == .cancel ? reason : nil
        record.timeline.append(TimelineEvent(at: record.createdAt, event: .decided, detail: decision.rawValue))
        return try database.write { [record] in try Journal.decide(decision, of: record, in: $0) }
    }

    @discardableResult
    private func acknowledge(
        _ decision: Decision,
        _ record: TransactionRecord,
        by branch: ParticipantName,
        at now: Timestamp? = nil,
        _ database: DatabaseQueue
    ) throws -> Bool {
        let id = BranchID(gid: record.gid, branch: branch)
        return try database.write {
            try Journal.acknowledge(id, decision, at: now ?? record.createdAt + .milliseconds(9), in: $0)
        }
    }

    /// A transaction that all branches have ended.
    @discardableResult
    private func finish(
        _ decision: Decision,
        _ number: Int,
        key: Journal.Key? = nil,
        _ database: DatabaseQueue
    ) throws -> TransactionRecord {
        let record = record(number)
        #expect(try begin(record, key: key, database) == .began)
        try decide(decision, record, database)
        try acknowledge(decision, record, by: draft, database)
        #expect(try acknowledge(decision, record, by: online, database))
        return record
    }

    private func read(_ record: TransactionRecord, _ database: DatabaseQueue) throws -> TransactionRecord? {
        try database.read { try Journal.transaction(record.gid, in: $0) }
    }

    private func outcome(_ gid: GlobalTransactionID, _ database: DatabaseQueue) throws -> Outcome {
        try database.write { try Journal.outcome(of: gid, at: Self.start, in: $0) }
    }

    private func holder(of key: Journal.Key, _ database: DatabaseQueue) throws -> GlobalTransactionID? {
        try database.read { try Journal.transaction(under: key, in: $0) }
    }

    // MARK: Begin

    @Test func aReasonKeepsWhenToAskAgain() throws {
        let database = try makeDatabase()
        let begun = record(1)
        #expect(try begin(begun, database) == .began)
        var decided = begun
        decided.reason = Problem(503, "participant-unavailable", "Try again.", retryAfterSeconds: 7)
        let record = decided
        let decision = try database.write { try Journal.decide(.cancel, of: record, in: $0) }
        #expect(decision == .cancel)
        let read = try database.read { try Journal.transaction(record.gid, in: $0) }
        #expect(read?.reason == record.reason)
    }

    @Test(arguments: TransactionState.allCases, [nil, "ada"] as [String?])
    func aListOfOneStateIsRightWhicheverIndexItUses(state: TransactionState, owner: String?) throws {
        let database = try makeDatabase()
        var expected: [GlobalTransactionID] = []
        for number in 1...10 {
            let record = self.record(number, owner: number % 2 == 0 ? "ada" : "bob")
            #expect(try begin(record, database) == .began)
            let wanted: TransactionState = TransactionState.allCases[number % 5]
            try database.write { database in
                guard let decision = wanted.decision else { return }
                _ = try Journal.decide(decision, of: record, in: database)
                guard wanted.isFinished else { return }
                for branch in [draft, online] {
                    let id = BranchID(gid: record.gid, branch: branch)
                    try Journal.acknowledge(id, decision, at: record.createdAt, in: database)
                }
            }
            if wanted == state, owner == nil || owner == record.owner { expected.insert(record.gid, at: 0) }
        }
        let listed = try database.read {
            try Journal.transactions(state: state, owner: owner, before: nil, limit: 100, in: $0)
        }
        #expect(!expected.isEmpty)
        #expect(listed.map(\.gid) == expected)
    }

    @Test func whatBeginsIsReadAsItWasWritten() throws {
        let database = try makeDatabase()
        let record = record(1, labels: ["postID": .string("a/b"), "revision": .integer(7), "none": .null])
        #expect(try begin(record, key: key, database) == .began)
        #expect(try read(record, database) == record)
        #expect(try read(self.record(2), database) == nil)
    }

    @Test func aGidBeginsOnce() throws {
        let database = try makeDatabase()
        let record = record(1)
        #expect(try begin(record, database) == .began)
        try decide(.confirm, record, database)
        let before = try read(record, database)
        #expect(try begin(record, database) == .tooLate)
        #expect(try read(record, database) == before)
    }

    // MARK: Keys

    @Test func aKeyThatIsTakenNamesItsTransactionWhileThatIsTryingOrCommitted() throws {
        let database = try makeDatabase()
        let first = record(1)
        #expect(try holder(of: key, database) == nil)
        _ = try begin(first, key: key, database)
        for _ in 0..<3 {
            #expect(try begin(record(2), key: key, database) == .keyInUse(by: first.gid))
            #expect(try holder(of: key, database) == first.gid)
        }
        #expect(try read(record(2), database) == nil)
        try decide(.confirm, first, database)
        #expect(try holder(of: key, database) == first.gid)
        try acknowledge(.confirm, first, by: draft, database)
        try acknowledge(.confirm, first, by: online, database)
        #expect(try begin(record(2), key: key, database) == .keyInUse(by: first.gid))
    }

    @Test func aKeyIsFreeFromTheCancelOnWhileCancelsAreOutstanding() throws {
        let database = try makeDatabase()
        let first = record(1)
        _ = try begin(first, key: key, database)
        try decide(.cancel, first, database)
        #expect(try holder(of: key, database) == nil)
        #expect(try read(first, database)?.state == .cancelling)
        #expect(try begin(record(2), key: key, database) == .began)
        #expect(try holder(of: key, database) == record(2).gid)
        try acknowledge(.cancel, first, by: draft, database)
        try acknowledge(.cancel, first, by: online, database)
        #expect(try holder(of: key, database) == record(2).gid, "the first one's end changes nothing about it")
    }

    @Test func aKeyIsBoundToItsRequest() throws {
        let database = try makeDatabase()
        _ = try begin(record(1), key: key, database)
        let other = Journal.Key.ada("k", request: "another")
        let problem = #expect(throws: Problem.self) { try begin(record(2), key: other, database) }
        #expect(problem?.status == 422)
        #expect(problem?.code == "idempotency-key-reused")
        #expect(throws: Problem.self) { try holder(of: other, database) }
        #expect(try read(record(2), database) == nil)
    }

    @Test func oneCallersKeyIsNotAnothers() throws {
        let database = try makeDatabase()
        _ = try begin(record(1), key: key, database)
        let bobs = Journal.Key(caller: "author:bob", key: "k", fingerprint: Data("b".utf8))
        #expect(try holder(of: bobs, database) == nil)
        #expect(try begin(record(2), key: bobs, database) == .began)
        #expect(try begin(record(3), database) == .began)
        #expect(try begin(record(4), database) == .began)
    }

    // MARK: Decision

    @Test(arguments: [Decision.confirm, .cancel])
    func theFirstDecisionCountsForEver(first: Decision) throws {
        let database = try makeDatabase()
        let record = record(1)
        _ = try begin(record, database)
        #expect(try outcome(record.gid, database) == .pending)
        #expect(try decide(first, record, database) == first)
        let decided = try read(record, database)
        #expect(decided?.state == TransactionState(carryingOut: first))
        #expect(decided?.decidedAt == record.createdAt + .milliseconds(5))
        #expect(decided?.reason == (first == .cancel ? reason : nil))
        for other in [Decision.confirm, .cancel, .confirm] {
            #expect(try decide(other, record, database) == first)
            #expect(try read(record, database) == decided)
        }
        #expect(try outcome(record.gid, database) == (first == .confirm ? .confirm : .cancel))
        try acknowledge(first, record, by: draft, database)
        try acknowledge(first, record, by: online, database)
        #expect(try decide(first == .confirm ? .cancel : .confirm, record, database) == first)
    }

    @Test func aDecisionBringsWhatTheTriesMet() throws {
        let database = try makeDatabase()
        var record = record(1)
        _ = try begin(record, database)
        record.branches[0].state = .reserved
        record.branches[0].attempts = 1
        record.branches[1] = BranchRecord(name: online, state: .refused, attempts: 3, lastError: "409\tno\nno")
        record.timeline.append(
            TimelineEvent(at: record.createdAt, event: .tried, branch: online, detail: "refused:\tno\nreally")
        )
        try decide(.cancel, record, database)
        let read = try #require(try read(record, database))
        #expect(read.branches == record.branches)
        #expect(read.timeline.map(\.event) == [.begun, .tried, .decided])
        #expect(read.timeline[1].detail == "refused: no really", "an event is a line")
    }

    // MARK: Acknowledgements

    @Test(arguments: [Decision.confirm, .cancel])
    func theLastAcknowledgementFinishesAndRepeatedOnesChangeNothing(decision: Decision) throws {
        let database = try makeDatabase()
        let record = record(1)
        _ = try begin(record, database)
        try decide(decision, record, database)
        #expect(try acknowledge(decision, record, by: online, database) == false)
        #expect(try acknowledge(decision, record, by: online, database) == false)
        #expect(try read(record, database)?.state == TransactionState(carryingOut: decision))
        let end = record.createdAt + .seconds(1)
        #expect(try acknowledge(decision, record, by: draft, at: end, database))
        let finished = try #require(try read(record, database))
        #expect(finished.state == TransactionState(finished: decision))
        #expect(finished.finishedAt == end)
        #expect(finished.branches.map(\.state) == [decision == .confirm ? .confirmed : .cancelled].repeated(2))
        #expect(finished.branches.map(\.attempts) == [1, 1])
        #expect(finished.timeline.map(\.event) == [.begun, .decided, .acknowledged, .acknowledged, .finished])
        #expect(try acknowledge(decision, record, by: draft, database))
        #expect(try read(record, database) == finished)
    }

    @Test func aStuckBranchIsMarkedOnceAndNoMoreWhenAllHasEnded() throws {
        let database = try makeDatabase()
        let record = record(1)
        _ = try begin(record, database)
        try decide(.confirm, record, database)
        let id = BranchID(gid: record.gid, branch: draft)
        for _ in 0..<3 {
            try database.write {
                try Journal.note("409 already-cancelled", of: id, isStuck: true, at: Self.start, in: $0)
            }
        }
        try database.write { try Journal.note("500", of: id, isStuck: false, at: Self.start, in: $0) }
        let stuck = try #require(try read(record, database))
        #expect(stuck.isStuck)
        #expect(stuck.timeline.count { $0.event == .stuck } == 1)
        #expect(stuck.branches[0].attempts == 4)
        #expect(stuck.branches[0].lastError == "500")
        try acknowledge(.confirm, record, by: draft, database)
        try acknowledge(.confirm, record, by: online, database)
        #expect(try read(record, database)?.isStuck == false)
    }

    // MARK: Recovery

    @Test func aStartDecidesCancelForWhatWasTryingAndLeavesTheRest() throws {
        let database = try makeDatabase()
        _ = try begin(record(1), key: key, database)
        _ = try begin(record(2), database)
        try decide(.confirm, record(2), database)
        _ = try begin(record(3), database)
        try decide(.cancel, record(3), database)
        let finished = try finish(.confirm, 4, database)
        let now = Self.start + .seconds(60)
        let found = try database.write { try Journal.recover(at: now, in: $0) }
        #expect(found == (1, 3))
        let first = try #require(try read(record(1), database))
        #expect(first.state == .cancelling)
        #expect(first.reason?.code == "coordinator-restarted")
        #expect(first.decidedAt == now)
        #expect(first.timeline.last?.event == .decided)
        #expect(try holder(of: key, database) == nil)
        #expect(try read(record(2), database)?.state == .confirming)
        #expect(try read(record(3), database)?.reason == reason)
        #expect(try read(finished, database)?.state == .confirmed)
        let again = try database.write { try Journal.recover(at: now, in: $0) }
        #expect(again == (0, 3))
    }

    @Test func whatIsNotAcknowledgedIsReadInPagesOldestFirst() throws {
        let database = try makeDatabase()
        for number in 1...7 {
            _ = try begin(record(number), database)
            if number != 4 { try decide(number % 2 == 0 ? .cancel : .confirm, record(number), database) }
        }
        try acknowledge(.cancel, record(2), by: draft, database)
        try finish(.confirm, 8, database)
        func page(_ participant: ParticipantName, after: TransactionRecord?, _ limit: Int) throws -> [Journal
            .Undelivered]
        {
            try database.read {
                try Journal.undelivered(to: participant, after: after?.gid, limit: limit, in: $0)
            }
        }
        let first = try page(draft, after: nil, 2)
        #expect(first.map(\.gid) == [record(1).gid, record(3).gid])
        #expect(first.map(\.decision) == [.confirm, .confirm])
        #expect(first.allSatisfy { $0.action == "publish" })
        let second = try page(draft, after: record(3), 2)
        #expect(second.map(\.gid) == [record(5).gid, record(6).gid])
        #expect(second.map(\.decision) == [.confirm, .cancel])
        #expect(try page(draft, after: record(6), 2).map(\.gid) == [record(7).gid])
        #expect(try page(online, after: nil, 100).map(\.gid) == [1, 2, 3, 5, 6, 7].map { record($0).gid })
        #expect(try page(ParticipantName("quota")!, after: nil, 100).isEmpty)
    }

    // MARK: Presumed abort

    @Test func anUnknownTransactionIsRecordedAsCancelledBeforeItIsSaidAndCanNeverBegin() throws {
        let database = try makeDatabase()
        let record = record(1)
        #expect(try outcome(record.gid, database) == .cancel)
        let recorded = try #require(try read(record, database))
        #expect(recorded.state == .cancelled)
        #expect(recorded.reason?.code == "presumed-abort")
        #expect(try begin(record, key: key, database) == .tooLate)
        #expect(try holder(of: key, database) == nil)
        #expect(try outcome(record.gid, database) == .cancel)
        #expect(try database.read { try Journal.oldestUnfinished(in: $0) } == nil)
    }

    // MARK: Forgetting

    private func prune(before horizon: Timestamp, keys: Timestamp? = nil, limit: Int = 100, _ database: DatabaseQueue)
        throws -> Int
    {
        try database.write {
            try Journal.prune(before: horizon, withKeyBefore: keys ?? horizon, limit: limit, in: $0)
        }
    }

    @Test func onlyWhatEveryBranchHasAcknowledgedIsForgotten() throws {
        let database = try makeDatabase()
        try finish(.confirm, 1, database)
        try finish(.cancel, 2, database)
        _ = try begin(record(3), database)
        _ = try begin(record(4), database)
        try decide(.confirm, record(4), database)
        try acknowledge(.confirm, record(4), by: draft, database)
        #expect(try database.read { try Journal.oldestUnfinished(in: $0) } == record(3).createdAt)
        #expect(try prune(before: Self.start + .seconds(1_000_000), database) == 2)
        #expect(try read(record(1), database) == nil)
        #expect(try read(record(2), database) == nil)
        #expect(try read(record(3), database)?.branches.count == 2)
        #expect(try read(record(4), database)?.state == .confirming)
        let branches = try database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM branches") }
        #expect(branches == 4, "branches go with their transaction")
    }

    @Test func whatEndedAfterTheHorizonIsKept() throws {
        let database = try makeDatabase()
        let record = try finish(.confirm, 1, database)
        let end = record.createdAt + .milliseconds(9)
        #expect(try prune(before: end, database) == 0)
        #expect(try prune(before: end + .milliseconds(1), database) == 1)
    }

    @Test func aKeyKeepsItsTransactionLonger() throws {
        let database = try makeDatabase()
        let withKey = try finish(.confirm, 1, key: key, database)
        try finish(.confirm, 2, database)
        let later = Self.start + .seconds(3600)
        #expect(try prune(before: later, keys: Self.start, database) == 1)
        #expect(try holder(of: key, database) == withKey.gid)
        #expect(try prune(before: later, keys: later, database) == 1)
        #expect(try holder(of: key, database) == nil)
    }

    @Test func whatIsForgottenGoesInGroupsTheOldestFirst() throws {
        let database = try makeDatabase()
        for number in 1...5 { try finish(.confirm, number, database) }
        let later = Self.start + .seconds(3600)
        #expect(try prune(before: later, limit: 2, database) == 2)
        #expect(try read(record(2), database) == nil)
        #expect(try read(record(3), database) != nil)
        #expect(try prune(before: later, limit: 2, database) == 2)
        #expect(try prune(before: later, limit: 2, database) == 1)
        #expect(try prune(before: later, limit: 2, database) == 0)
    }

    @Test func aForgottenTransactionIs410RecordedNowhereAndCannotBegin() throws {
        let database = try makeDatabase()
        let forgotten = try finish(.confirm, 1, database)
        let horizon = Self.start + .seconds(100)
        #expect(try prune(before: horizon, database) == 1)
        for gid in [forgotten.gid, record(99).gid] {
            let problem = #expect(throws: Problem.self) { try outcome(gid, database) }
            #expect(problem?.status == 410)
            #expect(problem?.code == "forgotten")
        }
        #expect(try begin(record(99), database) == .tooLate)
        #expect(try database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM transactions") } == 0)
        #expect(try begin(record(100), database) == .began)
        #expect(try outcome(record(101).gid, database) == .cancel)
    }

    @Test func theHorizonNeverMovesBack() throws {
        let database = try makeDatabase()
        _ = try prune(before: Self.start + .seconds(100), database)
        _ = try prune(before: Self.start, database)
        #expect(try begin(record(99), database) == .tooLate)
    }

    // MARK: Lists

    @Test func listsAreNewestFirstByStateByOwnerAndFromAPlaceOn() throws {
        let database = try makeDatabase()
        for number in 1...3 { try finish(.confirm, number, database) }
        for number in 4...6 { _ = try begin(record(number, owner: "bob"), database) }
        try decide(.cancel, record(4, owner: "bob"), database)
        func list(
            _ state: TransactionState? = nil,
            owner: String? = nil,
            before: TransactionRecord? = nil,
            limit: Int = 100
        ) throws -> [GlobalTransactionID] {
            try database.read {
                try Journal.transactions(state: state, owner: owner, before: before?.gid, limit: limit, in: $0)
                    .map(\.gid)
            }
        }
        #expect(try list() == [6, 5, 4, 3, 2, 1].map { record($0).gid })
        #expect(try list(limit: 2) == [6, 5].map { record($0).gid })
        #expect(try list(before: record(5), limit: 2) == [4, 3].map { record($0).gid })
        #expect(try list(.confirmed) == [3, 2, 1].map { record($0).gid })
        #expect(try list(.trying) == [6, 5].map { record($0).gid })
        #expect(try list(.cancelling, owner: "bob") == [record(4).gid])
        #expect(try list(owner: "ada", before: record(3)) == [2, 1].map { record($0).gid })
        #expect(try list(.cancelled) == [])
    }
}

extension [BranchState] {
    fileprivate func repeated(_ count: Int) -> [BranchState] { (0..<count).flatMap { _ in self } }
}
