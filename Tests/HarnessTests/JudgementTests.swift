import Harness
import TCC
import Testing
import Verification

@Suite("What a run comes to")
struct JudgementTests {
    private let minimum = RecordedRun.Minimum(confirmed: 10, refused: 2, faults: 3, failpoints: 1)

    @Test("Enough was tried and nothing is wrong: valid")
    func valid() {
        let judgement = Judgement(violations: [], stuck: nil, found: minimum, minimum: minimum)
        #expect(judgement.verdict == .valid && judgement.reason == nil)
    }

    @Test(
        "One too few of anything: unknown",
        arguments: [
            RecordedRun.Minimum(confirmed: 9, refused: 2, faults: 3, failpoints: 1),
            RecordedRun.Minimum(confirmed: 10, refused: 1, faults: 3, failpoints: 1),
            RecordedRun.Minimum(confirmed: 10, refused: 2, faults: 2, failpoints: 1),
            RecordedRun.Minimum(confirmed: 10, refused: 2, faults: 3, failpoints: 0),
        ]
    )
    func unknown(_ found: RecordedRun.Minimum) {
        let judgement = Judgement(violations: [], stuck: nil, found: found, minimum: minimum)
        #expect(judgement.verdict == .unknown)
        #expect(judgement.reason?.contains("at least") == true)
        #expect(judgement.verdict.exitCode == 3)
    }

    @Test("A violation weighs more than a run that was stuck, and that more than one that proves little")
    func order() {
        let violations = [Violation(5, "two texts")]
        let found = RecordedRun.Minimum()
        #expect(Judgement(violations: violations, stuck: "x", found: found, minimum: minimum).verdict == .invalid)
        let stuck = Judgement(violations: [], stuck: "nobody moves", found: found, minimum: minimum)
        #expect(stuck.verdict == .unknown && stuck.reason == "nobody moves")
    }

    @Test("The longer a run, the more is asked of it; no failpoints where there are no such faults")
    func defaults() {
        let minute = ChaosRun.Settings.minimum(duration: .seconds(60), kinds: [.failpoint])
        #expect(minute == RecordedRun.Minimum(confirmed: 120, refused: 30, faults: 30, failpoints: 2))
        #expect(ChaosRun.Settings.minimum(duration: .seconds(60), kinds: []).faults == 0)
        #expect(ChaosRun.Settings.minimum(duration: .seconds(60), kinds: [.kill]).failpoints == 0)
    }
}

@Suite("A watch over those who wait")
struct WaitsTests {
    @Test("When nothing goes on it says who waits for what")
    func stuck() async throws {
        let waits = Waits()
        await #expect {
            try await waits.during("client 3", "the answer to POST /v1/posts") {
                try await waits.watch(limit: .milliseconds(50))
            }
        } throws: { error in
            guard let stuck = error as? Stuck else { return false }
            return stuck.waits.count == 1
                && stuck.description.contains("client 3 waits for the answer to POST /v1/posts since")
        }
    }

    @Test("As long as something goes on it says nothing")
    func moving() async throws {
        let waits = Waits()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await waits.watch(limit: .seconds(30)) }
            group.addTask { for _ in 0..<20 { waits.moved() } }
            // The one that ends; the other would only end with an error.
            try await group.next()
            group.cancelAll()
        }
    }
}

@Suite("Times of a history")
struct MeasuresTests {
    private func post(_ number: UInt64) -> UUIDv7 {
        var generator = SplitMix64(seed: number)
        return UUIDv7(at: Timestamp(milliseconds: 1), using: &generator)
    }

    @Test("One library is ahead of the other from the first sighting to the other's")
    func tornReads() {
        func saw(_ at: Double, _ library: History.Library, _ post: UUIDv7, _ revision: Int) -> RecordedLine {
            RecordedLine(at: at, .saw(.init(library: library, post: post, revision: revision, title: "t")))
        }
        let measures = Measures([
            saw(10, .online, post(1), 1), saw(11, .draft, post(2), 1), saw(13, .draft, post(1), 1),
            saw(20, .online, post(1), 2), saw(21, .online, post(2), 1),
            // Seen again after a withdraw: no second window.
            saw(90, .online, post(1), 1),
            RecordedLine(at: 95, .ready(party: "draft-service", milliseconds: 40)),
        ])
        #expect(measures.tornReads.count == 2)
        #expect(measures.tornReads.quantile(0.5) == 3)
        #expect(measures.tornReads.greatest == 10)
        #expect(measures.starts.quantile(0.99) == 40)
        #expect(measures.recoveries.text == "none")
    }
}
