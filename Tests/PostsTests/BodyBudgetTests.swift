import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import TCC
import TCCHTTP
import Testing

@Suite("All bodies at once are bounded")
struct BodyBudgetTests {
    private func withAPI(
        _ budget: BodyBudget,
        _ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void
    )
        async throws
    {
        let authority = await TokenAuthority(secret: Data(repeating: 7, count: 32), subject: "test")
        var api = API(authority: authority, bodies: budget)
        api.on(.post, "/echo", allow: nil, bodyLimit: 100) { request in
            Response(status: .ok, body: ResponseBody(byteBuffer: request.body))
        }
        api.on(.post, "/rest", allow: nil, bodyLimit: 100) { _ in
            let isLeft = budget.take(1)
            if isLeft { budget.giveBack(1) }
            return Response(status: isLeft ? .ok : .conflict)
        }
        api.on(.get, "/open", allow: nil) { request in
            Response(status: .ok, body: ResponseBody(byteBuffer: request.body))
        }
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        try await Application(responder: api.responder(), logger: logger).test(.router, body)
    }

    private static func send(_ bytes: Int, _ client: any TestClientProtocol) async throws -> TestResponse {
        try await client.execute(uri: "/echo", method: .post, body: ByteBuffer(repeating: 65, count: bytes))
    }

    @Test("past the budget a request is refused at once, and what was read is given back")
    func bounded() async throws {
        let budget = BodyBudget(mostBytes: 50)
        try await withAPI(budget) { client in
            for _ in 0..<20 {
                #expect(try await Self.send(50, client).body.readableBytes == 50)
                let refused = try await Self.send(51, client)
                #expect(refused.status == .serviceUnavailable)
                #expect(refused.headers[.retryAfter] == "1")
                #expect(try JSONCoding.decode(Problem.self, from: refused.body).code == "overloaded")
                #expect(try await Self.send(101, client).status == .contentTooLarge)
            }
            #expect(budget.take(30))
            #expect(try await Self.send(21, client).status == .serviceUnavailable)
            #expect(try await Self.send(20, client).status == .ok)
            budget.giveBack(30)
            #expect(try await Self.send(50, client).status == .ok)
        }
    }

    @Test("what a request brought counts until it is answered")
    func heldUntilAnswered() async throws {
        try await withAPI(BodyBudget(mostBytes: 50)) { client in
            for (bytes, status) in [(49, HTTPResponse.Status.ok), (50, .conflict), (49, .ok)] {
                let body = ByteBuffer(repeating: 65, count: bytes)
                let answer = try await client.execute(uri: "/rest", method: .post, body: body)
                #expect(answer.status == status)
            }
        }
    }

    @Test("a question that anybody may ask takes nothing of it")
    func openQuestions() async throws {
        try await withAPI(BodyBudget(mostBytes: 0)) { client in
            let body = ByteBuffer(repeating: 65, count: 10)
            let answer = try await client.execute(uri: "/open", method: .get, body: body)
            #expect(answer.status == .ok && answer.body.readableBytes == 0)
            #expect(try await Self.send(1, client).status == .serviceUnavailable)
        }
    }
}
