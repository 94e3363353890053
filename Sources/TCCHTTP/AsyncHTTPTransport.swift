import AsyncHTTPClient
import Foundation
import HTTPTypes
import NIOCore
import NIOHTTP1
import Synchronization

/// The network: AsyncHTTPClient, set up as this project's calls want it, and given addresses only.
final class AsyncHTTPTransport: HTTPTransport {
    /// After how long a connection that is not there is begun anew: what the system repeats, it repeats ever more rarely.
    private static let connectTimeout = TimeAmount.seconds(5)
    /// Of one host.
    private static let mostAddressesTried = 4
    private static let mostEncryptedHosts = 64

    private let configuration: HTTPClient.Configuration
    private let client: HTTPClient
    private let names: NameResolver
    /// Clients for encrypted connections to a name's address: each knows which name the certificate must have.
    private let encrypted = Mutex<[String: HTTPClient]>([:])

    /// A transport.
    ///
    /// - Parameters:
    ///   - connectionsPerHost: how many calls to one server run at once; further ones wait.
    ///   - names: finds the addresses of hosts.
    init(connectionsPerHost: Int, names: NameResolver) {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connectionsPerHost
        // Each caller retries by a policy of its own; a refused connection is an answer worth having at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = Self.connectTimeout
        configuration.httpVersion = .http1Only
        configuration.redirectConfiguration = .disallow
        configuration.http1_1ConnectionDebugInitializer = { AnswerRules.add(to: $0) }
        self.configuration = configuration
        self.client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        self.names = names
    }

    func send(
        _ request: TransportRequest,
        _ cancellation: Cancellation,
        _ receive: @escaping @Sendable (TransportPart) throws -> Void
    ) async throws {
        guard let host = HostInURL(request.url), !SystemNames.isAddress(host.name) else {
            return try await exchange(request, by: client, cancellation, receive)
        }
        var failure = CallFailure(.unknownName)
        for address in try await names.addresses(of: host.name, cancellation).prefix(Self.mostAddressesTried) {
            do {
                if host.isEncrypted {
                    return try await exchange(request, by: client(for: host.name, at: address), cancellation, receive)
                }
                var addressed = request
                addressed.url = host.url(at: address)
                addressed.headers.append(("host", host.field))
                return try await exchange(addressed, by: client, cancellation, receive)
            } catch let error as CallFailure where [.connectionRefused, .unreachable].contains(error.code) {
                // The call was not made: it can be made elsewhere.
                names.doubt(address, of: host.name)
                failure = error
            } catch let error as CancellationError {
                // Given up, as a rule: the next call goes to another address, if there is one.
                names.doubt(address, of: host.name)
                throw error
            }
        }
        throw failure
    }

    private func client(for name: String, at address: String) -> HTTPClient {
        let (client, dropped) = encrypted.withLock { clients in
            let key = "\(name) \(address)"
            if let client = clients[key] { return (client, [HTTPClient]()) }
            var configuration = configuration
            configuration.dnsOverride = [name: address]
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
            var dropped: [HTTPClient] = []
            if clients.count >= Self.mostEncryptedHosts {
                dropped = Array(clients.values)
                clients = [:]
            }
            clients[key] = client
            return (client, dropped)
        }
        for client in dropped { client.shutdown { _ in } }
        return client
    }

    private func exchange(
        _ request: TransportRequest,
        by client: HTTPClient,
        _ cancellation: Cancellation,
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
            cancellation.onCancel { exchange.fail(reason: CancellationError()) }
            try await exchange.get()
        } catch let error as CancellationError {
            throw error
        } catch {
            throw CallFailure(error)
        }
    }

    func shutdown() async throws {
        for client in encrypted.withLock({ Array($0.values) }) { try await client.shutdown() }
        try await client.shutdown()
    }

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
        case HTTPParserError.invalidEOFState: self = CallFailure(.connectionLost)
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
