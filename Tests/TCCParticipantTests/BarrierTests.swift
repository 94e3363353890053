import GRDB
import TCC
import TCCParticipant
import Testing

@Suite("The barrier")
struct BarrierTests {
    private static let start = Timestamp(milliseconds: 1_795_348_800_000)
    private let branch = ParticipantName("ledger")!
    private let resource = CountingResource()

    private func makeDatabase() throws -> DatabaseQueue {
        let database = try DatabaseQueue()
        var migrator = DatabaseMigrator()
        CountingResource.registerMigrations(in: &migrator)
        try migrator.migrate(database)
        return database
    }

    private func branchID(_ number: Int, at moment: Timestamp = start) -> BranchID {
        // Distinct within a moment by the random bits.
        var bits = Constant(bits: UInt64(number))
        return BranchID(gid: UUIDv7(at: moment, using: &bits), branch: branch)
    }

    private struct Constant: RandomNumberGenerator {
        let bits: UInt64
        func next() -> UInt64 { bits }
    }

    private func attempt(
        _ id: BranchID,
        at now: Timestamp = start,
        deadline: Timestamp? = start + .seconds(35),
        refuses: Bool = false,
        _ database: DatabaseQueue
    ) throws -> BranchOutcome {
        let payload = CountingResource.Payload(refuses: refuses)
        let call = BranchCall(gid: id.gid, branch: id.branch, action: "publish", deadline: deadline, payload: payload)
        return try database.write { try Barrier.attempt(call, on: resource, at: now, in: $0) }
    }

    private func carryOut(
        _ decision: Decision,
        _ id: BranchID,
        at now: Timestamp = start,
        _ database: DatabaseQueue
    ) throws -> BranchOutcome {
        try database.write { try Barrier.carryOut(decision, id, action: "publish", on: resource, at: now, in: $0) }
    }

    private func row(_ id: BranchID, _ database: DatabaseQueue) throws -> BranchOutcome? {
        try database.read { try Barrier.row(of: id, in: $0) }
    }

    // MARK: Every order of calls

    private enum Event: CaseIterable {
        case attempt
        case refusedAttempt
        case lateAttempt
        case confirm
        case cancel
    }

    /// The contract's table, written down once more: where a branch stands and what it has done.
    private struct Model {
        enum Row {
            case none
            case reserved
            case confirmed
            case cancelled
        }

        var row = Row.none
        var counts = CountingResource.Counts()

        /// What is answered: a status, and the outcome or the problem's code.
        mutating func answer(_ event: Event) -> String {
            switch (event, row) {
            case (.attempt, .none):
                row = .reserved
                counts.reserved += 1
                return "200 reserved"
            case (.refusedAttempt, .none): return "409 refused"
            case (.lateAttempt, .none): return "410 too-late"
            case (.attempt, .reserved), (.refusedAttempt, .reserved), (.lateAttempt, .reserved): return "200 reserved"
            case (.attempt, .confirmed), (.refusedAttempt, .confirmed), (.lateAttempt, .confirmed):
                return "200 confirmed"
            case (.attempt, .cancelled), (.refusedAttempt, .cancelled), (.lateAttempt, .cancelled):
                return "410 too-late"
            case (.confirm, .none): return "409 not-reserved"
            case (.confirm, .reserved):
                row = .confirmed
                counts.confirmed += 1
                return "200 confirmed"
            case (.confirm, .confirmed): return "200 confirmed"
            case (.confirm, .cancelled): return "409 already-cancelled"
            case (.cancel, .none):
                row = .cancelled
                return "200 cancelled"
            case (.cancel, .reserved):
                row = .cancelled
                counts.cancelled += 1
                return "200 cancelled"
            case (.cancel, .confirmed): return "409 already-confirmed"
            case (.cancel, .cancelled): return "200 cancelled"
            }
        }
    }

    private func perform(_ event: Event, _ id: BranchID, _ database: DatabaseQueue) throws -> String {
        do {
            let outcome =
                switch event {
                case .attempt: try attempt(id, database)
                case .refusedAttempt: try attempt(id, refuses: true, database)
                case .lateAttempt: try attempt(id, at: Self.start + .seconds(35), database)
                case .confirm: try carryOut(.confirm, id, database)
                case .cancel: try carryOut(.cancel, id, database)
                }
            return "200 \(outcome.rawValue)"
        } catch let problem as Problem {
            return "\(problem.status) \(problem.code)"
        }
    }

