import AsyncHTTPClient
import Foundation
import HTTPTypes
import NIOCore
import NIOHTTP1

/// The network: AsyncHTTPClient, set up as this project's calls want it.
struct AsyncHTTPTransport: HTTPTransport {
    private let client: HTTPClient

    /// A transport.
    ///
    /// - Parameter connectionsPerHost: how many calls to one server run at once; further ones wait.
    init(connectionsPerHost: Int) {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connectionsPerHost
        // Each caller retries by a policy of its own; a refused connection is an answer worth having at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        configuration.redirectConfiguration = .disallow
        self.client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    func send(
        _ request: TransportRequest,
        _ receive: @escaping @Sendable (TransportPart) throws -> Void
    ) async throws {
        var headers = HTTPHeaders()
        headers.reserveCapacity(request.headers.count + 2)
        for (name, value) in request.headers { headers.add(name: name, value: value) }
        do {
            // The way with a delegate, not the one with an asynchronous sequence: it costs no task of its own, no timer
            // and no hop for each part of a body.
            let exchange = client.execute(
                request: try HTTPClient.Request(
                    url: request.url,
                    method: NIOHTTP1.HTTPMethod(rawValue: request.method.rawValue),
                    headers: headers,
                    body: request.body.map { .byteBuffer($0) }
                ),
                delegate: Delegate(receive)
            )
            try await withTaskCancellationHandler {
                try await exchange.get()
            } onCancel: {
                exchange.fail(reason: CancellationError())
            }
        } catch let error as CancellationError {
            throw error
        } catch {
            throw CallFailure(error)
        }
    }

    func shutdown() async throws { try await client.shutdown() }

    /// Hands on what comes.
    private final class Delegate: HTTPClientResponseDelegate {
        private let receive: @Sendable (TransportPart) throws -> Void

        init(_ receive: @escaping @Sendable (TransportPart) throws -> Void) { self.receive = receive }

        func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
            let headers = head.headers.map { (name: $0.name, value: $0.value) }
            return handOn(.head(status: Int(head.status.code), headers: headers), task)
        }

        func didReceiveBodyPart(task: HTTPClient.Task<Void>, _ buffer: ByteBuffer) -> EventLoopFuture<Void> {
            handOn(.body(buffer), task)
        }

        func didFinishRequest(task: HTTPClient.Task<Void>) {}

        private func handOn(_ part: TransportPart, _ task: HTTPClient.Task<Void>) -> EventLoopFuture<Void> {
            do {
                try receive(part)
                return task.eventLoop.makeSucceededVoidFuture()
            } catch {
                return task.eventLoop.makeFailedFuture(error)
            }
        }
    }
}

extension CallFailure {
    /// What AsyncHTTPClient or SwiftNIO met.
    init(_ error: any Error) {
        switch error {
        case let failure as CallFailure: self = failure
        case let error as HTTPClientError: self = Self.of(error)
        case let error as IOError: self = Self.of(error)
        case is HTTPParserError: self = CallFailure(.malformedAnswer)
        case ChannelError.connectTimeout: self = CallFailure(.unreachable)
        case is ChannelError: self = CallFailure(.connectionLost)
        default: self = CallFailure(.other, "\(error)")
        }
    }

    private static func of(_ error: HTTPClientError) -> CallFailure {
        switch error {
        case .remoteConnectionClosed: CallFailure(.connectionLost)
        case .deadlineExceeded, .readTimeout, .writeTimeout, .getConnectionFromPoolTimeout:
            CallFailure(.noAnswerInTime)
        case .connectTimeout, .tlsHandshakeTimeout: CallFailure(.unreachable)
        case .invalidURL, .emptyHost, .emptyScheme: CallFailure(.unusableRequest, "its URL is none")
        default: CallFailure(.other, error.shortDescription)
        }
    }

    private static func of(_ error: IOError) -> CallFailure {
        switch error.errnoCode {
        case ECONNREFUSED: CallFailure(.connectionRefused)
        case ECONNRESET, EPIPE, ECONNABORTED, ENOTCONN: CallFailure(.connectionLost)
        case EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENETDOWN, ETIMEDOUT: CallFailure(.unreachable)
        default: CallFailure(.other, "\(error)")
        }
    }
}
