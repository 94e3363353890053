import ArgumentParser
import Verification

/// A length of time as a command line has it: `60s`, `1.5m`, `300ms`, or seconds.
struct Length: Hashable, Sendable, ExpressibleByArgument, CustomStringConvertible {
    /// How long.
    var duration: Duration
    /// As it was written.
    var description: String

    /// Reads one.
    ///
    /// - Parameter argument: what was written.
    init?(argument: String) {
        let units: [(String, Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("", 1)]
        guard let (suffix, factor) = units.first(where: { argument.hasSuffix($0.0) }),
            let number = Double(argument.dropLast(suffix.count)), number > 0, number * factor <= 30 * 86_400
        else { return nil }
        self.duration = .milliseconds(Int((number * factor * 1000).rounded(.up)))
        self.description = argument
    }
}

/// Kinds of faults as a command line has them, separated by commas.
struct FaultKinds: Hashable, Sendable, ExpressibleByArgument, CustomStringConvertible {
    /// Every kind.
    static let all = FaultKinds(kinds: Set(FaultKind.allCases))

    /// The kinds.
    var kinds: Set<FaultKind>

    private init(kinds: Set<FaultKind>) { self.kinds = kinds }

    /// Reads them.
    ///
    /// - Parameter argument: what was written; `none` for none.
    init?(argument: String) {
        guard argument != "none" else {
            self.kinds = []
            return
        }
        let words = argument.split(separator: ",", omittingEmptySubsequences: false)
            .map { $0.drop { $0 == " " } }
        let kinds = words.compactMap { FaultKind(rawValue: String($0)) }
        guard kinds.count == words.count else { return nil }
        self.kinds = Set(kinds)
    }

    /// As it is written, in a fixed order.
    var description: String {
        kinds.isEmpty
            ? "none" : FaultKind.allCases.filter { kinds.contains($0) }.map(\.rawValue).joined(separator: ",")
    }
}
