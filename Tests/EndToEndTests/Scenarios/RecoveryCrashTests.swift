import Failpoints
import Foundation
import Harness
import TCC
import Testing
import Verification

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension EndToEnd {
    /// A process is killed again while it recovers from being killed.
    @Suite(.serialized)
    struct RecoveryCrashTests {
        struct Case: Sendable, CustomTestStringConvertible {
            let work: Work
            let first: Failpoint
            let second: Failpoint

            var testDescription: String { "\(work.rawValue), \(first.rawValue), then \(second.rawValue)" }

            /// Undecided when it dies: its recovery cancels.
            static let cancels = [Failpoint.coordinatorTryAfter, .coordinatorDecideBefore]
                .flatMap { first in
                    [
                        Failpoint.coordinatorRecoverBefore, .coordinatorRecoverAfter, .coordinatorCancelBefore,
                        .coordinatorCancelAfter, .coordinatorAcknowledgeBefore, .coordinatorAcknowledgeAfter,
                    ]
                    .map { Case(work: .chargedPublish, first: first, second: $0) }
                }

            /// Decided when it dies: its recovery confirms.
            static let confirms = [Failpoint.coordinatorDecideAfter, .coordinatorConfirmAfter]
                .flatMap { first in
                    [
                        Failpoint.coordinatorRecoverBefore, .coordinatorRecoverAfter, .coordinatorConfirmBefore,
                        .coordinatorConfirmAfter, .coordinatorAcknowledgeBefore, .coordinatorAcknowledgeAfter,
                    ]
                    .map { Case(work: .chargedRepublish, first: first, second: $0) }
                }
        }

        @Test(arguments: Case.cancels + Case.confirms)
        func aCrashDuringRecoveryIsRecoveredFrom(_ crash: Case) async throws {
            try await withCluster { cluster in
                let request = try await crash.work.prepare(in: cluster)
                try await cluster.restart(.orchestrator, failpoints: "\(crash.first.rawValue)=crash")
                async let answer = cluster.send(request)
                try await cluster.waitForCrash(.orchestrator)
                #expect(try await answer == nil)

                try await cluster.process(.orchestrator).start(failpoints: "\(crash.second.rawValue)=crash")
                try await cluster.waitForCrash(.orchestrator)
                try await cluster.start(.orchestrator)
                try await cluster.quiesce()
                let isCommitted = try await cluster.finalState().committed(request) != nil
                #expect(isCommitted == (crash.work == .chargedRepublish))
                try await cluster.checkInvariants()
            }
        }

        /// A participant dies over its confirm; the orchestrator is killed while it asks again and again.
        @Test(arguments: [ServerRole.draft, .online])
        func theOrchestratorIsKilledWhileAParticipantIsDown(_ role: ServerRole) async throws {
            try await withCluster { cluster in
                let request = try await Work.chargedPublish.prepare(in: cluster)
                try await cluster.restart(role, failpoints: "participant.confirm.before=crash")
                async let pending = cluster.send(request)
                try await cluster.waitForCrash(role)
                #expect(try await pending?.status == 202)
                try await cluster.kill(.orchestrator)
                try await cluster.observeDecisions()
                try await cluster.start(role)
                try await cluster.start(.orchestrator)
                try await cluster.quiesce()
                #expect(try await cluster.finalState().committed(request)?.state == .confirmed)
                try await cluster.checkInvariants()
            }
        }

        /// All three lose power at the same moment, in the middle of several publishes.
        @Test(arguments: 1...6)
        func allProcessesAreKilledAtOnce(_ round: Int) async throws {
            try await withCluster { cluster in
                try await cluster.quota.grant(100, to: "alice")
                let requests = (0..<12)
                    .map { number in
                        number % 2 == 0
                            ? Request(.publishNew(.unique("Power \(round)")))
                            : Request(
                                .chargedPublish(.ofNow(), base: 0, revision: 1, .unique("Charged power \(round)"))
                            )
                    }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for request in requests { group.addTask { try await cluster.send(request) } }
                    // Somewhere in the middle; what matters is what is there afterwards.
                    try await eventually("some transactions are decided") {
                        try cluster.journal().filter { $0.state.decision != nil }.count >= round
                    }
                    for role in ServerRole.allCases { cluster.process(role).signal(SIGKILL) }
                    for role in ServerRole.allCases { try await cluster.process(role).waitForDeath() }
                    try await group.waitForAll()
                }
                try await cluster.observeDecisions()
                try await cluster.startAll()
                try await cluster.quiesce()
                for request in requests {
                    let answer = try await cluster.sendUntilAnswered(request)
                    #expect(answer.status == 200, "\(answer.text)")
                }
                try await cluster.checkInvariants()
            }
        }
    }
}
