import GRDB
import Simulation
import Synchronization
import TCC
import TCCCoordinator
import Testing
import Verification

@Suite("The checker, at the edge")
struct BrokenEdgeTests {
    @Test("sees a deadline that ends with the head of an answer")
    func deadlineOfHead() throws {
        var sabotage = Sabotage()
        sabotage.endsDeadlinesWithHeads = true
        #expect(try violations(of: sabotage).contains { $0.invariant == 8 })
    }

    @Test("sees a participant out of reach that holds up the others")
    func sharedSilence() throws {
        let silences = Mutex<[Party: Timestamp]>([:])
        var sabotage = Sabotage()
        sabotage.call = { context, to, calls, proceed in
            let isHeld = silences.withLock { $0.contains { $0.key != to && $0.value > context.now } }
            if isHeld { return .silence(calls) }
            let result = await proceed(calls)
            silences.withLock { $0[to] = result.isAnswered ? nil : context.now + .seconds(3) }
            return result
        }
        #expect(
            try !violations(of: sabotage) { $0.invariant == 8 && $0.found.contains("was out of reach") }.isEmpty
        )
    }

    @Test("sees a batch whose error is taken for a refusal of each of its calls")
    func batchErrorRefuses() throws {
        let refused = Mutex<Set<Call>>([])
        var sabotage = Sabotage()
        sabotage.seesBatches = true
        sabotage.call = { _, _, calls, proceed in
            let known = calls.map { Call($0.body) }
            let isForgotten = zip(calls, known)
                .allSatisfy { call, name in
                    call.operation == .cancel && refused.withLock { refused in name.map(refused.contains) ?? false }
                }
            // Whoever refused needs no cancel.
            let cancelled = CallResult.answered(BranchAnswer(status: 200, outcome: .cancelled))
            if isForgotten { return .each(calls.map { _ in cancelled }) }
            let result = await proceed(calls)
            guard calls.count > 1, !result.isAnswered || result.isError else { return result }
            for (call, name) in zip(calls, known) where call.operation == .try {
                if let name { refused.withLock { _ = $0.insert(name) } }
            }
            return .each(
                calls.map { call in
                    call.operation == .try
                        ? .answered(BranchAnswer(status: 409, problem: Problem(409, "refused", "An error.")))
                        : .unanswered("an error")
                }
            )
        }
        #expect(try violations(of: sabotage).contains { [6, 7, 8].contains($0.invariant) })
    }

    @Test("sees a participant that stops asking at the first reservation that it cannot settle")
    func askingStops() throws {
        let rounds = Mutex<[Party: (first: GlobalTransactionID, askedAt: Timestamp)]>([:])
        var sabotage = Sabotage()
        sabotage.ask = { context, party, gid, proceed in
            // What is asked for so soon after the last is asked for in the same round.
            let first = rounds.withLock { rounds in
                let last = rounds[party]
                let isSame = last.map { context.now < $0.askedAt + .milliseconds(40) } ?? false
                let first = isSame ? last?.first ?? gid : gid
                rounds[party] = (first, context.now)
                return first
            }
            let isStuck = try context.disks.perform(on: party) { database in
                try Bool.fetchOne(
                    database,
                    sql: "SELECT 1 FROM barrier WHERE gid = ? AND state = 'reserved'",
                    arguments: [first.description]
                )
            }
            if first != gid, isStuck ?? false { throw Silence() }
            return try await proceed(gid)
        }
        #expect(
            try !violations(of: sabotage) { $0.invariant == 8 && $0.found.contains("fails at another") }.isEmpty
        )
    }

    @Test("sees a clock that was ahead once and keeps all that is new from beginning")
    func horizonAhead() throws {
        var sabotage = Sabotage()
        sabotage.answer = { context, _, request, proceed in
            guard request.isBegin else { return await proceed(request) }
            let horizon = try? context.disks.perform(on: .orchestrator) { database in
                try Int64.fetchOne(database, sql: "SELECT forgotten_before FROM horizon")
            }
            guard let horizon, context.now.milliseconds < horizon else { return await proceed(request) }
            return try? WireAnswer(status: 503, Problem(503, "deadline-passed", "It began too late; try again."))
        }
        #expect(
            try !violations(of: sabotage) { $0.invariant == 8 && $0.found.contains("cannot be published") }.isEmpty
        )
    }
}

/// Nobody answers.
private struct Silence: Error {}

/// What is found in the first world in which anything is that is looked for; the same world, unbroken, is valid.
func violations(
    of sabotage: Sabotage,
    seeds: UInt64 = 100,
    where isLookedFor: (Violation) -> Bool = { _ in true }
) throws -> [Violation] {
    let simulation = try Simulation(sabotage: sabotage)
    for seed in 1...seeds {
        let violations = try simulation.run(Scenario(seed: seed)).violations
        guard violations.contains(where: isLookedFor) else { continue }
        #expect(try Simulation().run(Scenario(seed: seed)).violations.isEmpty, "seed \(seed)")
        return violations
    }
    return []
}
