import Failpoints
import Foundation
import Harness
import TCC
import Testing
import Verification

extension EndToEnd {
    /// A process dies at each telling place; it comes back, and the caller asks again with the same key.
    @Suite(.serialized)
    struct CrashTests {
        @Test(arguments: CrashCase.orchestratorCommits)
        func aCrashOfTheOrchestratorLosesAndHalvesNoCommit(_ crash: CrashCase) async throws {
            try await Self.run(crash)
        }

        @Test(arguments: CrashCase.orchestratorCharges)
        func aCrashOfTheOrchestratorSpendsNothingTwice(_ crash: CrashCase) async throws {
            try await Self.run(crash)
        }

        @Test(arguments: CrashCase.orchestratorRefusals)
        func aCrashOfTheOrchestratorUndoesEveryRefused(_ crash: CrashCase) async throws {
            try await Self.run(crash)
        }

        @Test(arguments: CrashCase.participantCommits)
        func aCrashOfAParticipantLosesAndHalvesNoCommit(_ crash: CrashCase) async throws {
            try await Self.run(crash)
        }

        @Test(arguments: CrashCase.participantAbsences)
        func aParticipantThatStaysDeadLosesAndHalvesNoCommit(_ crash: CrashCase) async throws {
            try await Self.run(crash)
        }

        @Test(arguments: CrashCase.participantRefusals)
        func aCrashOfAParticipantUndoesEveryRefused(_ crash: CrashCase) async throws {
            try await Self.run(crash)
        }

        /// The orchestrator's commits by number, whichever of its writes they hold.
        @Test(arguments: [Failpoint.storageCommitBefore, .storageCommitAfter], 1...9)
        func aCrashAtAnyCommitOfTheOrchestratorLosesNothing(_ failpoint: Failpoint, _ visit: Int) async throws {
            try await withCluster { cluster in
                let post = try await cluster.publishedPost()
                try await cluster.kill(.orchestrator)
                let orchestrator = cluster.process(.orchestrator)
                try await orchestrator.start(failpoints: "\(failpoint.rawValue)=crash@\(visit)")
                // The first commits are those of its start; the others are asked for until it is dead.
                try await eventually("the orchestrator serves or is dead", within: .seconds(10)) {
                    guard orchestrator.isRunning else { return true }
                    return try await cluster.isReady(.orchestrator)
                }
                var requests: [Request] = []
                try await eventually("the orchestrator is dead", within: .seconds(15)) {
                    guard orchestrator.isRunning else { return true }
                    requests.append(Request(.republish(post, .unique("Commit \(visit)"))))
                    try await cluster.send(requests[requests.count - 1])
                    return !orchestrator.isRunning
                }
                try await cluster.waitForCrash(.orchestrator)
                try await cluster.start(.orchestrator)
                try await cluster.quiesce()
                if let last = requests.last {
                    let answer = try await cluster.sendUntilAnswered(last)
                    #expect(answer.status == 200, "\(answer.text)")
                }
                try await cluster.checkInvariants()
            }
        }

        private static func run(_ crash: CrashCase) async throws {
            try await withCluster { cluster in
                for _ in 0..<(crash.isCertain ? 1 : 5) {
                    if try await run(crash, in: cluster) { return try await cluster.checkInvariants() }
                    try await cluster.restart(crash.role)
                }
                Issue.record("five transactions have ended, and \(crash.role.rawValue) lives")
            }
        }

        /// One transaction with a crash; false if it ended without.
        private static func run(_ crash: CrashCase, in cluster: Cluster) async throws -> Bool {
            let request = try await crash.work.prepare(in: cluster)
            try await cluster.quiesce()
            try await cluster.restart(crash.role, failpoints: crash.specification)

            let known = try cluster.journal().count
            async let pending = cluster.send(request)
            if !crash.isCertain {
                try await eventually("\(crash.role.rawValue) is dead, or has nothing left to do", within: .seconds(10))
                {
                    if !cluster.process(crash.role).isRunning { return true }
                    return try cluster.journal().count > known && cluster.databases.unfinished().isEmpty
                }
                if cluster.process(crash.role).isRunning {
                    _ = try await pending
                    return false
                }
            }
            try await cluster.waitForCrash(crash.role)
            if crash.restart == .afterTheAnswer { _ = try await pending }
            try await cluster.start(crash.role)
            let first = try await pending
            check(first, to: crash)
            let healing = try await cluster.quiesce()
            // What healthy participants can end has ended within a second of the orchestrator's being ready.
            if crash.role == .orchestrator { #expect(healing < .seconds(1)) }
            let before = try await cluster.finalState().committed(request)

            let second = try await cluster.sendUntilAnswered(request)
            check(second, toRepetitionOf: crash, committedBefore: before)
            if let first, (200..<300).contains(first.status) { #expect(second.gid == first.gid) }
            return true
        }

        /// What the caller may be told while the crash is on.
        private static func check(_ answer: Answer?, to crash: CrashCase) {
            if crash.role == .orchestrator, answer == nil { return }
            guard let answer else {
                Issue.record("no answer, although the orchestrator lived")
                return
            }
            switch (answer.status, crash.work.isRefused) {
            case (200, false): break
            case (202, false):
                #expect(answer.headers["location"] == answer.gid.map { "/v1/transactions/\($0)" })
            case (503, _):
                #expect(answer.problem?.code == "participant-unavailable", "\(answer.text)")
                #expect(answer.headers["retry-after"] != nil)
            case (409, true): #expect(answer.problem?.code == "quota-exceeded", "\(answer.text)")
            default: Issue.record("\(answer.status) \(answer.text)")
            }
        }

        private static func check(_ answer: Answer, toRepetitionOf crash: CrashCase, committedBefore: JournalEntry?) {
            if let committedBefore {
                #expect(answer.status == 200, "\(answer.text)")
                #expect(answer.gid == committedBefore.gid, "the key's transaction is another one now")
            } else if crash.work.isRefused {
                let codes = ["quota-exceeded", "revision-conflict"]
                #expect(answer.status == 409 && codes.contains(answer.problem?.code ?? ""), "\(answer.text)")
            } else if crash.work.namesItsRevision {
                #expect(answer.status == 200 || answer.problem?.code == "revision-conflict", "\(answer.text)")
            } else {
                #expect(answer.status == 200, "\(answer.text)")
            }
        }
    }
}
