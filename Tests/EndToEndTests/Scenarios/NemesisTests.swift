import Failpoints
import Foundation
import Harness
import Synchronization
import TCC
import Testing
import Verification

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension EndToEnd {
    /// Several authors work while a nemesis kills, pauses and trips whichever process it likes.
    @Suite(.serialized)
    struct NemesisTests {
        private static let duration = Duration.seconds(6)
        private static let clients = 4

        @Test(arguments: 1...3)
        func whateverIsKilledOrPausedTheInvariantsHold(_ round: Int) async throws {
            try await withCluster { cluster in
                try await cluster.quota.grant(1000, to: "alice")
                var posts: [UUIDv7] = []
                for _ in 0..<3 { posts.append(try await cluster.publishedPost()) }
                let shared = posts
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<Self.clients { group.addTask { try await Self.work(on: shared, in: cluster) } }
                    try await Self.torment(cluster)
                    // Healed; the clients get their last answers.
                    try await group.waitForAll()
                }
                let content = cluster.history.content
                let committed = content.attempts.filter { $0.answer?.status == 200 }.count
                #expect(committed > 10, "the nemesis let next to nothing through")
                try await cluster.checkInvariants()
            }
        }

        /// Asks for one thing after the other, each until it is known what became of it.
        private static func work(on posts: [UUIDv7], in cluster: Cluster) async throws {
            let start = ContinuousClock.now
            while ContinuousClock.now - start < duration {
                let request = request(for: posts)
                try await eventually("\(request.path) has an end", within: .seconds(30)) {
                    let answer = try await cluster.send(request)
                    // Refused for good, or done; anything else is asked again with the same key.
                    if let answer, [200, 404, 409].contains(answer.status) { return true }
                    try await Task.sleep(for: .milliseconds(30))
                    return false
                }
            }
        }

        private static func request(for posts: [UUIDv7]) -> Request {
            let post = posts.randomElement() ?? .ofNow()
            return switch Int.random(in: 0..<10) {
            case 0..<2: Request(.publishNew(.unique("Storm")))
            case 2..<5: Request(.republish(post, .unique("Storm again")))
            case 5: Request(.publishSaved(post))
            case 6: Request(.withdraw(post))
            case 7: Request(.delete(post))
            default: Request(.chargedPublish(.ofNow(), base: 0, revision: 1, .unique("Storm, charged")))
            }
        }

        private static func torment(_ cluster: Cluster) async throws {
            let start = ContinuousClock.now
            while ContinuousClock.now - start < duration {
                let role = ServerRole.allCases.randomElement() ?? .orchestrator
                let pause = Duration.milliseconds(Int.random(in: 0...500))
                switch Int.random(in: 0..<4) {
                case 0:
                    try await cluster.kill(role)
                    try await Task.sleep(for: pause)
                case 1:
                    cluster.process(role).signal(SIGSTOP)
                    try await Task.sleep(for: pause * 2)
                    cluster.process(role).signal(SIGCONT)
                case 2:
                    for role in ServerRole.allCases { cluster.process(role).signal(SIGKILL) }
                    for role in ServerRole.allCases { try await cluster.process(role).waitForDeath() }
                default:
                    try await cluster.kill(role)
                    let point = Failpoint.allCases.randomElement() ?? .storageCommitAfter
                    try await cluster.process(role)
                        .start(failpoints: "\(point.rawValue)=crash@\(Int.random(in: 1...20))")
                    try await Task.sleep(for: pause * 2)
                }
                try await cluster.observeDecisions()
                try await revive(cluster)
                try await Task.sleep(for: pause)
            }
            for role in ServerRole.allCases { try await cluster.restart(role) }
        }

        /// Starts what is dead, again and again if a failpoint kills it at its start.
        private static func revive(_ cluster: Cluster) async throws {
            try await eventually("all processes live", within: .seconds(10)) {
                for role in ServerRole.allCases where !cluster.process(role).isRunning {
                    try await cluster.process(role).waitForDeath()
                    try await cluster.process(role).start(failpoints: nil)
                }
                for role in ServerRole.allCases {
                    guard try await cluster.isReady(role) else { return false }
                }
                return true
            }
        }
    }
}
