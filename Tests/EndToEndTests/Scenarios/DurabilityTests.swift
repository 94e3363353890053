import Foundation
import Harness
import HTTPTypes
import NIOCore
import Synchronization
import TCC
import TCCHTTP
import Testing
import Verification

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension EndToEnd {
    /// More than surviving SIGKILL, which leaves the system's caches alone: the order of system calls shows that
    /// everything was synced before anybody was told.
    @Suite(.serialized, .enabled(Comment(rawValue: Strace.advice)) { await Strace.isUsable() })
    struct DurabilityTests {
        private static let clients = 6
        private static let mostRounds = 30

        @Test(.timeLimit(.minutes(3)))
        func everythingIsSyncedBeforeAnybodyIsTold() async throws {
            let timeouts = Cluster.Timeouts(tryTimeout: 20, answer: 20, call: 10, deadlineMargin: 20)
            try await withCluster(timeouts, isTraced: true) { cluster in
                let told = Told()
                // SQLite begins a log anew after a checkpoint: also what is committed then has to be synced.
                var rounds = 0
                while rounds < Self.mostRounds, try !ServerRole.allCases.allSatisfy({ try cluster.hasNewLog($0) }) {
                    rounds += 1
                    await Self.work(in: cluster, told)
                }
                await Self.work(in: cluster, told)
                #expect(try await cluster.outcome(of: .ofNow()) == .cancel)
                try await cluster.checkInvariants()
                let batched = (0..<3).map { _ in UUIDv7.ofNow() }
                for role in [ServerRole.draft, .online] { try await Self.cancel(batched, at: role, in: cluster) }
                for role in [ServerRole.orchestrator, .draft, .online] {
                    cluster.process(role).signal(SIGTERM)
                    #expect(try await cluster.process(role).waitForDeath() == .init(exitCode: 0))
                }
                for role in ServerRole.allCases {
                    let analysis = try Self.check(try await cluster.trace(of: role), of: role, told: told.counts)
                    let claimed = analysis.claims.filter { batched.map(\.description).contains($0.gid) }
                    #expect(claimed.count == (role == .orchestrator ? 0 : batched.count))
                }
            }
        }

        /// What callers were told, by status, by any number of them at once.
        private final class Told: Sendable {
            private let state = Mutex<[Int: Int]>([:])

            var counts: [Int: Int] { state.withLock { $0 } }

            func note(_ answer: Answer?) { state.withLock { $0[answer?.status ?? 0, default: 0] += 1 } }
        }

        /// Some clients at once, so that commits are shared: each publishes twice, withdraws, and is refused twice.
        private static func work(in cluster: Cluster, _ told: Told) async {
            await withTaskGroup { group in
                for _ in 0..<clients {
                    group.addTask {
                        do {
                            var text = RevisionText.unique("Traced")
                            text.content += String(repeating: "As long as a post may be. ", count: 800)
                            let first = try await cluster.send(Request(.publishNew(text)))
                            told.note(first)
                            let post = try #require(first?.postID, "\(first?.text ?? "no answer")")
                            text.title += " again"
                            told.note(try await cluster.send(Request(.republish(post, text))))
                            // Both libraries reserve, and the ledger refuses: nothing was granted.
                            told.note(try await cluster.send(Request(.chargedWithdraw(post))))
                            told.note(try await cluster.send(Request(.withdraw(post))))
                            told.note(try await cluster.send(Request(.withdraw(post))))
                        } catch {
                            Issue.record(error)
                        }
                    }
                }
            }
        }

        /// Cancels transactions that never were in one batch: each leaves a row.
        private static func cancel(_ gids: [UUIDv7], at role: ServerRole, in cluster: Cluster) async throws {
            let branch = role == .draft ? "draft" : "online"
            let calls = gids.map { #"{"op":"cancel","gid":"\#($0)","branch":"\#(branch)","action":"publish"}"# }
            let body = ByteBuffer(string: #"{"calls":[\#(calls.joined(separator: ","))]}"#)
            let answer = try await cluster.call(role, .post, "/tcc/batch", as: .aService, body: body)
            let results = answer.decode(BatchAnswer.self)?.results
            #expect(results == gids.map { _ in BatchResult(outcome: .cancelled) }, "\(answer.text)")
        }

        private static func check(_ trace: [UInt8], of role: ServerRole, told: [Int: Int]) throws
            -> DurabilityAnalysis
        {
            let analyze = role == .orchestrator ? DurabilityAnalysis.orchestrator : DurabilityAnalysis.participant
            let analysis = analyze(trace)
            let tooEarly = analysis.violations.count
            #expect(tooEarly == 0, "\(role.rawValue): \(analysis.violations.prefix(5)) …")
            // A trace that shows nothing proves nothing.
            #expect(analysis.records.restarts >= 1, "\(role.rawValue) did not begin its log anew")
            let (committed, refused) = (told[200, default: 0], told[409, default: 0])
            #expect(committed >= 3 * clients && refused >= 2 * clients, "callers were told \(told)")
            #expect(told.keys.allSatisfy { $0 == 200 || $0 == 409 }, "callers were told \(told)")
            let counts = analysis.counts
            if role == .orchestrator {
                #expect(counts["answer 200"] == committed && counts["answer 409"] == refused, "\(counts)")
                #expect(counts["try", default: 0] >= 2 * (committed + refused), "\(counts)")
                #expect(counts["confirm", default: 0] >= 2 * committed, "\(counts)")
                #expect(counts["cancel", default: 0] >= 2 * refused, "\(counts)")
                #expect(counts["outcome cancel"] == 1, "\(counts)")
            } else {
                #expect(counts["confirm is confirmed", default: 0] >= committed, "\(counts)")
                #expect(counts["cancel is cancelled", default: 0] >= refused, "\(counts)")
                #expect(counts["try is reserved", default: 0] >= committed, "\(counts)")
            }
            print("\(role.rawValue): \(analysis.records.commits) commits, \(analysis.records.syncs) syncs, \(counts)")

            // The check has teeth: without its syncs, the same process breaks every promise.
            let names = ["fsync", "fdatasync"].map { Array($0.utf8) }
            let unsynced = trace.split(separator: UInt8(ascii: "\n"))
                .filter { line in !names.contains { line.firstRange(of: $0) != nil } }
            let broken = analyze(Array(unsynced.joined(separator: [UInt8(ascii: "\n")])))
            #expect(broken.claims.count == analysis.claims.count)
            #expect(broken.violations.count == broken.claims.count, "\(role.rawValue) without its syncs")
            return analysis
        }
    }
}

extension Cluster {
    /// Whether a process's write-ahead log was begun anew since the process began: its header counts that.
    fileprivate func hasNewLog(_ role: ServerRole) throws -> Bool {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: databasePath(role) + "-wal"))
        defer { try? file.close() }  // `try?`: it was only read
        let header = try file.read(upToCount: 16) ?? Data()
        return header.dropFirst(12).contains { $0 != 0 }
    }
}
