import Simulation
import Testing
import Verification

@Suite("A systematic search")
struct SearchTests {
    @Test("Without a bound on delays every order of what is in flight comes once", arguments: 1...5)
    func everyOrder(_ count: Int) {
        var orders: Set<[Int]> = []
        var runs = 0
        var next: Choices? = Choices(mostDelays: .max)
        while var choices = next {
            choices.isOn = true
            var (left, order) = (Array(0..<count), [Int]())
            while let index = choices.next(of: left.count) { order.append(left.remove(at: index)) }
            orders.insert(order)
            runs += 1
            next = choices.following
        }
        let all = (1...count).reduce(1, *)
        #expect(orders.count == all)
        #expect(runs == all)
    }

    @Test("With at most one delay nothing overtakes more than one other")
    func bounded() {
        var orders: Set<[Int]> = []
        var next: Choices? = Choices(mostDelays: 1)
        while var choices = next {
            choices.isOn = true
            var (left, order) = ([0, 1, 2], [Int]())
            while let index = choices.next(of: left.count) { order.append(left.remove(at: index)) }
            orders.insert(order)
            next = choices.following
        }
        #expect(orders == [[0, 1, 2], [1, 0, 2], [0, 2, 1]])
    }

    @Test("Every order of a publish is valid, and so is every single fault in it")
    func publish() throws {
        let search = Search(try Simulation())
        let publish = Plan.single[0]
        let orders = try search.orders(of: publish, mostDelays: .max)
        #expect(orders.invalid == 0)
        #expect(orders.orders >= 1000)
        let faults = try search.faults(in: publish, mostDelays: 1)
        #expect(faults.invalid == 0)
        // Each of the four servers dies at several places, and each of a dozen messages meets three things.
        #expect(faults.faults >= 60)
        #expect(faults.orders >= 500)
    }

    @Test(
        "Two transactions on the same post are valid in every order with at most two delays",
        arguments: Plan.pairs.indices
    )
    func pairs(_ number: Int) throws {
        let tally = try Search(try Simulation()).orders(of: Plan.pairs[number], mostDelays: 2)
        #expect(tally.invalid == 0)
        #expect(tally.orders >= 250)
    }

    @Test(
        "It finds what is broken, and shows it",
        arguments: [BrokenProtocol.forgottenTooSoon, .unknownIsFailure, .confirmBeforeDurable]
    )
    func findsBroken(_ broken: BrokenProtocol) throws {
        let search = Search(try Simulation(sabotage: broken.sabotage))
        var findings: [Search.Finding] = []
        let tally = try search.faults(in: Plan.single[1], mostDelays: 0) { _, finding in
            if let finding { findings.append(finding) }
        }
        #expect(tally.invalid == findings.count)
        let first = try #require(findings.first, "\(broken.rawValue)")
        #expect(!first.report.violations.isEmpty)
        #expect(!first.report.events.isEmpty)
    }
}
