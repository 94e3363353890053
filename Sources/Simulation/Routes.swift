import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization
import TCCHTTP

/// What a process serves, without a socket: from the request's bytes through the router to the answer's.
struct Routes: Sendable {
    private let respond: @Sendable (Hummingbird.Request, APIContext) async throws -> Response
    private let logger: Logger

    init(_ api: API, logger: Logger) {
        let responder = api.responder()
        self.respond = { try await responder.respond(to: $0, context: $1) }
        self.logger = logger
    }

    /// Answers a request; nil if the connection ends unanswered, as the server ends it at whatever error comes this far.
    func answer(_ request: WireRequest) async -> WireAnswer? {
        let head = HTTPRequest(
            method: request.method,
            scheme: "http",
            authority: "simulated",
            path: request.path,
            headerFields: request.headers
        )
        do {
            let response = try await respond(
                Hummingbird.Request(head: head, body: RequestBody(buffer: request.body)),
                APIContext(logger: logger)
            )
            let body = WrittenBody()
            try await response.body.write(body)
            return WireAnswer(
                status: response.status.code,
                headers: response.headers.map { ($0.name.rawName, $0.value) },
                body: body.bytes
            )
        } catch {
            return nil
        }
    }
}

/// The body of an answer, once it is written.
private final class WrittenBody: ResponseBodyWriter, Sendable {
    private let state = Mutex(ByteBuffer())

    var bytes: ByteBuffer { state.withLock { $0 } }

    func write(_ buffer: ByteBuffer) async throws {
        state.withLock { bytes in
            if bytes.readableBytes == 0 { bytes = buffer } else { bytes.writeImmutableBuffer(buffer) }
        }
    }

    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
