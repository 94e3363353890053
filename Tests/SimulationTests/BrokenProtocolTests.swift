import GRDB
import HTTPTypes
import Simulation
import Synchronization
import TCC
import TCCCoordinator
import Testing
import Verification

@Suite("The checker")
struct BrokenProtocolTests {
    private static let mostSeeds: UInt64 = 100
    /// Leaving out anything changes all chance that follows, so that now and then one cannot be made small.
    private static let mostSeedsToOneThatIsSmall: UInt64 = 400
    private static let mostWitnesses = 8
    private static let mostRequests = 8
    private static let mostFaults = 8

    @Test(
        "sees every broken protocol within 100 seeds, and what is needed to see it is small",
        arguments: BrokenProtocol.allCases
    )
    func isSeen(_ broken: BrokenProtocol) throws {
        let simulation = try Simulation(sabotage: broken.sabotage)
        var witnesses: [(requests: Int, faults: Int)] = []
        for seed in 1...Self.mostSeedsToOneThatIsSmall where witnesses.count < Self.mostWitnesses {
            let scenario = Scenario(seed: seed)
            let violations = try simulation.run(scenario).violations
            guard violations.contains(where: { $0.invariant == broken.invariant }) else { continue }
            if witnesses.isEmpty { #expect(seed <= Self.mostSeeds) }
            let small = try #require(try Minimizer(simulation).minimize(scenario))
            #expect(!(try simulation.run(small)).violations.isEmpty)
            // And the same world, unbroken, is valid: it is the protocol that fails, not the world.
            #expect(try Simulation().run(scenario).violations.isEmpty)
            let found = (requests: try #require(small.requests).count, faults: try #require(small.faults).count)
            if found.requests <= Self.mostRequests, found.faults <= Self.mostFaults { return }
            witnesses.append(found)
        }
        Issue.record("\(broken.rawValue): \(witnesses.isEmpty ? "not seen" : "not made small: \(witnesses)")")
    }

    @Test("sees a ledger whose effect happens twice")
    func effectTwice() throws {
        let sabotage = Sabotage { party, database in
            guard party == .quota else { return }
            try database.execute(
                sql: """
                    CREATE TRIGGER twice AFTER UPDATE OF spent ON account WHEN NEW.spent = OLD.spent + 1 BEGIN
                        UPDATE account SET spent = spent + 2 WHERE author = NEW.author;
                    END
                    """
            )
        }
        #expect(try violations(of: sabotage).contains { $0.invariant == 3 })
    }

    @Test("sees a ledger that takes from another author")
    func wrongAuthor() throws {
        let sabotage = Sabotage { party, database in
            guard party == .quota else { return }
            try database.execute(
                sql: """
                    CREATE TRIGGER other AFTER UPDATE OF spent ON account WHEN NEW.spent = OLD.spent + 1 BEGIN
                        UPDATE account SET spent = spent + iif(author = NEW.author, -1, 1);
                    END
                    """
            )
        }
        #expect(try violations(of: sabotage).contains { $0.invariant == 3 })
    }

    @Test("sees a refusal that is told before the cancel is on the disk")
    func refusedTooSoon() throws {
        var sabotage = Sabotage()
        sabotage.answer = { context, server, request, proceed in
            let answer = await proceed(request)
            guard request.isBegin, let answer, answer.status >= 400, let gid = answer.told?.gid else { return answer }
            // As if it had not been written yet.
            _ = try? context.disks.perform(on: server) { database in
                try database.execute(
                    sql: "UPDATE transactions SET state = 'trying' WHERE gid = ? AND state = 'cancelling'",
                    arguments: [gid.description]
                )
            }
            return answer
        }
        #expect(try violations(of: sabotage).contains { $0.invariant == 1 && $0.found.contains("the disk had trying") })
    }

    @Test("sees a journal that changes its mind")
    func changedDecision() throws {
        let sabotage = Sabotage { party, database in
            guard party == .orchestrator else { return }
            try database.execute(
                sql: """
                    CREATE TRIGGER flip AFTER UPDATE OF finished_at ON transactions
                    WHEN NEW.finished_at IS NOT NULL AND NEW.state = 'cancelled' BEGIN
                        UPDATE transactions SET state = 'confirmed' WHERE gid = NEW.gid;
                    END
                    """
            )
        }
        #expect(try violations(of: sabotage).contains { $0.invariant == 1 })
    }

    @Test("sees a post that readers were shown and that was taken back")
    func shownTooSoon() throws {
        let sabotage = Sabotage { party, database in
            guard party == .online else { return }
            try database.execute(
                sql: """
                    CREATE TRIGGER show AFTER INSERT ON staged WHEN NEW.action = 'publish' BEGIN
                        UPDATE posts SET title = NEW.title, revision = NEW.revision WHERE id = NEW.post_id;
                    END
                    """
            )
        }
        #expect(try violations(of: sabotage).contains { $0.invariant == 10 })
    }

    @Test(
        "sees a post that is hidden while its withdraw is tried, and shown again when that is cancelled",
        arguments: [true, false]
    )
    func hiddenTooSoon(isOnline: Bool) throws {
        let (holds, table, hide, show) =
            isOnline
            ? ("staged", "posts", "is_visible = 0", "is_visible = 1")
            : ("reservations", "drafts", "status = 'private'", "status = 'published'")
        let sabotage = Sabotage { party, database in
            guard party == (isOnline ? .online : .draft) else { return }
            try database.execute(
                sql: """
                    CREATE TABLE hidden (gid TEXT, post_id TEXT);
                    CREATE TRIGGER hide AFTER INSERT ON \(holds) WHEN NEW.action = 'withdraw' BEGIN
                        INSERT INTO hidden VALUES (NEW.gid, NEW.post_id);
                        UPDATE \(table) SET \(hide) WHERE id = NEW.post_id;
                    END;
                    CREATE TRIGGER show AFTER UPDATE OF state ON barrier WHEN NEW.state = 'cancelled' BEGIN
                        UPDATE \(table) SET \(show) WHERE id IN (SELECT post_id FROM hidden WHERE gid = NEW.gid);
                    END;
                    """
            )
        }
        #expect(try violations(of: sabotage).contains { $0.invariant == 10 })
    }

    @Test("sees a library whose revision falls while nobody sees it")
    func fallsHidden() throws {
        let sabotage = Sabotage { party, database in
            guard party == .online else { return }
            try database.execute(
                sql: """
                    CREATE TRIGGER fall AFTER UPDATE OF is_visible ON posts WHEN OLD.is_visible AND NOT NEW.is_visible
                    BEGIN
                        UPDATE posts SET revision = revision - 1 WHERE id = NEW.id;
                    END;
                    """
            )
        }
        #expect(try violations(of: sabotage).contains { $0.invariant == 4 })
    }

    @Test("sees an answer 200 that is true only later")
    func answeredTooSoon() throws {
        var sabotage = Sabotage()
        sabotage.answer = { _, _, request, proceed in
            var answer = await proceed(request)
            if request.isBegin, answer?.status == 202 { answer?.status = 200 }
            return answer
        }
        #expect(try violations(of: sabotage).contains { $0.invariant == 4 })
    }

    @Test("sees a refusal that does not name what was begun")
    func refusedWithoutGid() throws {
        var sabotage = Sabotage()
        sabotage.answer = { _, _, request, proceed in
            let answer = await proceed(request)
            guard request.isBegin, let answer, answer.status >= 400, let code = answer.told?.code else { return answer }
            return try? WireAnswer(status: answer.status, Problem(answer.status, code, "It was refused."))
        }
        #expect(try violations(of: sabotage).contains { $0.invariant == 1 })
    }

    @Test("sees a commit that is answered as if nothing had begun")
    func committedAndRefused() throws {
        var sabotage = Sabotage()
        sabotage.answer = { _, _, request, proceed in
            let answer = await proceed(request)
            guard request.isBegin, answer?.status == 202 else { return answer }
            return try? WireAnswer(status: 503, Problem(503, "overloaded", "Nothing was begun."))
        }
        #expect(try violations(of: sabotage).contains { $0.invariant == 1 })
    }

    @Test("sees an orchestrator that sends nothing for some time after its start", arguments: [3, 8])
    func lateRecovery(seconds: Int64) throws {
        var sabotage = Sabotage()
        sabotage.call = { context, _, calls, proceed in
            if let death = context.death, context.now < death + .seconds(seconds) { return .silence(calls) }
            return await proceed(calls)
        }
        let sign = seconds < 5 ? "was ready" : "after the last"
        #expect(try !violations(of: sabotage) { $0.invariant == 8 && $0.found.contains(sign) }.isEmpty)
    }

    @Test("sees an orchestrator whose patience with a silent participant grows without bound")
    func longBackoff() throws {
        let silences = Mutex<[Party: (count: Int, until: Timestamp)]>([:])
        var sabotage = Sabotage()
        sabotage.call = { context, to, calls, proceed in
            let before = silences.withLock { $0[to] } ?? (count: 0, until: context.now)
            if before.count >= 8, context.now < before.until { return .silence(calls) }
            let result = await proceed(calls)
            silences.withLock {
                $0[to] = result.isAnswered ? nil : (before.count + 1, context.now + .seconds(20))
            }
            return result
        }
        #expect(try violations(of: sabotage).contains { $0.invariant == 8 })
    }

    @Test(
        "sees a key that is not free after its transaction was cancelled, or was by a restart",
        arguments: [true, false]
    )
    func keyKept(always: Bool) throws {
        let sabotage = Sabotage { party, database in
            guard party == .orchestrator else { return }
            let condition = always ? "1" : "NEW.reason LIKE '%coordinator-restarted%'"
            try database.execute(
                sql: """
                    CREATE TRIGGER keep AFTER UPDATE OF state ON transactions
                    WHEN NEW.state = 'cancelling' AND OLD.live_key IS NOT NULL AND \(condition) BEGIN
                        UPDATE transactions SET live_key = OLD.live_key WHERE gid = NEW.gid;
                    END
                    """
            )
        }
        #expect(try violations(of: sabotage, seeds: 400).contains { $0.invariant == 3 })
    }

    @Test("sees a key that is not bound to its request, or not to its caller", arguments: [true, false])
    func keyUnbound(isRequestIgnored: Bool) throws {
        let first = Mutex<[String: WireRequest]>([:])
        var sabotage = Sabotage()
        sabotage.answer = { _, _, request, proceed in
            guard let key = request.headers[.idempotencyKey] else { return await proceed(request) }
            let caller = request.headers[.authorization]
            let name = isRequestIgnored ? "\(caller ?? "") \(key)" : key
            let holder = first.withLock { first in
                defer { first[name] = first[name] ?? request }
                return first[name] ?? request
            }
            if isRequestIgnored { return await proceed(holder) }
            var altered = request
            altered.headers[.authorization] = holder.headers[.authorization]
            return await proceed(altered)
        }
        #expect(try violations(of: sabotage).contains { $0.invariant == 3 })
    }

    @Test("sees a publish whose condition is not looked at")
    func conditionIgnored() throws {
        var sabotage = Sabotage()
        sabotage.answer = { _, _, request, proceed in
            var altered = request
            altered.headers[.ifMatch] = nil
            return await proceed(altered)
        }
        #expect(try violations(of: sabotage).contains { $0.invariant == 3 })
    }

    @Test("sees a resource that keeps what it held", arguments: ["held", "staged"])
    func keptHold(table: String) throws {
        let sabotage = Sabotage { party, database in
            guard party == (table == "held" ? .quota : .online) else { return }
            let columns = try database.columns(in: table).map { "OLD.\($0.name)" }.joined(separator: ", ")
            try database.execute(
                sql: "CREATE TRIGGER keep AFTER DELETE ON \(table) BEGIN INSERT INTO \(table) VALUES (\(columns)); END"
            )
        }
        #expect(try violations(of: sabotage).contains { $0.invariant == 6 })
    }

    @Test("sees a library in which a deleted post comes back, or stays", arguments: [true, false])
    func keptPost(comesBack: Bool) throws {
        let sabotage = Sabotage { party, database in
            guard party == .online else { return }
            let columns = try database.columns(in: "posts").map { "OLD.\($0.name)" }.joined(separator: ", ")
            // Not what is visible, so that the disk can be wiped of it for the next world.
            try database.execute(
                sql: comesBack
                    ? """
                    CREATE TRIGGER keep AFTER DELETE ON posts WHEN NOT OLD.is_visible BEGIN
                        INSERT INTO posts VALUES (\(columns));
                    END
                    """
                    : """
                    CREATE TRIGGER keep BEFORE DELETE ON posts WHEN NOT OLD.is_visible BEGIN SELECT RAISE(IGNORE); END
                    """
            )
        }
        #expect(try violations(of: sabotage).contains { $0.invariant == 3 })
    }

    @Test("sees a horizon that is not stored", arguments: [Party.orchestrator, .online])
    func horizonNotStored(server: Party) throws {
        let (table, columns) =
            server == .orchestrator
            ? ("horizon", "forgotten_before = 0") : ("barrier_horizon", "pruned_before = 0, pruned_gid = ''")
        let sabotage = Sabotage { party, database in
            guard party == server || server == .online && party != .orchestrator else { return }
            try database.execute(
                sql: "CREATE TRIGGER lost AFTER UPDATE ON \(table) BEGIN UPDATE \(table) SET \(columns); END"
            )
        }
        let found = try violations(of: sabotage, seeds: 1000)
        #expect(found.contains { $0.invariant == (server == .orchestrator ? 1 : 9) }, "\(found)")
    }

    @Test("sees a journal that forgets what is not finished")
    func unfinishedForgotten() throws {
        let sabotage = Sabotage { party, database in
            guard party == .orchestrator else { return }
            try database.execute(
                sql: """
                    CREATE TRIGGER forget AFTER UPDATE ON horizon BEGIN
                        DELETE FROM transactions WHERE finished_at IS NULL AND created_at < NEW.forgotten_before;
                    END
                    """
            )
        }
        #expect(try violations(of: sabotage).contains { $0.invariant == 8 })
    }
}
