import OrchestratorCommands
import TCC
import Testing

@Suite("Command line: what a watch knows")
struct TransactionWatchTests {
    private static func record(
        _ number: UInt8,
        _ state: TransactionState,
        begun: Int64? = nil,
        attempts: Int = 1,
        isStuck: Bool = false
    ) -> TransactionRecord {
        let begun = begun ?? Int64(number) * 1000
        var record = TransactionRecord(
            gid: WatchedTransactions.gid(number),
            action: "publish",
            owner: nil,
            labels: [:],
            branches: [ParticipantName("draft")!],
            createdAt: Timestamp(milliseconds: begun)
        )
        record.state = state
        record.isStuck = isStuck
        record.branches[0].attempts = attempts
        if state.isFinished { record.finishedAt = Timestamp(milliseconds: begun + 500) }
        return record
    }

    private func numbers(_ records: [TransactionRecord]) -> [UInt8] {
        records.map { WatchedTransactions.number($0.gid) }
    }

    @Test("The first look tells of what is in flight, and knows what has ended")
    func firstLook() {
        var watch = TransactionWatch(limit: 2)
        #expect(!watch.hasLooked)
        let changes = watch.looked([
            Self.record(4, .trying), Self.record(3, .confirmed), Self.record(2, .confirming),
            Self.record(1, .cancelled),
            Self.record(0, .confirmed),
        ])
        #expect(watch.hasLooked)
        #expect(numbers(changes) == [2, 4])
        #expect(numbers(watch.inFlight) == [2, 4])
        #expect(numbers(watch.ended) == [3, 1])
    }

    @Test("A later look tells of each change once: a state, a call, an end")
    func laterLooks() {
        var watch = TransactionWatch(limit: 9)
        _ = watch.looked([Self.record(1, .trying)])
        #expect(watch.looked([Self.record(1, .trying)]).isEmpty)
        #expect(numbers(watch.looked([Self.record(1, .trying, attempts: 2)])) == [1])
        #expect(numbers(watch.looked([Self.record(1, .confirming, attempts: 2)])) == [1])
        #expect(numbers(watch.looked([Self.record(1, .confirmed, attempts: 3)])) == [1])
        #expect(watch.looked([Self.record(1, .confirmed, attempts: 3)]).isEmpty)
        #expect(watch.inFlight.isEmpty && numbers(watch.ended) == [1])
    }

    @Test("Of two sights within a look the later one counts, and what has ended does not come back")
    func laterSightCounts() {
        var watch = TransactionWatch(limit: 9)
        #expect(numbers(watch.looked([Self.record(1, .trying), Self.record(1, .confirmed)])).isEmpty)
        #expect(watch.looked([Self.record(1, .trying)]).isEmpty)
        #expect(watch.inFlight.isEmpty && numbers(watch.ended) == [1])
    }

    @Test("What begins and ends between two looks is told of, what ended long ago is not")
    func endedUnseen() {
        var watch = TransactionWatch(limit: 1)
        _ = watch.looked([Self.record(9, .confirmed), Self.record(8, .confirmed)])
        let changes = watch.looked([
            Self.record(11, .confirmed), Self.record(10, .cancelled), Self.record(9, .confirmed),
            Self.record(8, .confirmed), Self.record(2, .confirmed),
        ])
        #expect(numbers(changes) == [10, 11])
        #expect(numbers(watch.ended) == [11])
        // Not again, although there is room for one of the ended ones only.
        #expect(watch.looked([Self.record(11, .confirmed), Self.record(10, .cancelled)]).isEmpty)
    }

    @Test("What was in flight and is not found is asked for by name; forgotten, it is gone")
    func missing() {
        var watch = TransactionWatch(limit: 9)
        _ = watch.looked([Self.record(1, .confirming), Self.record(2, .confirming), Self.record(3, .trying)])
        let found = [Self.record(3, .trying)]
        #expect(watch.missing(from: found) == [WatchedTransactions.gid(1), WatchedTransactions.gid(2)])
        let changes = watch.looked(found + [Self.record(1, .confirmed)], forgotten: [WatchedTransactions.gid(2)])
        #expect(numbers(changes) == [1])
        #expect(numbers(watch.inFlight) == [3])
    }

    @Test("Pages are read back to what the last look saw")
    func pages() {
        var watch = TransactionWatch(limit: 9)
        #expect(watch.isCovered(by: [Self.record(9, .confirmed)]))
        _ = watch.looked([Self.record(20, .confirmed)])
        #expect(!watch.isCovered(by: [Self.record(30, .confirmed), Self.record(25, .confirmed)]))
        #expect(watch.isCovered(by: [Self.record(25, .confirmed), Self.record(17, .confirmed)]))
        #expect(watch.isCovered(by: []))
    }

    @Test("What needs a person comes first, then the oldest")
    func order() {
        var watch = TransactionWatch(limit: 9)
        _ = watch.looked([
            Self.record(1, .trying), Self.record(2, .confirming), Self.record(3, .confirming, isStuck: true),
        ])
        #expect(numbers(watch.inFlight) == [3, 1, 2])
    }

    @Test("An outage begins with the first look that failed, and ends with one that did not")
    func outage() {
        var watch = TransactionWatch(limit: 9)
        _ = watch.looked([Self.record(1, .trying)])
        watch.lookFailed(at: Timestamp(milliseconds: 5))
        watch.lookFailed(at: Timestamp(milliseconds: 9), reason: "http-503")
        #expect(watch.outage?.since == Timestamp(milliseconds: 5) && watch.outage?.reason == "http-503")
        #expect(numbers(watch.inFlight) == [1])
        _ = watch.looked([])
        #expect(watch.outage == nil)
        #expect(numbers(watch.inFlight) == [1])
    }
}

/// Transactions by number.
enum WatchedTransactions {
    static func gid(_ number: UInt8) -> GlobalTransactionID {
        let digits = String(number, radix: 16)
        return UUIDv7("0192f3c4-5d6e-7f80-9123-4567890000" + (digits.count == 1 ? "0" : "") + digits)!
    }

    static func number(_ gid: GlobalTransactionID) -> UInt8 { UInt8(gid.description.suffix(2), radix: 16)! }
}
