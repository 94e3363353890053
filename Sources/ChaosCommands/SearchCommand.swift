import ArgumentParser
import Hosting
import Simulation

/// The command `chaos search`.
struct SearchCommand: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Run small simulated worlds in many orders, and with one fault at every place.",
        discussion: """
            One transaction, committed or refused, or two on the same post. Messages, commits and restarts that are \
            under way may come in any order: each time that one of them goes before n others there are n delays, and \
            all orders with at most so many delays are run (Emmi, Qadeer, Rakamarić, "Delay-Bounded Scheduling", POPL \
            2011). Without a fault that is one publish in all orders, and two transactions with few delays; with a \
            fault, one transaction with fewer. The fault is a crash of a server at each place that it passes, or a \
            message lost, doubled, or late after all deadlines, each message in turn. Two faults are left to \
            'simulate'.

            Exit codes: 0 all valid, 1 something was violated, 2 wrong usage, 130 stopped by Ctrl-C: what is said is how \
            far it came.

            Example:
              chaos search
              chaos search --delays 3 --fault-delays 2
            """
    )

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The most delays without a fault, with two transactions.", valueName: "count")
    )
    var delays = 2

    @Option(parsing: .unconditional, help: ArgumentHelp("The most delays beside a fault.", valueName: "count"))
    var faultDelays = 1

    /// More than one publish can have: so that all its orders are run.
    private static let unbounded = 1000

    /// Refuses numbers that make no sense.
    mutating func validate() throws {
        for (flag, number) in [("--delays", delays), ("--fault-delays", faultDelays)] {
            guard (0...Self.unbounded).contains(number) else {
                throw ValidationError("\(flag) must be 0 to \(Self.unbounded).")
            }
        }
    }

    /// Searches.
    mutating func run() async throws {
        Interruption.note()
        var total = Search.Tally()
        let progress = Progress()
        do {
            try search(&total, progress)
        } catch is CancellationError {
            // How far it came is said all the same.
        }
        progress.end("orders", done: total.orders)
        Console.say("\(total.orders) orders, \(total.invalid) invalid")
        if let code = Interruption.exitCode {
            Console.say("stopped before its end")
            try Console.end(code)
        }
        if total.invalid > 0 {
            Console.say("To see this again, at commit \(ChaosFolder.revision ?? "unknown"):")
            Console.say("  chaos search --delays \(delays) --fault-delays \(faultDelays)")
        }
        try Console.end(total.invalid > 0 ? 1 : 0)
    }

    private func search(_ total: inout Search.Tally, _ progress: Progress) throws {
        let search = Search(try Simulation())
        let publish = Plan.single[0]
        try Self.tell("\(publish.name), all orders", &total, progress) {
            try search.orders(of: publish, mostDelays: Self.unbounded, step: $0)
        }
        for plan in Plan.pairs {
            try Self.tell("\(plan.name), up to \(delays) delays", &total, progress) {
                try search.orders(of: plan, mostDelays: delays, step: $0)
            }
        }
        for plan in Plan.single {
            try Self.tell("\(plan.name) with one fault, up to \(faultDelays) delays", &total, progress) {
                try search.faults(in: plan, mostDelays: faultDelays, step: $0)
            }
        }
    }

    /// Runs one part, and counts it, also where it does not come to its end.
    private static func tell(
        _ name: String,
        _ total: inout Search.Tally,
        _ progress: Progress,
        _ run: (Search.Step) throws -> Search.Tally
    ) throws {
        let before = total.orders
        var soFar = Search.Tally()
        do {
            let tally = try run { orders, finding in
                progress.show("\(name): \(orders) orders", done: before + orders)
                soFar.orders = orders
                if let finding {
                    soFar.invalid += 1
                    progress.clear()
                    show(finding)
                }
                try Interruption.check()
            }
            progress.clear()
            let faults = tally.faults > 0 ? ", each of \(tally.faults) faults" : ""
            Console.say("\(name): \(tally.orders) orders\(faults), \(tally.invalid) invalid")
            total.add(tally)
        } catch let error as CancellationError {
            total.add(soFar)
            throw error
        }
    }

    private static func show(_ finding: Search.Finding) {
        Console.say("\(finding.plan), \(finding.fault.map { "\($0)" } ?? "no fault"):")
        for event in finding.report.events { Console.say("  \(event)") }
        for violation in finding.report.violations { Console.say("  VIOLATED \(violation)") }
    }
}
