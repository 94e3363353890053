import ArgumentParser
import Verification

/// Kinds of faults as a command line has them, separated by commas.
struct FaultKinds: Hashable, Sendable, ExpressibleByArgument, CustomStringConvertible {
    /// The kinds.
    var kinds: Set<FaultKind>

    /// Every kind.
    static let all = FaultKinds(kinds: Set(FaultKind.allCases))

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
