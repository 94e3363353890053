package import Hosting
package import Verification

/// What `chaos verify` has to say of a history.
package struct VerifyReport: Sendable {
    private let recording: Recording
    private let judgement: Judgement

    /// Judges a history.
    ///
    /// - Parameter recording: the history.
    package init(_ recording: Recording) {
        self.recording = recording
        self.judgement = recording.judgement()
    }

    /// The verdict.
    package var verdict: RunVerdict { judgement.verdict }

    /// For people.
    ///
    /// - Parameter style: what their terminal can show.
    /// - Returns: lines; what is in them of others' making is obeyed by no terminal.
    package func text(_ style: TerminalStyle = .text) -> String {
        var lines = ["\(style.paint(judgement.verdict.rawValue, judgement.verdict.tone)): \(sentence)"]
        lines += judgement.reasons.map { "  \(printable($0))" }
        if let differing = judgement.differing {
            lines.append("  The run itself said \(differing.rawValue).")
        }
        if recording.isTorn { lines.append("  Its last line was cut off while it was written, and is left out.") }
        lines.append("")
        lines += facts.map { "  " + $0.name.padding(to: 12) + printable($0.value) }
        if !judgement.violations.isEmpty { lines.append("") }
        lines += judgement.violations.map { "\(style.paint("VIOLATED", .bad)) \(printable($0.description))" }
        return lines.joined(separator: "\n")
    }

    private var sentence: String {
        switch judgement.verdict {
        case .valid: "the ten invariants hold."
        case .invalid where judgement.isFinalStateJudged:
            "\(judgement.violations.count) violations of the ten invariants."
        case .invalid: "\(judgement.violations.count) violations were found while it ran; the end could not be judged."
        case .unknown: "nothing wrong was found, and that proves nothing."
        }
    }

    private var facts: [(name: String, value: String)] {
        var facts: [(name: String, value: String)] = []
        if let run = recording.run {
            facts.append(("ran", run.command))
            facts.append(("seed", "\(run.seed)" + (run.revision.map { ", commit \($0)" } ?? "")))
        }
        let answers = recording.answers
        facts.append(
            (
                "answers",
                "\(answers[.ok, default: 0]) done, \(answers[.refused, default: 0]) refused, "
                    + "\(answers[.unknown, default: 0]) unknown"
            )
        )
        for amount in judgement.amounts {
            facts.append((amount.name, "\(amount.count)" + (amount.minimum > 0 ? " of \(amount.minimum) or more" : "")))
        }
        let state = recording.state
        facts.append(
            (
                "at the end",
                "\(state.journal.count) transactions, \(state.drafts.count) drafts, \(state.posts.count) live"
            )
        )
        return facts
    }

    private func printable(_ text: String) -> String { TerminalText.printable(text) }

    /// For scripts.
    package var json: some Encodable & Sendable {
        let answers = recording.answers
        return JSON(
            verdict: judgement.verdict,
            recordedVerdict: recording.end?.verdict,
            reasons: judgement.reasons,
            violations: judgement.violations,
            seed: recording.run?.seed,
            command: recording.run?.command,
            amounts: judgement.amounts,
            answers: .init(
                ok: answers[.ok, default: 0],
                refused: answers[.refused, default: 0],
                unknown: answers[.unknown, default: 0]
            ),
            isTorn: recording.isTorn
        )
    }

    private struct JSON: Encodable {
        struct Answers: Encodable {
            var ok: Int
            var refused: Int
            var unknown: Int
        }

        var verdict: RunVerdict
        var recordedVerdict: RunVerdict?
        var reasons: [String]
        var violations: [Violation]
        var seed: UInt64?
        var command: String?
        var amounts: [Judgement.Amount]
        var answers: Answers
        var isTorn: Bool
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String {
        self + String(repeating: " ", count: max(1, width + 3 - count))
    }
}
