import Foundation
import GRDB
import HTTPTypes
import Harness
import Supervision
import TCC
import TCCHTTP
import Testing
import Verification

/// `libfaketime` (Debian: `apt-get install faketime`), which has a process read another wall clock.
private enum FakeTime {
    static let advice = "libfaketime is missing: real clocks that jump are NOT checked. Install it (Debian: faketime)."

    static let library = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"]
        .map { "\($0)/faketime/libfaketimeMT.so.1" }.first { FileManager.default.fileExists(atPath: $0) }

    /// For a process whose clock is off by this, such as `+3d`.
    static func environment(_ offset: String) -> [String: String] { ["LD_PRELOAD": library ?? "", "FAKETIME": offset] }

    /// Starts a process whose clock is right, and sets its clock once it serves: timers of a process that was started with a
    /// false clock do not fire.
    static func start(_ role: ServerRole, _ cluster: Cluster, ahead offset: String) async throws {
        let file = file(role, cluster)
        try Data("+0".utf8).write(to: file)
        try await cluster.start(
            role,
            environment: [
                "LD_PRELOAD": library ?? "", "FAKETIME_TIMESTAMP_FILE": file.path(percentEncoded: false),
                "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_NO_CACHE": "1",
            ]
        )
        try set(role, cluster, ahead: offset)
    }

    /// Sets the clock of a process that was started so.
    static func set(_ role: ServerRole, _ cluster: Cluster, ahead offset: String) throws {
        try Data(offset.utf8).write(to: file(role, cluster), options: .atomic)
    }

    private static func file(_ role: ServerRole, _ cluster: Cluster) -> URL {
        cluster.directory.appending(path: "\(role.rawValue).clock")
    }
}

extension EndToEnd {
    /// Clocks that were wrong once.
    @Suite(.serialized, .enabled(if: FakeTime.library != nil, Comment(rawValue: FakeTime.advice)))
    struct ClockTests {
        private static let day = Duration.seconds(86400)

        private static func cluster(_ body: @escaping @Sendable (Cluster) async throws -> Void) async throws {
            var timeouts = Cluster.Timeouts()
            timeouts.retention = 1
            try await withCluster(timeouts, body)
        }

        private static func stored(_ column: String, _ table: String, _ cluster: Cluster, _ role: ServerRole) throws
            -> Timestamp
        {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(5)
            let queue = try DatabaseQueue(path: cluster.databasePath(role), configuration: configuration)
            defer { try? queue.close() }  // `try?`: it was only read
            return Timestamp(
                milliseconds: try queue.read { try Int64.fetchOne($0, sql: "SELECT \(column) FROM \(table)") } ?? 0
            )
        }

        private static func publish(_ cluster: Cluster) async throws -> GlobalTransactionID {
            // A token that is valid by every clock of the test.
            let token = try await cluster.authority.issue(for: .alice, lifetime: day * 10)
            let body = try JSONCoding.encode(RevisionText.unique("By whatever clock"))
            let url = cluster.url(.orchestrator) + "/v1/posts"
            let answer = try await cluster.client.call(.post, url, token: token, body: body, timeout: .seconds(10))
            let record = try #require(answer.decode(TransactionRecord.self), "\(answer.status)")
            #expect(answer.status == 200)
            return record.gid
        }

        @Test func aClockByWhichNothingCanBeBegunIsLoggedAndSaidByReadyz() async throws {
            try await withCluster { cluster in
                @Sendable func readiness() async throws -> JSONClient.Answer {
                    let url = cluster.url(.orchestrator) + "/readyz"
                    return try await cluster.client.call(.get, url, token: nil, timeout: .seconds(10))
                }
                try await cluster.stop(.orchestrator)
                try await FakeTime.start(.orchestrator, cluster, ahead: "+3d")
                try await eventually("it is not ready", within: .seconds(20)) {
                    let answer = try await readiness()
                    guard case .object(let reasons) = answer.decode(Problem.self)?.extensions["reasons"] else {
                        return false
                    }
                    return answer.status == 503 && reasons["clock"] != nil
                }
                #expect(cluster.process(.orchestrator).output("stderr").contains("The wall clock jumped"))
                try FakeTime.set(.orchestrator, cluster, ahead: "+0")
                try await eventually("it is ready", within: .seconds(20)) { try await readiness().status == 200 }
                _ = try await Self.publish(cluster)
            }
        }

        @Test(arguments: ["+3d", "+400d"])
        func anOrchestratorThatWasAheadOnceWritesAtOnce(offset: String) async throws {
            try await Self.cluster { cluster in
                let before = try await Self.publish(cluster)
                try await cluster.stop(.orchestrator)
                try await FakeTime.start(.orchestrator, cluster, ahead: offset)
                try await eventually("it has forgotten by that clock", within: .seconds(10)) {
                    try Self.stored("forgotten_before", "horizon", cluster, .orchestrator) > .now + Self.day * 2
                }
                try await cluster.stop(.orchestrator)
                try await cluster.start(.orchestrator)
                var last = before
                for _ in 0..<3 {
                    let gid = try await Self.publish(cluster)
                    #expect(last < gid)
                    last = gid
                }
                let log = cluster.process(.orchestrator).output("stderr")
                #expect(log.contains("The clock is behind the journal"), "\(log)")
            }
        }

        /// One machine has one clock: everything that is stored is of the future.
        @Test func allThatWereAheadOnceWriteAtOnce() async throws {
            try await Self.cluster { cluster in
                for role in ServerRole.allCases { try await cluster.stop(role) }
                for role in ServerRole.allCases {
                    try await FakeTime.start(role, cluster, ahead: "+3d")
                }
                let ahead = try await Self.publish(cluster)
                #expect(ahead.timestamp > .now + Self.day * 2)
                for role in [ServerRole.draft, .online] {
                    try await eventually("it has forgotten by that clock", within: .seconds(20)) {
                        try Self.stored("pruned_before", "barrier_horizon", cluster, role) > .now + Self.day * 2
                    }
                }
                for role in ServerRole.allCases { try await cluster.stop(role) }
                try await cluster.startAll()
                let gid = try await Self.publish(cluster)
                #expect(ahead < gid)
            }
        }

        @Test func allThatAreSetBackWriteAtOnce() async throws {
            try await Self.cluster { cluster in
                let before = try await Self.publish(cluster)
                for role in [ServerRole.draft, .online] {
                    try await eventually("it has forgotten what there was", within: .seconds(20)) {
                        try Self.stored("pruned_before", "barrier_horizon", cluster, role) > .now - Self.day
                    }
                }
                for role in ServerRole.allCases { try await cluster.stop(role) }
                for role in ServerRole.allCases {
                    try await cluster.start(role, environment: FakeTime.environment("-3d"))
                }
                for _ in 0..<3 { #expect(try await before < Self.publish(cluster)) }
            }
        }
    }
}
