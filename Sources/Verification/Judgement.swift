import TCC

/// What a recorded history comes to.
package struct Judgement: Hashable, Sendable {
    /// How much of something that has to happen did happen.
    package struct Amount: Hashable, Sendable, Codable {
        /// What: `commits`, `refusals`, `faults`, `failpoint hits`.
        package var name: String
        /// How many there were.
        package var count: Int
        /// How many there have to be.
        package var minimum: Int

        /// Whether there were enough.
        package var isEnough: Bool { count >= minimum }
    }

    /// The verdict.
    package var verdict: RunVerdict
    /// Everything that is wrong.
    package var violations: [Violation]
    /// Why nothing can be concluded, if nothing can.
    package var reasons: [String]
    /// What has to happen for a run to prove something.
    package var amounts: [Amount]
    /// Whether the final state could be judged; otherwise only what was found while it ran is known.
    package var isFinalStateJudged: Bool
    /// What the run itself came to, if that is something else.
    package var differing: RunVerdict?
}

extension Recording {
    /// How many transactions committed; without the journal, how many requests were answered that they did.
    package var commits: Int {
        isDumped ? state.journal.count { $0.state.decision == .confirm } : answers[.ok, default: 0]
    }

    /// Judges the history: what is wrong with it, and whether it proves anything.
    ///
    /// - Returns: the judgement.
    package func judgement() -> Judgement { judgement(isEnded: end != nil) }

    /// Judges the history of a run that comes to its end at this moment: the line that says so depends on the judgement.
    ///
    /// - Parameter stuck: what kept it from going on, if anything did.
    /// - Returns: the judgement.
    package func judgementAtEnd(stuck: String?) -> Judgement {
        var judgement = judgement(isEnded: true)
        if let stuck {
            judgement.reasons = [stuck]
            if judgement.verdict == .valid { judgement.verdict = .unknown }
        }
        return judgement
    }

    private func judgement(isEnded: Bool) -> Judgement {
        let isComplete = isDumped && isEnded && !isTorn
        let found =
            isComplete ? Invariants.violations(in: state) + participantsApart : state.history.contradictions
        var known: Set<Violation> = []
        let violations = found.filter { known.insert($0).inserted }
        let minimum = run?.minimum ?? RecordedRun.Minimum()
        let amounts = [
            // A run that commits nothing proves nothing, whatever it states.
            Judgement.Amount(name: "commits", count: commits, minimum: max(1, minimum.confirmed)),
            Judgement.Amount(name: "refusals", count: answers[.refused, default: 0], minimum: minimum.refused),
            Judgement.Amount(name: "faults", count: faults.values.reduce(0, +), minimum: minimum.faults),
            Judgement.Amount(
                name: "failpoint hits",
                count: failpoints.values.reduce(0, +),
                minimum: minimum.failpoints
            ),
        ]
        var reasons: [String] = []
        if run == nil { reasons.append("The history does not begin with what ran.") }
        if !isEnded {
            reasons.append("The history is cut off: it has no end, so the final state is not in it.")
        } else if !isDumped {
            let said = end?.reason.map { " The run said: \($0)" } ?? ""
            reasons.append("The final state of the libraries and the journal was not recorded.\(said)")
        } else if isComplete {
            reasons += amounts.filter { !$0.isEnough }
                .map { "It proves too little: \($0.count) \($0.name), and it needs \($0.minimum) or more." }
            reasons += missingEvidence
        }
        let verdict: RunVerdict = !violations.isEmpty ? .invalid : reasons.isEmpty ? .valid : .unknown
        return Judgement(
            verdict: verdict,
            violations: violations,
            reasons: reasons,
            amounts: amounts,
            isFinalStateJudged: isComplete,
            differing: end.flatMap { $0.verdict == verdict ? nil : $0.verdict }
        )
    }
}
