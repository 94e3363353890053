import HTTPTypes
import NIOCore
import TCCHTTP
import Testing

@Suite("A request that is refused for its size", .timeLimit(.minutes(1)))
struct LargeRequestTests {
    @Test("is sent, and its answer is read")
    func isRead() async throws {
        try await ServerUnderTest.run { server in
            try await JSONClient.with(connectionsPerHost: 8) { client in
                let body = ByteBuffer(repeating: 0x20, count: 8 << 20)
                for _ in 0..<30 {
                    let answer = try await client.call(
                        .post,
                        "http://127.0.0.1:\(server.port)/echo",
                        token: nil,
                        body: body,
                        timeout: .seconds(30)
                    )
                    #expect(answer.status == 413)
                }
            }
        }
    }
}
