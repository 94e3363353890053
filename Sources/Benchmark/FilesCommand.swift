import ArgumentParser
import Foundation
import Supervision
import TCC

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The command `bench files`.
struct FilesCommand: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        commandName: "files",
        abstract: "Measure 'orchestrator publish' of a folder with many Markdown files.",
        discussion: """
            Writes the files, each with 300 bytes under a heading, and runs the command from its start to its end.

            JSON: as of 'bench publish'; the process 'publish' is the command.

            Example:
              bench files --count 10000 --in-flight 64
            """
    )

    @Option(help: ArgumentHelp("How many files.", valueName: "count"))
    var count = 10_000

    @Option(help: ArgumentHelp("How many files the command publishes at once, 1 to 256.", valueName: "count"))
    var inFlight = 64

    @Option(help: ArgumentHelp("How often, each time with new files.", valueName: "count"))
    var rounds = 1

    @OptionGroup
    var output: ReportOptions

    /// Refuses numbers that make no sense.
    mutating func validate() throws {
        guard (1...1_000_000).contains(count) else { throw ValidationError("--count must be 1 to 1000000.") }
        guard (1...256).contains(inFlight) else { throw ValidationError("--in-flight must be 1 to 256.") }
        guard (1...100).contains(rounds) else { throw ValidationError("--rounds must be 1 to 100.") }
    }

    /// Measures.
    mutating func run() async throws {
        let (count, inFlight, rounds) = (count, inFlight, rounds)
        try await BenchSession.run(output) { session in
            let figure = try await session.withStack { stack in
                var figure = Figure(name: "files", clients: inFlight)
                var ticks: [String: Int] = [:]
                for round in 1...rounds {
                    session.progress.show("files: round \(round) of \(rounds), writing \(count) files")
                    let folder = try Self.writeFiles(count, in: try session.makeFolder())
                    session.progress.show("files: round \(round) of \(rounds), publishing")
                    let (before, start) = (Sample(stack.workers), ContinuousClock.now)
                    let ownBefore = Self.childrenTicks()
                    try await Self.publish(folder, inFlight, stack)
                    let seconds = (ContinuousClock.now - start) / .seconds(1)
                    let own = Self.childrenTicks() - ownBefore
                    let spent = Sample(stack.workers).since(before, andOurs: own)
                    figure.rounds.append(
                        Figure.Round(perSecond: Double(count) / seconds, foreignShare: spent.foreignShare)
                    )
                    ticks.merge(spent.ticks) { $0 + $1 }
                    ticks["publish", default: 0] += own
                    try session.remove(folder)
                }
                let perTick = 1e6 / Double(ProcessFigures.ticksPerSecond) / Double(count * rounds)
                figure.cpuMicroseconds = ticks.mapValues { Double($0) * perTick }
                for worker in stack.workers {
                    figure.peakMemoryBytes[worker.name] = ProcessFigures.peakMemory(of: worker.pid)
                }
                return figure
            }
            session.report.figures = [figure]
        }
    }

    private static func writeFiles(_ count: Int, in folder: URL) throws -> URL {
        for number in 1...count {
            let text = "# Post \(number)\n\n\(Script.content)\n"
            try Data(text.utf8).write(to: folder.appending(path: "\(number).md"))
        }
        return folder
    }

    private static func publish(_ folder: URL, _ inFlight: Int, _ stack: BenchStack) async throws {
        let life = ChildLife(
            ChildCommand(
                name: "publish",
                program: OwnPrograms.path("orchestrator"),
                arguments: [
                    "publish", folder.path(percentEncoded: false), "--author", BenchStack.author, "--in-flight",
                    "\(inFlight)", "--url", stack.url(.orchestrator), "--draft-url", stack.url(.draft), "--online-url",
                    stack.url(.online), "--secret-file", stack.secretFile,
                ]
            )
        )
        try await Children.with { children in
            children.start(life)
            let death = try await life.death.value()
            guard death == .exited(0) else {
                let last = life.tail.last ?? "it says nothing"
                throw BenchFailure(BenchFailure.broken, "'orchestrator publish' ended with \(death): \(last)")
            }
        }
    }

    #if canImport(Darwin)
    private static let childrenOfThis = RUSAGE_CHILDREN
    #else
    private static let childrenOfThis = RUSAGE_CHILDREN.rawValue
    #endif

    /// What children that have ended took of the processors.
    private static func childrenTicks() -> Int {
        var usage = rusage()
        guard getrusage(childrenOfThis, &usage) == 0 else { return 0 }
        let seconds = Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        let microseconds = Double(usage.ru_utime.tv_usec) + Double(usage.ru_stime.tv_usec)
        return Int((seconds + microseconds / 1e6) * Double(ProcessFigures.ticksPerSecond))
    }
}
