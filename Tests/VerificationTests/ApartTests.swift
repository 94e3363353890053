import TCC
import Testing
import Verification

@Suite("Liveness of each participant apart")
struct ApartTests {
    /// A run in which one participant is out of reach from 10 s to 14 s, and all is healed at 20 s.
    private struct Run {
        var lines: [RecordedLine] = []
        var answers: [Int: RecordedLine] = [:]
        private var number = 0

        init(watched: Bool = true) {
            let run = RecordedRun(
                command: "chaos run",
                seed: 1,
                durationMilliseconds: 20_000,
                startedAt: Timestamp(milliseconds: 0),
                participants: watched ? ["draft-service", "online-service", "quota-service"] : nil
            )
            lines.append(RecordedLine(at: 0, .run(run)))
        }

        mutating func fault(_ kind: FaultKind, _ party: String, from: Double, to: Double) {
            lines.append(RecordedLine(at: from, .fault(RecordedFault(kind, party: party, untilMilliseconds: to))))
        }

        /// A request; nil is answered by nobody.
        mutating func ask(_ intent: Request.Intent, at: Double, answer status: Int?, after: Double = 20) {
            number += 1
            let request = Request(intent, author: "ann", key: "key \(number)")
            lines.append(RecordedLine(at: at, .invoke(id: number, client: 1, request)))
            guard let status else { return }
            lines.append(RecordedLine(at: at + after, .answered(number, status: status)))
        }

        mutating func heal(at: Double) { lines.append(RecordedLine(at: at, .healed)) }

        func violations() throws -> [Violation] {
            var recording = Recording()
            for line in lines.sorted(by: { $0.at < $1.at }) { try recording.add(line) }
            return recording.participantsApart
        }
    }

    private static let publish = Request.Intent.publishNew(RevisionText(title: "a", content: "b"))
    private static let charge = Request.Intent.other(participants: ["quota"])

    /// What a healthy run has while one is out of reach: publishes, and charges that are as given.
    private static func run(
        _ kind: FaultKind = .stall,
        of party: String = "draft-service",
        charges: [(status: Int?, after: Double)] = [(200, 20), (200, 20), (409, 20), (200, 20)],
        publishes: Int? = nil,
        after: [Request.Intent] = [publish, charge],
        afterStatus: Int = 200,
        afterTakes: Double = 100,
        watched: Bool = true,
        change: (inout Run) -> Void = { _ in }
    ) throws -> [Violation] {
        var run = Run(watched: watched)
        run.fault(kind, party, from: 10_000, to: 14_000)
        for (index, charge) in charges.enumerated() {
            run.ask(Self.charge, at: 10_100 + Double(index) * 300, answer: charge.status, after: charge.after)
            run.ask(publish, at: 10_110 + Double(index) * 300, answer: publishes, after: 1800)
        }
        change(&run)
        run.heal(at: 20_000)
        for intent in after { run.ask(intent, at: 20_100, answer: afterStatus, after: afterTakes) }
        return try run.violations()
    }

    @Test(
        "What needs the one that is out of reach may wait, and what does not is served",
        arguments: [
            "draft-service", "online-service", "orchestrator→draft-service",
            "orchestrator→online-service, online-service→orchestrator",
        ]
    )
    func served(_ party: String) throws {
        #expect(try Self.run(of: party) == [])
        #expect(try Self.run(of: party, publishes: 503) == [])
    }

    /// Histories as a product makes them that is held up by one participant.
    @Test("One that is out of reach holds up another: refused")
    func heldUp() throws {
        let unanswered = try Self.run(charges: [(200, 20), (nil, 0), (200, 20)])
        #expect(unanswered.map(\.invariant) == [8])
        #expect(unanswered[0].found.contains("draft-service alone was out of reach (stall)"))
        #expect(try Self.run(charges: [(200, 20), (200, 3000), (200, 20)]).count == 1)
        #expect(try Self.run(charges: [(503, 1000), (200, 20), (503, 1000)]).count == 1)
        #expect(try Self.run(charges: [(nil, 0), (nil, 0), (nil, 0)]).count == 4)
        // The ledger is out of reach, and publishes wait for it though they do not need it.
        #expect(try Self.run(of: "quota-service", publishes: 503).count == 1)
    }

    @Test("While the coordinator, the clients or two participants are troubled, too, nothing can be said")
    func notApart() throws {
        let late: [(status: Int?, after: Double)] = [(nil, 0), (nil, 0)]
        for party in ["orchestrator", "clients→orchestrator", "quota-service", "orchestrator→quota-service"] {
            #expect(try Self.run(charges: late) { $0.fault(.delay, party, from: 12_000, to: 12_100) } == [], "\(party)")
            #expect(try Self.run(charges: late) { $0.fault(.delay, party, from: 9000, to: 9800) } == [], "\(party)")
            #expect(try !Self.run(charges: late) { $0.fault(.delay, party, from: 8000, to: 9000) }.isEmpty, "\(party)")
        }
        #expect(try Self.run(of: "draft-service, quota-service", charges: late) == [])
        #expect(try Self.run(of: "orchestrator", charges: late) == [])
        #expect(try !Self.run(charges: late) { $0.fault(.kill, "draft-service", from: 12_000, to: 12_100) }.isEmpty)
    }

    @Test("What began too late to be seen to its end says nothing")
    func tooLate() throws {
        #expect(try Self.run { $0.ask(Self.charge, at: 12_000, answer: nil) } == [])
    }

    @Test("After the last fault something new is done at each participant: refused without that")
    func returned() throws {
        #expect(
            try Self.run(after: [Self.publish]).map(\.found) == [
                "nothing new that needs quota-service was done in time after the last fault"
            ]
        )
        #expect(try Self.run(after: [Self.charge]).count == 2)
        #expect(try Self.run(after: []).count == 3)
        #expect(try Self.run(afterStatus: 503).count == 3)
        #expect(try Self.run(afterTakes: 21_000).count == 3)
        var generator = SplitMix64(seed: 1)
        let post = UUIDv7(at: Timestamp(milliseconds: 1), using: &generator)
        let all = Request.Intent.chargedWithdraw(post)
        #expect(try Self.run(after: [all]) == [])
    }

    @Test("A history of a run that did not watch them is judged as before")
    func unwatched() throws {
        #expect(try Self.run(charges: [(nil, 0)], after: [], watched: false) == [])
    }
}
