package import Verification

/// What a sweep comes to.
package struct SweepJudgement: Hashable, Sendable {
    /// The verdict.
    package let verdict: RunVerdict
    /// Why nothing can be concluded, if nothing can: a line for each case.
    package let reasons: [String]

    /// Judges: each crash has to have happened, the second of a pair, too, for it to prove something.
    ///
    /// - Parameters:
    ///   - results: how the cases went.
    ///   - cases: the cases that were to be tried.
    package init(_ results: [Sweep.Result], of cases: [SweepCase]) {
        var reasons: [String] = []
        let tried = Set(results.map(\.sweepCase))
        for sweepCase in cases where !tried.contains(sweepCase) { reasons.append("not tried: \(sweepCase)") }
        for result in results {
            if let failure = result.failure {
                reasons.append("not ended: \(result.sweepCase): \(failure)")
            } else if !result.isHit {
                reasons.append("not hit: \(result.sweepCase)")
            } else if result.sweepCase.second != nil, result.isSecondHit != true {
                reasons.append("not hit twice: \(result.sweepCase)")
            }
        }
        if cases.isEmpty { reasons.append("there are no cases") }
        self.reasons = reasons
        let isWrong = results.contains { !$0.violations.isEmpty }
        self.verdict = isWrong ? .invalid : reasons.isEmpty ? .valid : .unknown
    }
}
