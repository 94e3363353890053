import TCC

/// Holds a process to its word by its system calls: what it says to others was on disk before it said it.
struct DurabilityAnalysis {
    /// Something that a process said, and the rows of its database any of which it must have had on disk before.
    struct Claim: Hashable, CustomStringConvertible {
        /// What was said: `try`, `confirm`, `cancel`; `answer 200`; `outcome cancel`.
        let what: String
        let gid: String
        /// The line of the trace on which its first byte was about to be sent.
        let line: Int
        /// What the row has after the gid.
        let rows: [String]

        var description: String { "line \(line + 1): \(what) of \(gid)" }
    }

    /// What it said.
    private(set) var claims: [Claim] = []
    /// What it said too early, and what could not be read.
    private(set) var violations: [String] = []
    /// Its database.
    let records: DurableRecords
    private let messages: [HTTPMessage]

    /// How often it said what.
    var counts: [String: Int] { claims.reduce(into: [:]) { $0[$1.what, default: 0] += 1 } }

    private init(trace: [UInt8]) {
        let calls = SystemCall.read(trace)
        self.records = DurableRecords(calls)
        self.messages = HTTPMessage.all(in: calls)
    }

    private mutating func check() {
        for claim in claims {
            guard let line = records.line(of: claim.gid, followedBy: claim.rows) else {
                violations.append("\(claim): never on disk")
                continue
            }
            if line >= claim.line { violations.append("\(claim): on disk only from line \(line + 1) on") }
        }
    }

    // MARK: Participants

    /// A participant that says that it has reserved, confirmed or cancelled has the branch's row on disk.
    ///
    /// - Parameter trace: what strace wrote.
    /// - Returns: what the participant claimed, and whether that was so.
    static func participant(_ trace: [UInt8]) -> DurabilityAnalysis {
        var analysis = DurabilityAnalysis(trace: trace)
        var asked: [String: [BranchCallBody]] = [:]
        var actions: [String: String] = [:]
        for message in analysis.messages {
            if !message.isSent {
                let calls = analysis.calls(in: message)
                asked[message.socket] = calls.isEmpty ? nil : calls
                // The row keeps the action that it was made with.
                for call in calls { actions[call.gid + call.branch] = actions[call.gid + call.branch] ?? call.action }
            } else if let calls = asked.removeValue(forKey: message.socket), message.status == 200 {
                let answers = message.decode(BatchAnswer.self)?.results.map { $0.outcome }
                let outcomes = answers ?? [message.decode(OutcomeBody.self)?.outcome]
                if outcomes.count != calls.count { analysis.violations.append("line \(message.begun + 1): unreadable") }
                for (call, outcome) in zip(calls, outcomes) {
                    guard let outcome else { continue }
                    let row = call.branch + (actions[call.gid + call.branch] ?? "")
                    // A cancel does not wait for the answer to a try: one commit may hold both, and the row as it is then.
                    // And a try that comes again may be answered as reserved after the confirm.
                    let states = outcome == "reserved" ? ["reserved", "confirmed", "cancelled"] : [outcome]
                    analysis.claims.append(
                        Claim(
                            what: "\(call.op ?? "") is \(outcome)",
                            gid: call.gid,
                            line: message.begun,
                            rows: states.map { row + $0 }
                        )
                    )
                }
            }
        }
        analysis.check()
        return analysis
    }

    // MARK: The orchestrator

    /// An orchestrator has the begin record on disk before its first try, and the decision before anybody hears of it.
    ///
    /// - Parameter trace: what strace wrote.
    /// - Returns: what the orchestrator claimed, and whether that was so.
    static func orchestrator(_ trace: [UInt8]) -> DurabilityAnalysis {
        var analysis = DurabilityAnalysis(trace: trace)
        var actions: [String: String] = [:]
        var questions: [String: String] = [:]
        for message in analysis.messages {
            if !message.isSent {
                questions[message.socket] = message.request
            } else if message.status != nil {
                analysis.answered(message, to: questions.removeValue(forKey: message.socket) ?? "", actions)
            } else {
                for call in analysis.calls(in: message) {
                    actions[call.gid] = actions[call.gid] ?? call.action
                    analysis.claims.append(
                        Claim(
                            what: call.op ?? "",
                            gid: call.gid,
                            line: message.begun,
                            rows: states(of: call.op ?? "").map { call.action + $0 }
                        )
                    )
                }
            }
        }
        analysis.check()
        return analysis
    }

    /// The states of the journal that allow a call to be sent.
    private static func states(of operation: String) -> [String] {
        switch operation {
        case "try": ["trying"]
        case "confirm": ["confirming", "confirmed"]
        default: ["cancelling", "cancelled"]
        }
    }

    /// An answer that says that something is decided: a transaction, the reason of a cancel, or an outcome.
    private mutating func answered(_ message: HTTPMessage, to question: String, _ actions: [String: String]) {
        struct Body: Decodable {
            let gid: String?
            let state: String?
            let code: String?
            let outcome: String?
        }
        guard let body = message.decode(Body.self) else { return }
        let outcomePath = "GET /v1/outcomes/"
        if question.hasPrefix(outcomePath), let outcome = body.outcome, outcome != "pending" {
            let gid = String(question.dropFirst(outcomePath.count))
            // A gid that nobody knew is recorded without an action.
            let rows = Self.states(of: outcome).map { (actions[gid] ?? "") + $0 }
            claims.append(Claim(what: "outcome \(outcome)", gid: gid, line: message.begun, rows: rows))
        } else if let gid = body.gid, body.state != "trying", question.hasPrefix("POST ") {
            let isCommit = body.state?.hasPrefix("confirm") ?? false
            let rows = Self.states(of: isCommit ? "confirm" : "cancel").map { (actions[gid] ?? "") + $0 }
            claims.append(Claim(what: "answer \(message.status ?? 0)", gid: gid, line: message.begun, rows: rows))
        }
    }

    // MARK: The protocol

    private struct BranchCallBody: Decodable {
        var op: String?
        let gid: String
        let branch: String
        let action: String
    }

    private struct BatchBody: Decodable {
        let calls: [BranchCallBody]
    }

    private struct OutcomeBody: Decodable {
        let outcome: String?
    }

    private struct BatchAnswer: Decodable {
        let results: [OutcomeBody]
    }

    /// The calls that a request makes; none if it is not one of a coordinator to a participant.
    private mutating func calls(in message: HTTPMessage) -> [BranchCallBody] {
        guard let request = message.request, request.hasPrefix("POST /tcc/") else { return [] }
        let operation = String(request.dropFirst("POST /tcc/".count))
        if operation == "batch", let batch = message.decode(BatchBody.self) { return batch.calls }
        guard operation != "batch", var call = message.decode(BranchCallBody.self) else {
            violations.append("line \(message.begun + 1): \(request) cannot be read")
            return []
        }
        call.op = operation
        return [call]
    }
}
