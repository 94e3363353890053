package import Verification

/// What a run comes to.
package struct Judgement: Hashable, Sendable {
    /// Valid, invalid or unknown.
    package var verdict: RunVerdict
    /// Why, if it is not valid.
    package var reason: String?

    /// Judges a run: what is wrong weighs most, then what was not tried.
    ///
    /// - Parameters:
    ///   - violations: what is wrong.
    ///   - stuck: why the run did not come to its end, if it did not.
    ///   - found: what there was.
    ///   - minimum: what there must have been for the run to prove something.
    package init(
        violations: [Violation],
        stuck: String?,
        found: RecordedRun.Minimum,
        minimum: RecordedRun.Minimum
    ) {
        let few: [(what: String, found: Int, minimum: Int)] = [
            ("transactions committed", found.confirmed, minimum.confirmed),
            ("refusals", found.refused, minimum.refused),
            ("faults", found.faults, minimum.faults),
            ("failpoints hit", found.failpoints, minimum.failpoints),
        ]
        let missing = few.filter { $0.found < $0.minimum }
            .map { "\($0.found) \($0.what), at least \($0.minimum) needed" }
        if let first = violations.first {
            let more = violations.count == 1 ? "" : " and \(violations.count - 1) more"
            (verdict, reason) = (.invalid, "\(first)\(more)")
        } else if let stuck {
            (verdict, reason) = (.unknown, stuck)
        } else if !missing.isEmpty {
            (verdict, reason) = (.unknown, "this run proves too little: \(missing.joined(separator: "; "))")
        } else {
            (verdict, reason) = (.valid, nil)
        }
    }
}