    /// All sequences of five events, their beginnings included: 3,905 lives of a branch, each call repeated or not.
    @Test func everyOrderOfCallsDoesWhatTheTableSays() throws {
        let database = try makeDatabase()
        var sequences: [[Event]] = [[]]
        var number = 0
        for _ in 1...5 {
            sequences = sequences.flatMap { sequence in Event.allCases.map { sequence + [$0] } }
        }
        for sequence in sequences {
            number += 1
            let id = branchID(number)
            var model = Model()
            for event in sequence {
                let expected = model.answer(event)
                let answer = try perform(event, id, database)
                guard answer == expected else {
                    Issue.record("\(sequence): \(event) was answered \(answer), not \(expected)")
                    return
                }
            }
            let counts = try database.read { try CountingResource.counts(of: id.gid, in: $0) }
            #expect(counts == model.counts, "\(sequence)")
            #expect(counts.reserved <= 1 && counts.confirmed + counts.cancelled <= counts.reserved, "\(sequence)")
        }
    }

    /// All sequences of seven over the three calls, in which each comes up to three times and more.
    @Test func whateverIsRepeatedAnEffectHappensAtMostOnceAndNeverBesideItsOpposite() throws {
        let database = try makeDatabase()
        let events: [Event] = [.attempt, .confirm, .cancel]
        for code in 0..<2187 {
            let id = branchID(code)
            var model = Model()
            var rest = code
            for _ in 0..<7 {
                let event = events[rest % 3]
                rest /= 3
                #expect(try perform(event, id, database) == model.answer(event))
            }
            #expect(try database.read { try CountingResource.counts(of: id.gid, in: $0) } == model.counts)
        }
    }

    @Test func branchesOfOneTransactionAndTransactionsOfOneBranchAreApart() throws {
        let database = try makeDatabase()
        let first = branchID(1)
        let second = branchID(2)
        let otherBranch = BranchID(gid: first.gid, branch: ParticipantName("other")!)
        #expect(try attempt(first, database) == .reserved)
        #expect(try attempt(second, database) == .reserved)
        #expect(try carryOut(.cancel, otherBranch, database) == .cancelled)
        #expect(try carryOut(.cancel, first, database) == .cancelled)
        #expect(try carryOut(.confirm, second, database) == .confirmed)
    }

    // MARK: Deadlines

    @Test func aRefusedTryRecordsNothing() throws {
        let database = try makeDatabase()
        let id = branchID(1)
        let refusal = #expect(throws: Problem.self) { try attempt(id, refuses: true, database) }
        #expect(refusal == Problem(409, "refused", "No."))
        #expect(try row(id, database) == nil)
        #expect(try database.read { try CountingResource.counts(of: id.gid, in: $0) } == .init())
        #expect(try attempt(id, database) == .reserved, "a repeated try that meets no objection may reserve")
    }

