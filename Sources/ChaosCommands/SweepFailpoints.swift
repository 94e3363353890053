import ArgumentParser
import Failpoints
import Foundation
import Harness
import Hosting
import TCCHTTP
import Verification

/// The command `chaos sweep`.
struct SweepFailpoints: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        commandName: "sweep",
        abstract: "Crash the real processes at every failpoint, one after the other, and check after each.",
        discussion: """
            A case is one crash of one process at one failpoint, while a post is published, published again, \
            withdrawn or deleted, on the way of a commit and of a cancel; then the process is started again, all has to end \
            within 5 s, the caller asks again with the same key, and the ten invariants are checked. --pairs goes on \
            with second crashes during the recovery from the first. A crash has happened when the process died \
            there by itself. The same cases each time; no seed.

            Exit codes: 0 all failpoints were hit and nothing is wrong, 1 an invariant was violated, 2 wrong usage, 3 \
            unknown (a crash did not happen, or a case did not come to its end).

            Example:
              chaos sweep
              chaos sweep --only republish/online-service/participant.confirm
            """
    )

    @Flag(help: "Crash a second time during the recovery.")
    var pairs = false

    @Option(help: ArgumentHelp("Only the cases with this in their name.", valueName: "text"))
    var only: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How many sets of processes at once. (default: one a core)", valueName: "count")
    )
    var jobs: Int?

    private static let mostShown = 20

    /// Refuses numbers that make no sense.
    mutating func validate() throws {
        guard jobs.map({ (1...64).contains($0) }) ?? true else { throw ValidationError("--jobs must be 1 to 64.") }
        guard !cases.isEmpty else { throw ValidationError("No case has '\(only ?? "")' in its name.") }
    }

    private var cases: [SweepCase] {
        let all = SweepPlan.singles + (pairs || only != nil ? SweepPlan.pairs : [])
        guard let only else { return all }
        return all.filter { $0.description.contains(only) }
    }

    /// Runs it.
    mutating func run() async throws {
        FileLimit.raise()
        let (cases, jobs) = (cases, jobs ?? ProcessInfo.processInfo.activeProcessorCount)
        let isWhole = only == nil
        try await Console.interruptible(left: "nothing is left") {
            try await Self.run(cases, jobs: jobs, isWhole: isWhole)
        }
    }

    private static func run(_ cases: [SweepCase], jobs: Int, isWhole: Bool) async throws -> Int32 {
        let display = ChaosDisplay()
        defer { display.clear() }
        let start = ContinuousClock.now
        let (results, kept) = try await ChaosFolder.with { folder in
            let sweep = Sweep(cases, in: folder, jobs: jobs) { results in
                let hits = results.count { $0.isHit }
                let wrong = results.count { $0.isWrong }
                display.show("\(results.count)/\(cases.count) cases, \(hits) crashes, \(wrong) wrong")
            }
            let results = try await sweep.run()
            return (results, results.contains { $0.isWrong })
        }
        display.clear()
        let coverage = SweepCoverage(results)
        Console.say(coverage.table)
        for result in results where result.isWrong {
            for violation in result.violations.prefix(mostShown) {
                Console.say("VIOLATED \(result.sweepCase): \(violation)")
            }
            for line in result.logs { Console.say("log: \(line)") }
            Console.say("repeat with: chaos sweep --only \(result.sweepCase)")
        }
        let judgement = SweepJudgement(results, of: cases)
        for reason in judgement.reasons { Console.say(reason) }
        let missing = isWhole ? coverage.missing : []
        for failpoint in missing { Console.say("nobody died at \(failpoint)") }
        let seconds = Int((ContinuousClock.now - start) / .seconds(1))
        let recoveries = Distribution(results.compactMap { $0.recovery.map { $0 / .milliseconds(1) } })
        let commit = ChaosFolder.revision ?? "unknown"
        Console.say("\(results.count) cases in \(seconds) s, \(coverage.crashes) crashes, commit \(commit)")
        Console.say("until all had ended that a death left: \(recoveries.text)")
        if let kept { Console.say("data of the processes: \(kept.path(percentEncoded: false))") }
        let verdict = judgement.verdict == .valid && !missing.isEmpty ? .unknown : judgement.verdict
        Console.say(verdict.text(.standardOutput))
        return verdict.exitCode
    }
}
