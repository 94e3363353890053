package import TCC

/// A transaction as its author sees it happen.
package struct StepsModel: Hashable, Sendable {
    /// What a library says of it.
    package struct Branch: Hashable, Sendable {
        package var name: String
        package var state: String
        package var tone: String
    }

    /// One thing that happened.
    package struct Event: Hashable, Sendable {
        package var text: String
        package var after: String
        package var tone: String
    }

    package var gid: String
    package var tone: String
    package var isFinished: Bool
    package var result: String
    package var reason: String?
    package var hint: String?
    package var branches: [Branch]
    package var events: [Event]
    /// How to ask for it again, where it was called off.
    package var retry: Retry?

    /// A transaction in words.
    ///
    /// - Parameters:
    ///   - record: the transaction.
    ///   - retry: how to ask for it again; nil for nothing to press.
    ///   - words: the language.
    package init(_ record: TransactionRecord, retry: Retry? = nil, _ words: Words) {
        let revision = if case .integer(let number) = record.labels["revision"] { String(number) } else { "" }
        self.gid = record.gid.description
        self.isFinished = record.state.isFinished
        self.retry = retry
        switch record.state {
        case .trying: (self.tone, self.result) = ("busy", words("result-trying"))
        case .confirming: (self.tone, self.result) = ("busy", words("result-\(record.action)-confirming", revision))
        case .confirmed: (self.tone, self.result) = ("good", words("result-\(record.action)-confirmed", revision))
        case .cancelling, .cancelled: (self.tone, self.result) = ("bad", words("result-cancelled"))
        }
        self.reason = record.reason.map { words.refusal($0.code) }
        self.hint = record.state == .confirming ? words("confirmingHint") : nil
        self.branches = record.branches.map { branch in
            Branch(
                name: Self.name(branch.name, words),
                state: words("branchState-\(branch.state.rawValue)"),
                tone: Self.tone(branch.state)
            )
        }
        self.events = record.timeline.map { event in
            let name = event.branch.map { Self.name($0, words) } ?? ""
            let (key, tone) = Self.step(event, record.state.decision)
            let milliseconds = max(0, event.at.milliseconds - record.createdAt.milliseconds)
            return Event(text: words(key, name), after: words("milliseconds", String(milliseconds)), tone: tone)
        }
    }

    private static func name(_ branch: ParticipantName, _ words: Words) -> String {
        let key = "branch-\(branch)"
        return Words.table[key] == nil ? branch.description : words(key)
    }

    private static func tone(_ state: BranchState) -> String {
        switch state {
        case .trying: "busy"
        case .reserved: "caution"
        case .refused: "bad"
        case .confirmed: "good"
        case .cancelled: "neutral"
        }
    }

    private static func step(_ event: TimelineEvent, _ decision: Decision?) -> (key: String, tone: String) {
        let isConfirm = decision == .confirm
        switch event.event {
        case .begun: return ("step-begun", "neutral")
        case .tried:
            switch event.tried {
            case .reserved: return ("step-tried-reserved", "good")
            case .refused: return ("step-tried-refused", "bad")
            case .rejected: return ("step-tried-rejected", "bad")
            case .deadlinePassed, .noUsableAnswer, nil: return ("step-tried", "bad")
            }
        case .decided: return isConfirm ? ("step-decided-confirm", "good") : ("step-decided-cancel", "bad")
        case .acknowledged:
            return isConfirm ? ("step-acknowledged-confirm", "good") : ("step-acknowledged-cancel", "neutral")
        case .stuck: return ("step-stuck", "bad")
        case .finished: return ("step-finished", isConfirm ? "good" : "neutral")
        }
    }
}