    @Test func aTryIsInTimeUpToItsDeadlineAndNotAtIt() throws {
        let database = try makeDatabase()
        let deadline = Self.start + .seconds(35)
        #expect(try attempt(branchID(1), at: deadline - .milliseconds(1), deadline: deadline, database) == .reserved)
        let late = #expect(throws: Problem.self) {
            try attempt(branchID(2), at: deadline, deadline: deadline, database)
        }
        #expect(late?.status == 410)
        #expect(try row(branchID(2), database) == nil)
    }

    @Test func aDeadlineMoreThanTwoHoursAheadIs422NamingIt() throws {
        let database = try makeDatabase()
        #expect(try attempt(branchID(1), deadline: Self.start + .seconds(7200), database) == .reserved)
        let problem = #expect(throws: Problem.self) {
            try attempt(branchID(2), deadline: Self.start + .seconds(7200) + .milliseconds(1), database)
        }
        #expect(problem?.status == 422)
        #expect(problem?.extensions["field"] == .string("deadline"))
    }

    @Test func aTryWithoutADeadlineIs422NamingIt() throws {
        let database = try makeDatabase()
        let problem = #expect(throws: Problem.self) { try attempt(branchID(1), deadline: nil, database) }
        #expect(problem?.status == 422)
        #expect(problem?.extensions["field"] == .string("deadline"))
    }

    @Test func overdueAreOnlyReservationsTheOldestDeadlineFirst() throws {
        let database = try makeDatabase()
        for (number, seconds) in [(1, 30), (2, 10), (3, 20), (4, 5), (5, 6), (6, 100)] {
            _ = try attempt(branchID(number), deadline: Self.start + .seconds(seconds), database)
        }
        _ = try carryOut(.confirm, branchID(4), database)
        _ = try carryOut(.cancel, branchID(5), database)
        let overdue = try database.read { try Barrier.overdue(at: Self.start + .seconds(30), limit: 10, in: $0) }
        #expect(overdue.map(\.id) == [branchID(2), branchID(3), branchID(1)])
        #expect(overdue.allSatisfy { $0.action == "publish" })
        let first = try database.read { try Barrier.overdue(at: Self.start + .seconds(30), limit: 1, in: $0) }
        #expect(first.map(\.id) == [branchID(2)])
        #expect(try database.read { try Barrier.overdue(at: Self.start, limit: 10, in: $0) }.isEmpty)
    }

    // MARK: Pruning

    private func prune(before horizon: Timestamp, limit: Int = 100, _ database: DatabaseQueue) throws -> Int {
        try database.write { try Barrier.prune(before: horizon, limit: limit, in: $0) }
    }

    @Test func onlyFinishedBranchesWhoseDeadlineLiesBeforeTheHorizonAreForgotten() throws {
        let database = try makeDatabase()
        let deadline = Self.start + .seconds(35)
        for number in 1...3 { _ = try attempt(branchID(number), deadline: deadline, database) }
        _ = try carryOut(.confirm, branchID(1), database)
        _ = try carryOut(.cancel, branchID(2), database)
        #expect(try prune(before: deadline, database) == 0, "the deadline itself is not before")
        #expect(try prune(before: deadline + .milliseconds(1), database) == 2)
        #expect(try row(branchID(1), database) == nil)
        #expect(try row(branchID(2), database) == nil)
        #expect(try row(branchID(3), database) == .reserved, "a reservation is never forgotten")
        #expect(try prune(before: deadline + .seconds(86400), database) == 0)
        #expect(try carryOut(.confirm, branchID(3), database) == .confirmed)
    }

    @Test func aTombstoneIsKeptForTwoHoursFromItsWriting() throws {
        let database = try makeDatabase()
        let id = branchID(1)
        _ = try carryOut(.cancel, id, at: Self.start + .seconds(10), database)
        let end = Self.start + .seconds(10) + .seconds(7200)
        #expect(try prune(before: end, database) == 0)
        #expect(try row(id, database) == .cancelled)
        #expect(try prune(before: end + .milliseconds(1), database) == 1)
        #expect(try row(id, database) == nil)
    }

    @Test func aTryThatIsOlderThanTheStoredHorizonIsTooLateEvenOnAClockThatRunsBehind() throws {
        let database = try makeDatabase()
        let deadline = Self.start + .seconds(35)
        let id = branchID(1)
        _ = try carryOut(.cancel, id, database)
        let horizon = Self.start + .seconds(7201)
        #expect(try prune(before: horizon, database) == 1)
        // The tombstone is gone; the participant's clock was set back, so that the deadline seems to lie ahead.
        let late = #expect(throws: Problem.self) { try attempt(id, at: Self.start, deadline: deadline, database) }
        #expect(late?.status == 410)
        #expect(try row(id, database) == nil)
        let other = branchID(2, at: horizon)
        #expect(try attempt(other, at: horizon, deadline: horizon + .seconds(1), database) == .reserved)
    }

    @Test func whatIsStoredOfTheForgottenNeverMovesBack() throws {
        let database = try makeDatabase()
        let deadline = Self.start + .seconds(35)
        _ = try attempt(branchID(2), deadline: deadline, database)
        _ = try carryOut(.confirm, branchID(2), database)
        #expect(try prune(before: Self.start + .seconds(60), database) == 1)
        #expect(try prune(before: Self.start, database) == 0)
        #expect(throws: Problem.self) { try attempt(branchID(2), deadline: deadline, database) }
        #expect(throws: Problem.self) { try attempt(branchID(1), deadline: deadline, database) }
        #expect(try attempt(branchID(3), deadline: deadline, database) == .reserved, "later than any forgotten gid")
        let later = deadline + .milliseconds(1)
        #expect(try attempt(branchID(1), deadline: later, database) == .reserved, "a deadline after any forgotten")
    }

    @Test func aTombstonesTryIsTooLateAlsoFromACoordinatorThatIsHoursAhead() throws {
        let database = try makeDatabase()
        let ahead = Self.start + .seconds(3 * 3600)
        let id = branchID(1, at: ahead)
        _ = try carryOut(.cancel, id, database)
        let pruned = Self.start + .seconds(3 * 3600 + 60)
        #expect(try prune(before: pruned, database) == 1)
        let deadline = ahead + .seconds(3600 + 35)
        let late = #expect(throws: Problem.self) { try attempt(id, at: pruned, deadline: deadline, database) }
        #expect(late?.status == 410)
    }

    @Test func aReservationWhoseDeadlineIsImpossiblyFarAwayIsAskedForAtOnce() throws {
        let database = try makeDatabase()
        let ahead = Self.start + .seconds(3 * 86400)
        for (number, deadline) in [(1, ahead + .seconds(35)), (2, ahead + .seconds(7200))] {
            _ = try attempt(branchID(number), at: ahead, deadline: deadline, database)
        }
        _ = try attempt(branchID(3), deadline: Self.start + .seconds(35), database)
        _ = try attempt(branchID(4), deadline: Self.start + .seconds(7200), database)
        // The clock was days ahead, and is right again.
        func overdue(after last: Barrier.Overdue? = nil, limit: Int = 10) throws -> [Barrier.Overdue] {
            try database.read {
                try Barrier.overdue(at: Self.start + .seconds(40), after: last, limit: limit, in: $0)
            }
        }
        #expect(try overdue().map(\.id) == [branchID(3), branchID(1), branchID(2)])
        let first = try overdue(limit: 2)
        #expect(first.map(\.id) == [branchID(3), branchID(1)])
        #expect(try overdue(after: first.last).map(\.id) == [branchID(2)])
    }

    @Test func whatIsForgottenGoesInGroupsTheOldestFirst() throws {
        let database = try makeDatabase()
        for number in 1...5 {
            let moment = Self.start + .seconds(number)
            let id = branchID(number, at: moment)
            _ = try attempt(id, at: moment, deadline: moment + .seconds(35), database)
            _ = try carryOut(.confirm, id, at: moment, database)
        }
        let horizon = Self.start + .seconds(100)
        #expect(try prune(before: horizon, limit: 2, database) == 2)
        #expect(try row(branchID(2, at: Self.start + .seconds(2)), database) == nil)
        #expect(try row(branchID(3, at: Self.start + .seconds(3)), database) == .confirmed)
        #expect(try prune(before: horizon, limit: 2, database) == 2)
        #expect(try prune(before: horizon, limit: 2, database) == 1)
        #expect(try prune(before: horizon, limit: 2, database) == 0)
    }

    @Test func theHorizonIsTheSmallerClockLessTheRetentionAndAnHourBehindTheOldestUnfinished() {
        let now = Self.start
        let day = Duration.seconds(86400)
        func horizon(_ coordinator: Timestamp, _ oldest: Timestamp?) -> Timestamp {
            Barrier.horizon(ownNow: now, OutcomeHorizon(now: coordinator, oldestUnfinished: oldest), retention: day)
        }
        #expect(horizon(now, nil) == now - day)
        #expect(horizon(now + .seconds(60), nil) == now - day)
        #expect(horizon(now - .seconds(60), nil) == now - .seconds(60) - day)
        #expect(horizon(now, now - .seconds(5)) == now - day, "a young one holds nothing up")
        #expect(horizon(now, now - day) == now - day - .seconds(3600))
        #expect(horizon(now, now - day - day) == now - day - day - .seconds(3600))
    }
}
