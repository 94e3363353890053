import Harness
import Testing
import Verification

@Suite("What a run has to have")
struct MinimumTests {
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
