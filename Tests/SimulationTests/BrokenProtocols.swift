import GRDB
import Simulation
import Synchronization
import TCC
import TCCCoordinator

/// Protocols that are broken on purpose.
///
/// The checker has to see each of them, or it would not see the same in ours.
enum BrokenProtocol: String, CaseIterable, Sendable {
    case noTombstone = "a cancel of what is not there is not remembered"
    case noIdempotence = "a confirm has its effect each time it comes"
    case confirmBeforeDurable = "confirms are sent before the decision is on disk"
    case outcomeBeforeDurable = "a participant that asks is told a decision that is not on disk"
    case noCompareAndSet = "a decision replaces the one before"
    case forgottenTooSoon = "a commit is forgotten when the first branch has acknowledged"
    case unknownIsFailure = "a try without an answer is taken for refused"
    case selfExpiring = "a reservation ends by itself after two seconds"
    case lateTryAccepted = "a try that comes after its cancel reserves"
    case unrecordedCancel = "a gid that nobody knows is cancelled without being recorded"
    case refusedNotCancelled = "a branch that refused is not cancelled"
    case keyAfterBegin = "the key is written after the begin record"
    case tombstonePruned = "a tombstone is forgotten after 200 ms"

    /// An invariant that it violates.
    var invariant: Int {
        switch self {
        case .confirmBeforeDurable, .outcomeBeforeDurable, .noCompareAndSet, .unrecordedCancel: 1
        case .noIdempotence, .keyAfterBegin: 3
        case .unknownIsFailure, .selfExpiring, .refusedNotCancelled: 7
        case .forgottenTooSoon: 8
        case .noTombstone, .lateTryAccepted, .tombstonePruned: 9
        }
    }

    /// What of the system is replaced, and by what.
    var sabotage: Sabotage {
        switch self {
        case .noTombstone:
            Sabotage { party, database in
                guard party != .orchestrator else { return }
                try database.execute(
                    sql: """
                        CREATE TRIGGER no_tombstones AFTER INSERT ON barrier WHEN NEW.state = 'cancelled' BEGIN
                            DELETE FROM barrier WHERE gid = NEW.gid AND branch = NEW.branch;
                        END
                        """
                )
            }
        case .noIdempotence: .noIdempotence
        case .confirmBeforeDurable: .confirmBeforeDurable
        case .outcomeBeforeDurable: .outcomeBeforeDurable
        case .noCompareAndSet: .noCompareAndSet
        case .forgottenTooSoon:
            Sabotage { party, database in
                guard party == .orchestrator else { return }
                try database.execute(
                    sql: """
                        CREATE TRIGGER forget AFTER UPDATE OF acknowledged ON branches WHEN NEW.acknowledged BEGIN
                            DELETE FROM transactions WHERE gid = NEW.gid AND state IN ('confirming', 'confirmed');
                        END
                        """
                )
            }
        case .unknownIsFailure: .unknownIsFailure
        case .selfExpiring: .selfExpiring
        case .lateTryAccepted: .lateTryAccepted
        case .unrecordedCancel: .unrecordedCancel
        case .refusedNotCancelled: .refusedNotCancelled
        case .keyAfterBegin:
            Sabotage { party, database in
                guard party == .orchestrator else { return }
                try database.execute(
                    sql: """
                        CREATE TABLE keys (gid TEXT, live_key TEXT);
                        CREATE TRIGGER no_key AFTER INSERT ON transactions WHEN NEW.live_key IS NOT NULL BEGIN
                            INSERT INTO keys VALUES (NEW.gid, NEW.live_key);
                            UPDATE transactions SET live_key = NULL WHERE gid = NEW.gid;
                        END;
                        CREATE TRIGGER key AFTER UPDATE OF state ON transactions WHEN NEW.state = 'confirming' BEGIN
                            UPDATE OR IGNORE transactions SET live_key = (SELECT live_key FROM keys WHERE gid = NEW.gid)
                                WHERE gid = NEW.gid;
                        END;
                        """
                )
            }
        case .tombstonePruned: .tombstonePruned
        }
    }
}

extension Sabotage {
    fileprivate static var noIdempotence: Sabotage {
        var sabotage = Sabotage()
        sabotage.answer = { context, server, request, proceed in
            if server == .quota, request.operation == .confirm, let call = Call(request.body) {
                _ = try? context.disks.perform(on: .quota) { database in
                    try database.execute(
                        sql: """
                            UPDATE account SET spent = spent + 1 WHERE author = 'ann' AND EXISTS (
                                SELECT 1 FROM barrier WHERE gid = ? AND branch = ? AND state = 'confirmed')
                            """,
                        arguments: [call.gid, call.branch]
                    )
                }
            }
            return await proceed(request)
        }
        return sabotage
    }

    /// What the orchestrator decided in the last moments before its death was not on disk; yet it was told.
    fileprivate static var confirmBeforeDurable: Sabotage {
        var sabotage = Sabotage()
        sabotage.restarts = { server, context in
            guard server == .orchestrator, let death = context.death else { return }
            _ = try? context.disks.perform(on: .orchestrator) { database in
                try database.execute(
                    sql: """
                        UPDATE transactions SET state = 'trying', decided_at = NULL
                        WHERE state = 'confirming' AND finished_at IS NULL AND decided_at > ?
                        """,
                    arguments: [death.milliseconds - 50]
                )
            }
        }
        return sabotage
    }

