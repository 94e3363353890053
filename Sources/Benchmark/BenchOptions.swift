import ArgumentParser
import Foundation
import Hosting

/// Numbers of clients, or of anything else, separated by commas.
package struct Counts: Hashable, Sendable, ExpressibleByArgument, CustomStringConvertible {
    /// More than a machine could hold: of clients that wait, or of rows on a disk.
    private static let most = 100_000_000
    private static let mostValues = 100

    /// The numbers, as they were written.
    package var values: [Int]

    /// Numbers.
    ///
    /// - Parameter values: the numbers.
    package init(values: [Int]) { self.values = values }

    /// Reads them.
    ///
    /// - Parameter argument: such as `1,16,64`.
    package init?(argument: String) {
        let words = argument.split(separator: ",", omittingEmptySubsequences: false)
        let values = words.compactMap { Int($0) }
        guard values.count == words.count, values.count <= Self.mostValues,
            values.allSatisfy({ (1...Self.most).contains($0) })
        else { return nil }
        self.values = values
    }

    /// As they are written.
    package var description: String { values.map { "\($0)" }.joined(separator: ",") }
}

/// How many clients there may be.
enum ClientLimits {
    /// More have no ports to call from.
    static let most = 20_000

    /// Refuses what could not be started.
    ///
    /// - Parameters:
    ///   - counts: how many there are to be.
    ///   - flag: what says so.
    /// - Throws: a usage error.
    static func check(_ counts: [Int], _ flag: String) throws {
        guard counts.allSatisfy({ (1...most).contains($0) }) else {
            throw ValidationError("\(flag) must be 1 to \(most).")
        }
    }
}

/// What all measurements have in common.
struct BenchOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How long a round is. (default: 5s)", valueName: "time"))
    var duration: Length?

    @Option(help: ArgumentHelp("How long before the first round it runs uncounted. (default: 2s)", valueName: "time"))
    var warmUp: Length?

    @Option(help: ArgumentHelp("How many rounds; the median round's rate counts.", valueName: "count"))
    var rounds = 3

    @OptionGroup
    var output: ReportOptions

    private static let longest = Duration.seconds(3600)

    /// How long it measures.
    var length: Measurement.Length {
        Measurement.Length(
            round: duration?.duration ?? .seconds(5),
            warmUp: warmUp?.duration ?? .seconds(2),
            rounds: rounds
        )
    }

    /// Refuses numbers that make no sense.
    mutating func validate() throws {
        guard (1...1000).contains(rounds) else { throw ValidationError("--rounds must be 1 to 1000.") }
        for (flag, length) in [("--duration", duration), ("--warm-up", warmUp)] {
            guard length?.duration ?? .zero <= Self.longest else {
                throw ValidationError("\(flag) must be at most 1h.")
            }
        }
    }
}

/// Where the report goes.
struct ReportOptions: ParsableArguments {
    @Flag(help: "Print JSON in one line, for scripts.")
    var json = false

    @Option(
        help: ArgumentHelp("Also write a page with the curves, which needs nothing else.", valueName: "path"),
        completion: .file(extensions: ["html"])
    )
    var html: String?
}

/// Whether floors are measured too.
struct FloorOptions: ParsableArguments {
    @Flag(inversion: .prefixedNo, help: "Measure floors and baselines in the same run.")
    var floors = true
}
