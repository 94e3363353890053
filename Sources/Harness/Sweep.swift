package import Foundation
import HTTPTypes
import Supervision
import Synchronization
import TCC
import TCCHTTP
package import Verification

/// Crashes the real processes at one failpoint after the other, and checks after each.
package struct Sweep: Sendable {
    /// How a case went.
    package struct Result: Sendable {
        /// Which.
        package var sweepCase: SweepCase
        /// Whether the first process died there by itself.
        package var isHit = false
        /// Whether the second did; nil if there is none.
        package var isSecondHit: Bool?
        /// From the readiness of what died until all had ended.
        package var recovery: Duration?
        /// What is wrong.
        package var violations: [Violation] = []
        /// What kept the case from its end.
        package var failure: String?
        /// What the processes wrote last, if something is wrong.
        package var logs: [String] = []

        /// Whether something is wrong, or it did not come to its end.
        package var isWrong: Bool { !violations.isEmpty || failure != nil }

        /// Whether each crash of the case happened.
        package var hasHappened: Bool { isHit && (sweepCase.second == nil || isSecondHit == true) }

        /// A case of which nothing is known but that.
        ///
        /// - Parameters:
        ///   - sweepCase: which.
        ///   - isHit: whether the first process died there by itself.
        ///   - failure: what kept the case from its end.
        package init(sweepCase: SweepCase, isHit: Bool = false, failure: String? = nil) {
            self.sweepCase = sweepCase
            self.isHit = isHit
            self.failure = failure
        }
    }

    private static let batch = 16
    private static let longestCase = Duration.seconds(40)
    /// How often a case is tried whose crash does not happen: on a slow machine things may come in another order.
    private static let mostTries = 3

    private let cases: [SweepCase]
    private let folder: URL
    private let jobs: Int
    private let show: @Sendable ([Result]) -> Void

    /// A sweep that is yet to begin.
    ///
    /// - Parameters:
    ///   - cases: what to try.
    ///   - folder: an empty folder.
    ///   - jobs: how many sets of processes at once.
    ///   - show: gets what has been tried so far, after each case.
    package init(
        _ cases: [SweepCase],
        in folder: URL,
        jobs: Int,
        show: @escaping @Sendable ([Result]) -> Void
    ) {
        self.cases = cases
        self.folder = folder
        self.jobs = jobs
        self.show = show
    }

    /// Tries all cases; when it returns or throws, no process is left.
    ///
    /// - Returns: how each went.
    /// - Throws: what keeps it from going on.
    package func run() async throws -> [Result] {
        let pruning = cases.filter { $0.scene == .pruning }
        let others = cases.filter { $0.scene != .pruning }
        var batches = stride(from: 0, to: others.count, by: Self.batch)
            .map { Array(others[$0..<min($0 + Self.batch, others.count)]) }
        // What waits for seconds goes first, so that nobody waits for it at the end.
        if !pruning.isEmpty { batches.insert(pruning, at: 0) }
        let results = Results()
        try await withThrowingTaskGroup(of: Void.self) { group in
            var waiting = batches.enumerated().makeIterator()
            for _ in 0..<jobs {
                guard let (number, batch) = waiting.next() else { break }
                group.addTask { try await run(batch, number, results) }
            }
            while try await group.next() != nil {
                if let (number, batch) = waiting.next() { group.addTask { try await run(batch, number, results) } }
            }
        }
        return results.all
    }

    private final class Results: Sendable {
        private let state = Mutex<[Result]>([])

        var all: [Result] { state.withLock { $0 } }

        func add(_ result: Result) -> [Result] {
            state.withLock { state in
                state.append(result)
                return state
            }
        }
    }

    /// Several cases over one set of processes.
    private func run(_ batch: [SweepCase], _ number: Int, _ results: Results) async throws {
        var rest = batch[...]
        var life = 0
        while !rest.isEmpty {
            life += 1
            let place = folder.appending(path: "\(number)-\(life)")
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
            let isClean = try await Children.with { children in
                try await run(&rest, in: place, children, results)
            }
            if isClean { try FileManager.default.removeItem(at: place) }
        }
    }

    /// Until all is done or something is wrong: whatever is wrong would be in the next case's way.
    private func run(
        _ rest: inout ArraySlice<SweepCase>,
        in place: URL,
        _ children: Children,
        _ results: Results
    ) async throws -> Bool {
        var times = Stack.Times()
        times.tryTimeout = .milliseconds(600)
        times.answerTimeout = .milliseconds(400)
        times.callTimeout = .milliseconds(200)
        times.deadlineMargin = .milliseconds(100)
        if rest.first?.scene == .pruning { (times.retention, times.journalRetention) = (.seconds(1), .seconds(1)) }
        let stack = try await Stack(folder: place, children: children, times: times)
        do {
            let stage = try await SweepStage(stack, history: place.appending(path: "history.jsonl"))
            while let next = rest.popFirst() {
                var result = try await play(next, on: stage)
                for _ in 1..<Self.mostTries where !result.isWrong && !result.hasHappened {
                    result = try await play(next, on: stage)
                }
                show(results.add(result))
                if result.isWrong {
                    try await stack.shutDown()
                    return false
                }
            }
            try await stack.shutDown()
            return true
        } catch {
            try await stack.shutDown()
            throw error
        }
    }

    private func play(_ sweepCase: SweepCase, on stage: SweepStage) async throws -> Result {
        try await withThrowingTaskGroup(of: Result.self) { group in
            group.addTask { try await stage.play(sweepCase) }
            group.addTask {
                try await Task.sleep(for: Self.longestCase)
                return Result(sweepCase: sweepCase, failure: "it took longer than \(Self.longestCase)")
            }
            defer { group.cancelAll() }
            return try await group.next() ?? Result(sweepCase: sweepCase, failure: "it was not tried")
        }
    }
}
