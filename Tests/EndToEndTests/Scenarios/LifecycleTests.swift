import Foundation
import GRDB
import HTTPTypes
import Harness
import Supervision
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
    /// How a process starts, stops, and forgets.
    @Suite(.serialized)
    struct LifecycleTests {
        @Test(arguments: [SIGTERM, SIGINT])
        func aStopDrainsWhatIsUnderWayAndEndsWithCode0(_ signal: Int32) async throws {
            try await withCluster { cluster in
                try await cluster.restart(.orchestrator, failpoints: "coordinator.decide.before=pause(400)")
                let request = Request(.publishNew(.unique("Drained")))
                async let pending = cluster.send(request)
                try await eventually("both libraries have reserved") {
                    try cluster.barriers().filter { $0.state == .reserved }.count == 2
                }
                cluster.process(.orchestrator).signal(signal)
                let answer = try #require(try await pending, "a stop cut a request off")
                #expect(answer.status == 200, "\(answer.text)")
                #expect(try await cluster.process(.orchestrator).waitForDeath().exitCode == 0)
                for role in [ServerRole.draft, .online] {
                    cluster.process(role).signal(signal)
                    #expect(try await cluster.process(role).waitForDeath().exitCode == 0)
                }
                try await cluster.startAll()
                try await cluster.checkInvariants()
            }
        }

        @Test func aCleanStopLeavesOneFileThatHasEverything() async throws {
            try await withCluster { cluster in
                for _ in 0..<3 { _ = try await cluster.publishedPost() }
                for role in ServerRole.allCases {
                    _ = try await cluster.drafts(of: "alice")
                    try await cluster.stop(role)
                    let folder = cluster.dataDirectory(role)
                    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
                    #expect(files == [role.databaseName, "lock"].sorted())
                    // Its copy alone is a backup.
                    let copy = cluster.directory.appendingPathComponent("copy-\(role.databaseName)").path
                    try FileManager.default.copyItem(atPath: cluster.databasePath(role), toPath: copy)
                    let table = role == .orchestrator ? "transactions" : "barrier"
                    let database = try DatabaseQueue(path: copy)
                    let rows = try await database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") }
                    #expect(rows ?? 0 >= 3)
                    try await cluster.start(role)
                }
                try await cluster.checkInvariants()
            }
        }

        @Test(arguments: ["s", "secret", "new/s", "./s"])
        func aMissingSecretIsMadeWhereverItIsSaidToBe(_ path: String) async throws {
            try await withFolder { folder in
                let process = ServerProcess(
                    name: "draft-service",
                    executable: try BuildFolder.executable("draft-service"),
                    arguments: ["--secret-file", path, "--data-dir", "data", "--port", "\(FreePorts.choose(1)[0])"],
                    logFolder: folder
                )
                try await process.start(failpoints: nil)
                try await eventually("the service listens", within: .seconds(10)) {
                    guard process.isRunning else {
                        throw ServerProcess.Misuse(description: "it died at its start: \(process.logTail)")
                    }
                    return process.output("stdout").contains("listening")
                }
                let secret = try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
                #expect(secret.utf8.count == 64)
                process.signal(SIGTERM)
                #expect(try await process.waitForDeath() == .init(exitCode: 0))
            }
        }

        /// The drain has an end, also for a request that has none.
        @Test func aStopWaitsNoLongerThanTenSeconds() async throws {
            var timeouts = Cluster.Timeouts()
            timeouts.tryTimeout = 60
            try await withCluster(timeouts) { cluster in
                try await cluster.kill(.online)
                let request = Request(.publishNew(.unique("Endless")))
                async let pending = cluster.send(request)
                try await eventually("the draft service has reserved") {
                    try cluster.barriers().contains { $0.state == .reserved }
                }
                let start = ContinuousClock.now
                cluster.process(.orchestrator).signal(SIGTERM)
                let death = try await cluster.process(.orchestrator).waitForDeath(within: .seconds(15))
                #expect(death.exitCode == 0)
                #expect(ContinuousClock.now - start < .seconds(12))
                _ = try await pending
                try await cluster.startAll()
                #expect(try await cluster.sendUntilAnswered(request).status == 200)
                try await cluster.checkInvariants()
            }
        }

        @Test(arguments: ServerRole.allCases)
        func aSecondProcessOnTheSameDataIsRefusedWithOneClearLine(_ role: ServerRole) async throws {
            try await withCluster { cluster in
                let second = try cluster.rival(of: role, port: FreePorts.choose(1)[0])
                try await second.start(failpoints: nil)
                let death = try await second.waitForDeath()
                let lines = second.output("stderr").split(separator: "\n")
                #expect(death.exitCode.map { $0 != 0 } == true)
                #expect(lines.count == 1 && lines[0].contains("in use by another process"), "\(lines)")
                #expect(second.output("stdout").isEmpty)
                try await Self.expectWorking(cluster)
            }
        }

        @Test(arguments: ServerRole.allCases)
        func aTakenPortIsRefusedWithOneClearLine(_ role: ServerRole) async throws {
            try await withCluster { cluster in
                let taken = try #require(cluster.ports[role])
                let second = try cluster.rival(of: role, port: taken, dataFolder: "another-\(role.rawValue)")
                try await second.start(failpoints: nil)
                let death = try await second.waitForDeath()
                let lines = second.output("stderr").split(separator: "\n")
                #expect(death.exitCode.map { $0 != 0 } == true)
                #expect(lines.count == 1 && lines[0].contains("\(taken)"), "\(lines)")
                try await Self.expectWorking(cluster)
            }
        }

        @Test(arguments: ServerRole.allCases)
        func theFirstLineOnStdoutSaysWhereItListens(_ role: ServerRole) async throws {
            try await withCluster { cluster in
                let output = cluster.process(role).output("stdout")
                #expect(output == "listening on \(cluster.url(role))\n")
            }
        }

        /// What a barrier has forgotten stays impossible.
        @Test func aForgottenTransactionCannotComeBack() async throws {
            var timeouts = Cluster.Timeouts()
            timeouts.retention = 1
            try await withCluster(timeouts) { cluster in
                _ = try await cluster.publishedPost()
                let refused = Request(.withdraw(try await cluster.makeDraft().id))
                #expect(try await cluster.sendUntilAnswered(refused).status == 409)
                let deadline = Timestamp.now + cluster.timeouts.deadline
                try await cluster.quiesce()
                let rows = try cluster.barriers().filter { $0.participant != "quota" }
                #expect(rows.contains { $0.state == .confirmed } && rows.contains { $0.state == .cancelled })
                try await eventually(
                    "the finished branches whose deadline is known are forgotten",
                    within: .seconds(10)
                ) {
                    try cluster.barriers().filter { $0.state == .confirmed }.isEmpty
                }
                for row in rows where row.state == .confirmed {
                    let role = row.participant == "draft" ? ServerRole.draft : .online
                    let call = BranchCall(
                        gid: row.gid,
                        branch: try #require(ParticipantName(row.branch)),
                        action: "withdraw",
                        deadline: deadline,
                        payload: TryPayload(postID: .ofNow(), author: "alice")
                    )
                    let body = try JSONCoding.encode(call)
                    let late = try await cluster.call(role, .post, "/tcc/try", as: .aService, body: body)
                    #expect(late.status == 410, "\(late.status) \(late.text)")
                }
            }
        }

        private static func expectWorking(_ cluster: Cluster) async throws {
            _ = try await cluster.publishedPost()
            try await cluster.checkInvariants()
        }
    }
}
