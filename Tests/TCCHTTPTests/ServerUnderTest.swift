import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import TCC
import TCCHTTP

/// A server with a few routes, over a real socket.
enum ServerUnderTest {
    /// The author Ann's token.
    struct Access: Sendable {
        var port: Int
        var token: String
    }

    static func run(
        mostConnections: Int = 1000,
        limits: ExchangeTimes.Limits = .init(),
        _ body: @escaping @Sendable (Access) async throws -> Void
    ) async throws {
        let authority = await TokenAuthority(secret: Data(repeating: 7, count: 32), subject: "test")
        var api = API(authority: authority)
        api.on(.post, "/echo", allow: nil, bodyLimit: 100) { request in
            Response(status: .ok, body: ResponseBody(byteBuffer: request.body))
        }
        api.on(.post, "/own", allow: [.author], bodyLimit: 100) { request in
            Response(status: .ok, body: ResponseBody(byteBuffer: request.body))
        }
        api.on(.get, "/host", allow: nil) { request in
            Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(string: request.head.authority ?? "")))
        }
        api.on(.get, "/large", allow: nil) { _ in
            Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(repeating: 65, count: 4 << 20)))
        }
        api.on(.get, "/unchanged", allow: nil) { _ in Response(status: .notModified, headers: [.eTag: "\"1\""]) }
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let token = try await authority.issue(for: Caller(subject: "ann", role: .author), lifetime: .seconds(60))
        try await Application(
            responder: api.responder(),
            server: .strictHTTP1(mostConnections: { mostConnections }, limits: limits),
            logger: logger
        )
        .test(.live) { client in try await body(Access(port: client.port ?? 0, token: token)) }
    }
}
