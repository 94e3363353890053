import ArgumentParser
import Foundation
import Hosting
import Verification

/// The command `chaos verify`.
struct Verify: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        abstract: "Check a recorded history again: the ten invariants, and whether it proves anything.",
        discussion: """
            The history has everything that was asked, told and seen, every fault, and what both libraries, the \
            barriers and the journal held at the end; nothing has to run for this. The same history gives the same \
            verdict.

            Exit codes: 0 valid, 1 invalid, 2 wrong usage or no history, 3 unknown: the history is cut off, or less \
            happened than the run states as its minimum, or the verdict could not be written.

            Example:
              chaos verify history.jsonl
            """
    )

    @OptionGroup var history: RecordedHistory

    @Flag(help: "One line of JSON.")
    var json = false

    /// Checks it.
    mutating func run() async throws {
        let report = VerifyReport(try history.read())
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            Console.say(String(decoding: try encoder.encode(report.json), as: UTF8.self))
        } else {
            Console.say(report.text(.standardOutput))
        }
        try Console.end(report.verdict.exitCode)
    }
}
