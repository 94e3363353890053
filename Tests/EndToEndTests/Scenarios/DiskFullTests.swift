import Foundation
import HTTPTypes
import Harness
import TCC
import TCCHTTP
import Testing
import Verification

extension EndToEnd {
    /// A process's disk is full for a while.
    @Suite(.serialized)
    struct DiskFullTests {
        private static func longText(_ words: String) -> RevisionText {
            var text = RevisionText.unique(words)
            text.content += String(repeating: "Longer than what is left of the disk. ", count: 4000)
            return text
        }

        @Test(arguments: ServerRole.allCases, [Work.publish, .republish])
        func aFullDiskRefusesAndHeals(_ role: ServerRole, _ work: Work) async throws {
            try await Self.withSmallDisk(for: role) { cluster, disk in
                var request = try await work.prepare(in: cluster)
                let text = Self.longText("On a full disk")
                request = Request(request.postID.map { .republish($0, text) } ?? .publishNew(text))
                try await cluster.quiesce()
                try await disk.fill()
                let answer = try await cluster.send(request)
                // Unknown or refused; nothing else can be said without writing.
                if let answer {
                    #expect([500, 503].contains(answer.status), "\(answer.text)")
                    if answer.status == 503 { #expect(answer.headers["retry-after"] != nil) }
                }
                #expect(try await cluster.post(request.postID ?? .ofNow())?.title != text.title)
                for role in ServerRole.allCases {
                    #expect(cluster.process(role).isRunning, "a full disk killed a process")
                }

                try await disk.makeRoom()
                try await cluster.quiesce()
                let later = try await cluster.sendUntilAnswered(request)
                #expect(later.status == 200, "\(later.text)")
                try await cluster.checkInvariants()
            }
        }

        /// A participant's disk fills up between try and confirm: the commit waits until there is room.
        @Test(arguments: [ServerRole.draft, .online])
        func aDiskThatFillsUpBeforeTheConfirmOnlyDelaysIt(_ role: ServerRole) async throws {
            try await Self.withSmallDisk(for: role) { cluster, disk in
                let request = Request(.publishNew(Self.longText("Filled up")))
                try await cluster.restart(.orchestrator, failpoints: "coordinator.decide.before=pause(700)@1")
                async let pending = cluster.send(request)
                try await eventually("both libraries have reserved") {
                    try cluster.barriers().filter { $0.state == .reserved }.count == 2
                }
                try await disk.fill()
                let answer = try #require(try await pending)
                #expect(answer.status == 202, "\(answer.text)")
                try await disk.makeRoom()
                try await cluster.quiesce()
                #expect(try await cluster.sendUntilAnswered(request).gid == answer.gid)
                try await cluster.checkInvariants()
            }
        }

        /// The orchestrator's disk fills up between begin and decision: the caller is told nothing, least of all a lie.
        @Test func aDecisionThatCannotBeWrittenIsToldToNobody() async throws {
            try await Self.withSmallDisk(for: .orchestrator) { cluster, disk in
                try await cluster.restart(.online, failpoints: "participant.reserve.after=pause(250)@1")
                let request = Request(.publishNew(.unique("Undecidable")))
                async let pending = cluster.send(request)
                try await eventually("both libraries have reserved") {
                    try cluster.barriers().filter { $0.state == .reserved }.count == 2
                }
                try await disk.fill()
                let answer = try await pending
                #expect(answer == nil, "\(answer?.status ?? 0) \(answer?.text ?? "")")
                let entry = try #require(try cluster.journal().last)
                if disk.isReal {
                    #expect(entry.state == .trying)
                    #expect(try await cluster.outcome(of: entry.gid) == .pending)
                }
                #expect(try await cluster.posts(of: "alice").isEmpty)
                try await disk.makeRoom()
                try await cluster.quiesce()
                #expect(try await cluster.sendUntilAnswered(request).status == 200)
                try await cluster.checkInvariants()
            }
        }

        /// What fills and empties a disk, or pretends to.
        private struct Disk: Sendable {
            let isReal: Bool
            let fill: @Sendable () async throws -> Void
            let makeRoom: @Sendable () async throws -> Void
        }

        /// Puts a process's data on a small disk of its own.
        private static func withSmallDisk(
            for role: ServerRole,
            _ body: @escaping @Sendable (Cluster, Disk) async throws -> Void
        ) async throws {
            try await withCluster { cluster in
                try await cluster.kill(role)
                let folder = cluster.dataDirectory(role)
                try FileManager.default.removeItem(at: folder)
                guard let disk = try FullDisk.mount(at: folder) else {
                    Issue.record(
                        "tmpfs cannot be mounted: a failpoint stands in for the full disk ('unshare -rm swift test' may)",
                        severity: .warning
                    )
                    try await cluster.start(role)
                    return try await body(cluster, pretended(for: role, in: cluster))
                }
                do {
                    try await cluster.start(role)
                    try await body(
                        cluster,
                        Disk(isReal: true, fill: { try disk.fill() }, makeRoom: { try disk.empty() })
                    )
                } catch {
                    Issue.record(error)
                }
                try await cluster.kill(role)
                disk.unmount()
            }
        }

        /// Every commit fails as on a full disk, between two restarts.
        private static func pretended(for role: ServerRole, in cluster: Cluster) -> Disk {
            Disk(
                isReal: false,
                // The orchestrator could not start without its first commits.
                fill: {
                    let failures =
                        role == .orchestrator
                        ? "coordinator.begin.before=error;coordinator.decide.before=error"
                        : "storage.commit.before=error"
                    try await cluster.restart(role, failpoints: failures)
                },
                makeRoom: { try await cluster.restart(role) }
            )
        }
    }
}

extension Cluster {
    /// What a participant that asks is told.
    func outcome(of gid: GlobalTransactionID) async throws -> Outcome? {
        let answer = try await call(.orchestrator, .get, "/v1/outcomes/\(gid)", as: .aService)
        return answer.decode(OutcomeAnswer.self)?.outcome
    }
}
