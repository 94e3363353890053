import ArgumentParser
import Foundation
import Harness
import Hosting
import TCC
import TCCHTTP
import Verification

/// The command `chaos run`.
struct Run: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        abstract: "Run the real processes under load while things go wrong, and check the ten invariants.",
        discussion: """
            Starts the orchestrator, both services and a quota ledger in a temporary folder, with proxies between them, \
            and clients that publish, edit, withdraw and delete. Meanwhile the faults of a plan happen, which the seed \
            decides:
              kill, pause     a process is killed, or stopped for a while
              failpoint       a process dies at one
              partition       a link is cut: nothing passes, and nobody is told so
              delay, loss     requests are late, or lost
              duplicate       requests come twice, later or as a doubled stream of bytes
              reply-loss      answers are lost, or reset in the middle
              stall           answers stop after their heads or in their bodies; connections are never read
              trickle         requests and answers come one byte at a time
              dns             a name does not resolve, or late (needs mount namespaces and port 53)
              descriptors     a process may open few more files, and connections want more (needs prlimit)
              stderr          nobody reads what a process writes to standard error
              disk-full       a disk has no room (needs the right to mount a small file system)
              clock           wall clocks jump by some seconds (needs libfaketime)
              clock-day       a wall clock is wrong by a day and more, once (needs libfaketime)

            What cannot be made here is left out, and it says so. The seed decides the plan and what clients want, but \
            not the machine's timing: repeat a run several times.

            Now and then one participant alone is out of reach for some seconds. What does not need it has to be \
            answered as ever meanwhile.

            Afterwards all is healed, everything has to end within 5 s, and something new at each participant. Everything that was asked, answered and \
            seen goes into a history (JSON Lines). A run in which too little happened proves nothing, and fails: each \
            kind of fault has to happen to somebody, which takes all of them together some 30 s.

            Exit codes: 0 valid, 1 an invariant was violated, 2 wrong usage, 3 unknown (too little happened, or it was \
            stuck).

            Example:
              chaos run --duration 60s --seed 7
              chaos run --duration 20s --faults kill,partition --history history.jsonl
            """
    )

    @Option(parsing: .unconditional, help: ArgumentHelp("How long things go wrong. (default: 60s)", valueName: "time"))
    var duration: Length?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("What the plan of faults comes from. (default: a random one)", valueName: "number")
    )
    var seed: UInt64?

    @Option(
        help: ArgumentHelp(
            "What goes wrong, separated by commas, or 'none'. (default: all)",
            valueName: "kinds"
        )
    )
    var faults: FaultKinds?

    @Option(parsing: .unconditional, help: ArgumentHelp("How many clients publish at once.", valueName: "count"))
    var clients = 4

    @Option(
        help: ArgumentHelp(
            "Where the history is written. (default: a file in the temporary folder)",
            valueName: "path"
        ),
        completion: .file()
    )
    var history: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Fewer commits than this prove nothing. (default: 2 a second)", valueName: "count")
    )
    var minConfirmed: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Fewer refusals prove nothing. (default: 1 in 2 s)", valueName: "count")
    )
    var minRefused: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Fewer faults prove nothing. (default: 1 in 2 s)", valueName: "count")
    )
    var minFaults: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Fewer deaths at failpoints prove nothing. (default: 1 in 30 s, if there are such faults)",
            valueName: "count"
        )
    )
    var minFailpoints: Int?

    private static let largestMinimum = 1_000_000_000

    /// Refuses numbers that make no sense.
    mutating func validate() throws {
        guard (1...256).contains(clients) else { throw ValidationError("--clients must be 1 to 256.") }
        let minimum = [
            ("--min-confirmed", minConfirmed), ("--min-refused", minRefused), ("--min-faults", minFaults),
            ("--min-failpoints", minFailpoints),
        ]
        for (flag, number) in minimum {
            guard (0...Self.largestMinimum).contains(number ?? 0) else {
                throw ValidationError("\(flag) must be 0 to \(Self.largestMinimum).")
            }
        }
    }

    /// Runs it.
    mutating func run() async throws {
        FileLimit.raise()
        if let history { try OutputFile.check(history, "--history") }
        let plan = Plan(self)
        try await Console.interruptible(left: history.map { "left is the history so far, \($0)" } ?? "nothing is left")
        {
            try await plan.run()
        }
    }
}

/// A run as the command line wants it.
private struct Plan: Sendable {
    private static let mostShown = 10

    let settings: ChaosRun.Settings
    let historyPath: String?
    let command: String

