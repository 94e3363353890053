import ArgumentParser
import Hosting
package import TCC
import TCCHTTP

/// A transaction as somebody names it: by its whole id, or by a part of it as `transactions watch` shows one.
package enum TransactionName: ExpressibleByArgument, Hashable, Sendable {
    /// By its id.
    case whole(GlobalTransactionID)
    /// By the first or the last of its id's digits, in lower case.
    case part(String)

    private static let fewestDigits = 4
    /// As many of the newest are looked at.
    static let mostRecords = 1000
    private static let mostCandidates = 20

    /// Reads a name.
    ///
    /// - Parameter argument: an id, or at least four of its digits, with or without an ellipsis where others are missing.
    package init?(argument: String) {
        if let gid = GlobalTransactionID(argument) {
            self = .whole(gid)
            return
        }
        let ends: Set<Character> = ["\u{2026}", "."]
        var digits = argument.lowercased()[...]
        while let first = digits.first, ends.contains(first) { digits.removeFirst() }
        while let last = digits.last, ends.contains(last) { digits.removeLast() }
        guard digits.utf8.count <= 36, digits.utf8.count(where: { $0 != UInt8(ascii: "-") }) >= Self.fewestDigits,
            digits.allSatisfy({ $0.isASCII && ($0.isHexDigit || $0 == "-") })
        else { return nil }
        self = .part(String(digits))
    }

    /// Picks the one that is meant.
    ///
    /// - Parameter records: those that there are.
    /// - Returns: its id.
    /// - Throws: a ``CommandFailure`` if none is, or several are, which are listed.
    package func pick(from records: [TransactionRecord]) throws -> GlobalTransactionID {
        let digits: String
        switch self {
        case .whole(let gid): return gid
        case .part(let part): digits = part
        }
        var candidates: [GlobalTransactionID: TransactionRecord] = [:]
        for record in records {
            let text = record.gid.description
            if text.hasPrefix(digits) || text.hasSuffix(digits) { candidates[record.gid] = record }
        }
        let found = candidates.values.sorted { $0.gid > $1.gid }
        if found.count == 1 { return found[0].gid }
        guard !found.isEmpty else {
            throw CommandFailure(
                .refused,
                "no transaction in flight and none of the newest \(Self.mostRecords) begins or ends with \(digits); "
                    + "'orchestrator transactions list' shows those that there are."
            )
        }
        let shown = found.prefix(Self.mostCandidates)
            .map { "\n  \($0.gid)  \(TerminalText.printable($0.action)), \($0.state.rawValue)" }
        let more = found.count > shown.count ? "\n  and \(found.count - shown.count) more" : ""
        throw CommandFailure(
            .refused,
            "\(digits) stands for \(found.count) transactions; name more of its digits:\(shown.joined())\(more)"
        )
    }
}

extension Services {
    /// Finds out which transaction somebody means.
    ///
    /// - Parameter name: what it was called.
    /// - Returns: its id; whether there is such a one is not asked where the whole id is given.
    /// - Throws: ``Unreachable``, or a ``CommandFailure`` if none or several are meant.
    func transaction(_ name: TransactionName) async throws -> GlobalTransactionID {
        if case .whole(let gid) = name { return gid }
        var records = try await transactions(limit: TransactionName.mostRecords).items
        for state in TransactionState.allCases where !state.isFinished {
            records += try await transactions(in: state, limit: TransactionName.mostRecords).items
        }
        return try name.pick(from: records)
    }
}
