import Dispatch
import TCCHTTP
import Testing

@Suite("Deadlines of calls", .timeLimit(.minutes(1)))
struct DeadlinesTests {
    private let deadlines = Deadlines()

    @Test("Each comes in its turn, whichever was set first")
    func order() async throws {
        let (rings, continuation) = AsyncStream<Int>.makeStream()
        for number in [3, 1, 4, 2, 0] {
            _ = deadlines.after(.milliseconds(20 * number)) { continuation.yield(number) }
        }
        #expect(await rings.prefix(5).reduce(into: []) { $0.append($1) } == [0, 1, 2, 3, 4])
        #expect(deadlines.count == 0)
    }

    @Test("One that is taken back does not come, and the next does")
    func takenBack() async throws {
        let (rings, continuation) = AsyncStream<Int>.makeStream()
        let takeBack = deadlines.after(.milliseconds(10)) { continuation.yield(1) }
        _ = deadlines.after(.milliseconds(30)) { continuation.yield(2) }
        takeBack()
        takeBack()
        #expect(await rings.first { _ in true } == 2)
    }

    @Test("Those that are over are forgotten long before their time")
    func forgotten() {
        var kept: [@Sendable () -> Void] = []
        for number in 0..<100_000 {
            let takeBack = deadlines.after(.seconds(600)) {}
            if number % 1000 == 0 { kept.append(takeBack) } else { takeBack() }
            #expect(deadlines.count < 1000)
        }
        for takeBack in kept { takeBack() }
        #expect(deadlines.count < 200)
    }

    @Test("Set from many threads at once, each comes once")
    func threads() async {
        let (rings, continuation) = AsyncStream<Int>.makeStream()
        let deadlines = deadlines
        DispatchQueue.global()
            .async {
                DispatchQueue.concurrentPerform(iterations: 2000) { number in
                    _ = deadlines.after(.milliseconds(number % 50)) { continuation.yield(number) }
                }
            }
        var seen: Set<Int> = []
        for await number in rings.prefix(2000) { seen.insert(number) }
        #expect(seen.count == 2000 && deadlines.count == 0)
    }
}