    init(_ options: Run) {
        let seed = options.seed ?? UInt64.random(in: 0..<1_000_000)
        let kinds = options.faults ?? .all
        let length = options.duration?.duration ?? .seconds(60)
        var minimum = ChaosRun.Settings.minimum(duration: length, kinds: kinds.kinds)
        minimum.confirmed = options.minConfirmed ?? minimum.confirmed
        minimum.refused = options.minRefused ?? minimum.refused
        minimum.faults = options.minFaults ?? minimum.faults
        minimum.failpoints = options.minFailpoints ?? minimum.failpoints
        self.settings = ChaosRun.Settings(
            seed: seed,
            duration: length,
            kinds: kinds.kinds,
            clients: options.clients,
            minimum: minimum
        )
        self.historyPath = options.history
        var command = """
            chaos run --duration \(options.duration?.description ?? "60s") --seed \(seed) --faults \(kinds) \
            --clients \(options.clients)
            """
        for (name, minimum) in [
            ("confirmed", options.minConfirmed), ("refused", options.minRefused), ("faults", options.minFaults),
            ("failpoints", options.minFailpoints),
        ] {
            if let minimum { command += " --min-\(name) \(minimum)" }
        }
        self.command = command
    }

    /// Runs it.
    ///
    /// - Returns: the command's exit code.
    func run() async throws -> Int32 {
        let file = historyFile
        let display = ChaosDisplay()
        do {
            let (outcome, kept) = try await ChaosFolder.with { folder in
                let outcome = try await run(in: folder, file, display)
                return (outcome, outcome.judgement.verdict == .invalid)
            }
            display.clear()
            show(outcome, file, kept)
            return outcome.judgement.verdict.exitCode
        } catch {
            display.clear()
            // A history that nobody asked for by name and that has no end is nothing to keep. `try?`: the first error is the
            // one to tell of.
            if historyPath == nil, Self.endsNothing(error) { try? FileManager.default.removeItem(at: file) }
            throw error
        }
    }

    /// Whether it was interrupted, or could not begin.
    private static func endsNothing(_ error: any Error) -> Bool {
        error is CancellationError || (error as? any CommandEntry.Coded)?.exitCode == HarnessFailure.usage
    }

    private var historyFile: URL {
        if let historyPath { return URL(fileURLWithPath: historyPath) }
        return FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appending(path: "tcc-chaos-\(World.system.makeIdentifier()).jsonl")
    }

    private func run(in folder: URL, _ file: URL, _ display: ChaosDisplay) async throws -> ChaosRun.Outcome {
        let leftOut = try await ChaosRun.leftOut(of: settings.kinds, in: folder)
        var settings = settings
        settings.kinds.subtract(leftOut.keys)
        for (kind, reason) in leftOut.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            Console.say("left out: \(kind.rawValue) (\(reason))")
        }
        Console.say("seed \(settings.seed), history \(file.path(percentEncoded: false))")
        let run = RecordedRun(
            command: command,
            seed: settings.seed,
            revision: ChaosFolder.revision,
            faults: FaultKind.allCases.filter { settings.kinds.contains($0) },
            leftOut: leftOut,
            durationMilliseconds: Int(settings.duration / .milliseconds(1)),
            startedAt: World.system.wallClock(),
            minimum: settings.minimum,
            lookMilliseconds: LibraryReader.interval / .milliseconds(1),
            participants: Party.participants.map(\.rawValue)
        )
        let recorder: Recorder
        do {
            recorder = try Recorder(creating: file, run)
        } catch {
            throw UnusableFile(writing: "the history \(file.path(percentEncoded: false))", error)
        }
        let chaos = ChaosRun(settings, in: folder, recorder: recorder) { display.show(ChaosDisplay.line($0)) }
        let outcome = try await chaos.run()
        try recorder.check()
        return outcome
    }

    private func show(_ outcome: ChaosRun.Outcome, _ file: URL, _ kept: URL?) {
        func counts(_ counts: [String: Int]) -> String {
            counts.isEmpty
                ? "none" : counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        }
        let (tally, found) = (outcome.tally, outcome.tally.found)
        Console.say("requests: \(found.confirmed) done, \(found.refused) refused, \(tally.unknown) unanswered")
        let recording = outcome.recording
        let faults = Dictionary(uniqueKeysWithValues: recording.faults.map { ($0.key.rawValue, $0.value) })
        Console.say("faults: \(found.faults) (\(counts(faults)))")
        Console.say("network: \(counts(outcome.network))")
        Console.say("deaths: \(tally.deaths), of them at failpoints: \(counts(recording.failpoints))")
        Console.say("until a process served again: \(recording.starts.text)")
        Console.say("until all had ended that it left: \(recording.recoveries.text)")
        Console.say("one library ahead of the other: \(Distribution(recording.tornReads.map(\.milliseconds)).text)")
        for violation in outcome.judgement.violations.prefix(Self.mostShown) { Console.say("VIOLATED \(violation)") }
        Console.say(outcome.judgement.verdict.text(.standardOutput))
        guard outcome.judgement.verdict != .valid else { return }
        for reason in outcome.judgement.reasons { Console.say("reason: \(reason)") }
        if outcome.judgement.verdict == .invalid { for line in outcome.logs { Console.say("log: \(line)") } }
        Console.say("seed \(settings.seed), commit \(ChaosFolder.revision ?? "unknown")")
        Console.say("repeat with: \(command)")
        Console.say("history: \(file.path(percentEncoded: false))")
        if let kept { Console.say("data of the processes: \(kept.path(percentEncoded: false))") }
    }
}
