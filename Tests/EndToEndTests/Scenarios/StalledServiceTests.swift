import RawPeer
import Testing

extension EndToEnd {
    /// A service whose answer stops after its head: a command gives it up, and says so.
    @Suite(.serialized)
    struct StalledServiceTests {
        @Test func aCommandIsNotHeldUp() async throws {
            try await withCluster { cluster in
                try cluster.write("# A", to: "a.md")
                try await RawPeer.with(.always(.stopsAfterHead)) { peer in
                    let commands = [
                        ["transactions", "watch", "--url", peer.url],
                        ["transactions", "list", "--url", peer.url],
                        ["transactions", "retry", "0192f3c4-5d6e-7f80-9123-456789abcdef", "--url", peer.url],
                        ["posts", "--online-url", peer.url],
                        ["withdraw", "0192f3c4-5d6e-7f80-9123-456789abcdef", "--author", "a", "--url", peer.url],
                    ]
                    await withTaskGroup(of: Void.self) { group in
                        for arguments in commands {
                            group.addTask {
                                do {
                                    let end = try await cluster.command(arguments)
                                    #expect(end.code == 3, "\(arguments): \(end.error)")
                                } catch {
                                    Issue.record(error, "\(arguments)")
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