    /// All have reserved, so it will be a commit: if nothing comes in between.
    fileprivate static var outcomeBeforeDurable: Sabotage {
        var sabotage = Sabotage()
        sabotage.answer = { _, _, request, proceed in
            let answer = await proceed(request)
            guard request.askedOutcome != nil, answer?.outcome == .pending else { return answer }
            return .outcome(.confirm)
        }
        // Participants ask soon.
        sabotage.tick = { server, context in
            guard server != .orchestrator else { return }
            _ = try? context.disks.perform(on: server) { database in
                try database.execute(sql: "UPDATE barrier SET deadline = 0 WHERE state = 'reserved'")
            }
        }
        return sabotage
    }

    fileprivate static var noCompareAndSet: Sabotage {
        var sabotage = Sabotage()
        sabotage.answer = { context, _, request, proceed in
            guard let gid = request.askedOutcome else { return await proceed(request) }
            _ = try? context.disks.perform(on: .orchestrator) { database in
                try database.execute(
                    sql: "UPDATE transactions SET state = 'cancelling' WHERE gid = ? AND finished_at IS NULL",
                    arguments: [gid]
                )
            }
            return .outcome(.cancel)
        }
        sabotage.tick = { server, context in
            guard server != .orchestrator else { return }
            _ = try? context.disks.perform(on: server) { database in
                try database.execute(sql: "UPDATE barrier SET deadline = 0 WHERE state = 'reserved'")
            }
        }
        return sabotage
    }

    /// A try that is not answered counts as refused, and whoever refused needs no cancel.
    fileprivate static var unknownIsFailure: Sabotage {
        let refused = Mutex<Set<Call>>([])
        var sabotage = Sabotage()
        sabotage.call = { _, _, calls, proceed in
            guard let call = Call(calls[0].body) else { return await proceed(calls) }
            switch calls[0].operation {
            case .try:
                let result = await proceed(calls)
                if result.isAnswered { return result }
                refused.withLock { _ = $0.insert(call) }
                return .one(BranchAnswer(status: 409, problem: Problem(409, "refused", "No answer.")))
            case .cancel where refused.withLock({ $0.contains(call) }):
                return .one(BranchAnswer(status: 200, outcome: .cancelled))
            default: return await proceed(calls)
            }
        }
        return sabotage
    }

    fileprivate static var selfExpiring: Sabotage {
        var sabotage = Sabotage()
        sabotage.tick = { server, context in
            guard server == .online else { return }
            _ = try? context.disks.perform(on: server) { database in
                // The deadline of a try is 33 s after its begin.
                let gids = try String.fetchAll(
                    database,
                    sql: "SELECT gid FROM barrier WHERE state = 'reserved' AND deadline < ?",
                    arguments: [context.now.milliseconds + 31_000]
                )
                for gid in gids {
                    try database.execute(sql: "DELETE FROM staged WHERE gid = ?", arguments: [gid])
                    try database.execute(sql: "UPDATE barrier SET state = 'cancelled' WHERE gid = ?", arguments: [gid])
                }
            }
        }
        return sabotage
    }

    fileprivate static var lateTryAccepted: Sabotage {
        var sabotage = Sabotage()
        sabotage.answer = { context, server, request, proceed in
            if request.operation == .try, let call = Call(request.body) {
                _ = try? context.disks.perform(on: server) { database in
                    try database.execute(
                        sql: "DELETE FROM barrier WHERE gid = ? AND branch = ? AND state = 'cancelled'",
                        arguments: [call.gid, call.branch]
                    )
                }
            }
            return await proceed(request)
        }
        return sabotage
    }

    fileprivate static var unrecordedCancel: Sabotage {
        var sabotage = Sabotage()
        sabotage.answer = { context, _, request, proceed in
            guard let gid = request.askedOutcome else { return await proceed(request) }
            let isKnown = try? context.disks.perform(on: .orchestrator) { database in
                try Bool.fetchOne(
                    database,
                    sql: "SELECT 1 FROM transactions WHERE gid = ?",
                    arguments: [gid]
                )
            }
            return isKnown == .some(.some(true)) ? await proceed(request) : .outcome(.cancel)
        }
        return sabotage
    }

    fileprivate static var refusedNotCancelled: Sabotage {
        let refused = Mutex<Set<Call>>([])
        var sabotage = Sabotage()
        sabotage.call = { _, _, calls, proceed in
            guard let call = Call(calls[0].body) else { return await proceed(calls) }
            let operation = calls[0].operation
            if operation == .cancel, refused.withLock({ $0.contains(call) }) {
                return .one(BranchAnswer(status: 200, outcome: .cancelled))
            }
            let result = await proceed(calls)
            if operation == .try, case .each(let results) = result, case .answered(let answer)? = results.first,
                answer.status == 409
            {
                refused.withLock { _ = $0.insert(call) }
            }
            return result
        }
        return sabotage
    }

    fileprivate static var tombstonePruned: Sabotage {
        var sabotage = Sabotage()
        sabotage.tick = { server, context in
            guard server != .orchestrator else { return }
            _ = try? context.disks.perform(on: server) { database in
                // A tombstone without a try has a deadline two hours after it was written.
                try database.execute(
                    sql: "DELETE FROM barrier WHERE state = 'cancelled' AND deadline < ?",
                    arguments: [context.now.milliseconds + 7_200_000 - 200]
                )
            }
        }
        return sabotage
    }
}
