import Hosting
import TCC
package import Verification

/// A recorded history as one page of HTML, which needs nothing else and runs no script.
package struct ReportPage: Sendable {
    let recording: Recording
    let judgement: Judgement

    /// Judges a history.
    ///
    /// - Parameter recording: the history.
    package init(_ recording: Recording) {
        self.recording = recording
        self.judgement = recording.judgement()
    }

    /// The verdict.
    package var verdict: RunVerdict { judgement.verdict }

    /// The page.
    package var html: String {
        let page: Markup = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>\(judgement.verdict.heading): chaos report\(recording.run.map { ", seed \($0.seed)" } ?? "")</title>
            <style>
            \(Self.style)
            </style>
            </head>
            <body class="\(judgement.verdict.rawValue)">
            <main>
            \(head)
            \(violations)
            \(throughput)
            \(recovery)
            \(window)
            \(faultsByKind)
            \(invariants)
            \(whatRan)
            </main>
            </body>
            </html>

            """
        return page.description
    }

    // MARK: The verdict

    private var head: Markup {
        let mark: Markup =
            switch judgement.verdict {
            case .valid: "&#10003;"
            case .invalid: "&#10007;"
            case .unknown: "?"
            }
        let reasons = judgement.reasons.map { "<li>\($0)</li>" as Markup }
        let differing: Markup =
            judgement.differing.map { "<p class=\"note\">The run itself said <b>\($0.rawValue)</b>.</p>" } ?? ""
        let torn: Markup =
            recording.isTorn
            ? "<p class=\"note\">The history\u{2019}s last line was cut off while it was written; it is left out.</p>"
            : ""
        return """
            <header>
            <p class="kind">chaos report\(subtitle)</p>
            <h1><span class="mark" aria-hidden="true">\(mark)</span> \(judgement.verdict.heading)</h1>
            <p class="lead">\(sentence)</p>
            \(if: !reasons.isEmpty, "<ul class=\"reasons\">\(reasons)</ul>")
            \(differing)\(torn)
            <dl class="tiles">\(judgement.amounts.map(tile))</dl>
            </header>
            """
    }

    private var subtitle: String {
        guard let run = recording.run else { return "" }
        return
            " \u{00B7} seed \(run.seed) \u{00B7} \(run.startedAt.description.prefix(16).replacing("T", with: " ")) UTC"
    }

    private var sentence: Markup {
        let violations = judgement.violations.count
        switch judgement.verdict {
        case .valid:
            return """
                The ten invariants hold after \(counted(recording.commits, "commit")) and \
                \(counted(recording.faults.values.reduce(0, +), "fault")) in \(seconds(recording.lastMilliseconds)).
                """
        case .invalid where judgement.isFinalStateJudged:
            let which = Set(judgement.violations.map(\.invariant)).sorted().map { "\($0)" }.joined(separator: ", ")
            return "\(counted(violations, "violation")) of the ten invariants (\(which))."
        case .invalid:
            return "\(counted(violations, "violation")) found while it ran. The end could not be judged."
        case .unknown:
            return "Nothing wrong was found, and that proves nothing."
        }
    }

    private func tile(_ amount: Judgement.Amount) -> Markup {
        let least: Markup = amount.minimum > 0 ? "at least \(amount.minimum)" : "no minimum"
        return """
            <div\(if: !amount.isEnough, " class=\"short\"")><dt>\(amount.name)</dt>
            <dd>\(Self.grouped(amount.count))<small>\(if: !amount.isEnough, "too few: ")\(least)</small></dd></div>
            """
    }

    // MARK: Violations

    private static let mostTimelines = 40

    private var violations: Markup {
        guard !judgement.violations.isEmpty else { return "" }
        let shown = judgement.violations.prefix(Self.mostTimelines).map(violation)
        let others = judgement.violations.dropFirst(Self.mostTimelines)
            .map { "<li>\(described($0.description))</li>" as Markup }
        return """
            <section><h2>What is wrong</h2>
            <p class="note">Each violation with the lines of the history that name its transaction, post, key or text, the faults
            then or within a second, and what both sides held at the end.</p>
            \(shown)
            \(if: !others.isEmpty, "<h3>And \(others.count) more</h3><ul>\(others)</ul>")
            </section>
            """
    }

    private func violation(_ violation: Violation) -> Markup {
        let timeline = recording.timeline(of: violation)
        let rows = timeline.lines.map { line -> Markup in
            let kind = line.event.isFinalState ? "final" : line.event.tone
            return """
                <li class="\(kind)"><time>\(moment(line.at))</time><span>\(described(line.event.summary))</span></li>

                """
        }
        let left: Markup =
            timeline.leftOut == 0 ? "" : "<p class=\"note\">\(counted(timeline.leftOut, "earlier line")) left out.</p>"
        let none: Markup = rows.isEmpty ? "<p class=\"note\">No line of the history names what it is about.</p>" : ""
        return """
            <article class="violation">
            <h3><span>Invariant \(violation.invariant)</span> \(described(violation.found))</h3>
            <p class="rule">\(Self.rule(violation.invariant))</p>
            \(left)\(none)
            <ol class="timeline">
            \(rows)</ol>
            </article>

            """
    }

    // MARK: The ten invariants

    private static let rules = [
        "One decision for each transaction, never changed.",
        "No branch is both confirmed and cancelled.",
        "Every effect of a committed transaction happens exactly once, none of a cancelled one.",
        "An answered publish is in both libraries until a later publish, withdraw or delete.",
        "At the end both libraries agree on every post.",
        "No reservation is left at the end.",
        "The journal and the barriers agree.",
        "After the last fault heals every transaction ends within 5 s; a participant out of reach holds up no other.",
        "No try takes effect after its cancel.",
        "A transaction answered as cancelled is never visible.",
    ]

    private static func rule(_ invariant: Int) -> String {
        rules.indices.contains(invariant - 1) ? rules[invariant - 1] : "No invariant of the contract has this number."
    }

    private var invariants: Markup {
        let counts = Dictionary(grouping: judgement.violations, by: \.invariant).mapValues(\.count)
        let rows = Self.rules.enumerated()
            .map { index, rule -> Markup in
                let state: (name: String, text: Markup) =
                    switch counts[index + 1] {
                    case .some(let count): ("bad", "\(counted(count, "violation"))")
                    case nil: judgement.isFinalStateJudged ? ("good", "holds") : ("none", "not judged")
                    }
                return "<li class=\"\(state.name)\"><span>\(rule)</span><b>\(state.text)</b></li>\n"
            }
        return "<section><h2>The ten invariants</h2><ol class=\"rules\">\(rows)</ol></section>"
    }

    // MARK: What ran

    private var whatRan: Markup {
        var rows: [(name: Markup, value: Markup)] = []
        if let run = recording.run {
            rows.append(("Command", "<code>\(run.command)</code>"))
            rows.append(("Seed", "\(run.seed)"))
            rows.append(("Commit", "\(run.revision ?? "not known")"))
            rows.append(("Began", "<time>\(run.startedAt.description)</time>"))
            rows.append(("Was to last", "\(seconds(Double(run.durationMilliseconds)))"))
        }
        let answers = recording.answers
        let unanswered = recording.state.history.attempts.count - answers.values.reduce(0, +)
        rows.append(
            (
                "Requests",
                """
                \(recording.state.history.attempts.count): \(answers[.ok, default: 0]) done, \
                \(answers[.refused, default: 0]) refused, \(answers[.unknown, default: 0]) of unknown outcome\
                \(if: unanswered > 0, ", \(unanswered) without an end")
                """
            )
        )
        rows.append(("Sightings", "\(recording.state.history.sightings.count)"))
        if recording.isDumped {
            let state = recording.state
            rows.append(
                (
                    "At the end",
                    """
                    \(counted(state.journal.count, "transaction")), \(counted(state.drafts.count, "draft")), \
                    \(counted(state.posts.count, "live post")), \(state.spent) spent of the quota
                    """
                )
            )
        }
        let items = rows.map { "<div><dt>\($0.name)</dt><dd>\($0.value)</dd></div>\n" as Markup }
        return "<section><h2>What ran</h2><dl class=\"facts\">\(items)</dl></section>"
    }
}

extension RunVerdict {
    fileprivate var heading: String {
        switch self {
        case .valid: "Valid"
        case .invalid: "Invalid"
        case .unknown: "Unknown"
        }
    }
}

extension RecordedEvent {
    /// How a line of a timeline looks.
    fileprivate var tone: String {
        switch self {
        case .fault, .healed, .ready, .recovered: "weather"
        case .contradiction: "found"
        default: "plain"
        }
    }
}
