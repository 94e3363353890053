import ArgumentParser
import Foundation
import Hosting
import Verification

/// The command `chaos report`.
struct Report: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        abstract: "Make a page of a recorded history, to look at in a browser.",
        discussion: """
            One HTML file that needs nothing else: the verdict as 'chaos verify' finds it, publishes over time with the \
            faults marked on them, recovery times, how long one library showed a revision before the other, and each \
            violation with the lines of the history that are about it.

            Exit codes: 0 the page is written, whatever its verdict; 2 wrong usage, no history, or no place for the page.

            Example:
              chaos report history.jsonl --output report.html
            """
    )

    @OptionGroup var history: RecordedHistory

    @Option(help: ArgumentHelp("The page's file. (default: beside the history, .html)", valueName: "FILE"))
    var output: String?

    /// Writes it.
    mutating func run() async throws {
        let input = URL(fileURLWithPath: history.path)
        let output =
            self.output.map { URL(fileURLWithPath: $0) } ?? input.deletingPathExtension().appendingPathExtension("html")
        guard output.standardizedFileURL != input.standardizedFileURL else {
            throw UnusableFile(description: "\(output.path) is the history itself; name the page with --output FILE.")
        }
        try OutputFile.check(output.path, "--output")
        let page = ReportPage(try history.read())
        do {
            try Self.write(Data(page.html.utf8), to: output)
        } catch {
            throw UnusableFile(writing: output.path, error)
        }
        Console.say("\(page.verdict.rawValue): \(TerminalText.printable(output.path))")
        try Console.end(0)
    }

    /// All of it or nothing, where a file can be replaced; what is no file, such as a device, stays what it is.
    private static func write(_ page: Data, to output: URL) throws {
        if UnusableFile.isReplaceable(output.path) { return try page.write(to: output, options: .atomic) }
        let file = try FileHandle(forWritingTo: output)
        // `try?`: a pipe has no end to cut off.
        try? file.truncate(atOffset: 0)
        try file.write(contentsOf: page)
        try file.close()
    }
}
