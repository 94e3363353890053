public import Failpoints
import Foundation
public import Hummingbird
public import Logging
import NIOCore
public import ServiceLifecycle
public import TCC
public import TCCHTTP
public import TCCStorage
import UnixSignals

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What a process is built from.
public struct HostContext: Sendable {
    /// What it runs with.
    public let settings: HostSettings
    /// Issues and verifies tokens.
    public let authority: TokenAuthority
    /// Makes its calls.
    public let client: JSONClient
    /// What a test asked for.
    public let failpoints: Failpoints
    /// Clocks and chance.
    public let world: World
    /// Where its logs go.
    public let logger: Logger
    /// Where it listens, once it does.
    public let ownAddress = OwnAddress()

    /// Makes a context.
    ///
    /// - Parameters:
    ///   - settings: what the process runs with.
    ///   - authority: issues and verifies tokens.
    ///   - client: makes its calls.
    ///   - failpoints: what a test asked for.
    ///   - world: clocks and chance.
    ///   - logger: where its logs go.
    public init(
        settings: HostSettings,
        authority: TokenAuthority,
        client: JSONClient,
        failpoints: Failpoints = .none,
        world: World = .system,
        logger: Logger
    ) {
        self.settings = settings
        self.authority = authority
        self.client = client
        self.failpoints = failpoints
        self.world = world
        self.logger = logger
    }
}

/// What a process consists of.
public struct HostedProcess {
    /// Answers one request.
    public typealias Handler = @Sendable (Request, APIContext) async throws -> Response

    /// What it serves.
    public var api: API
    /// What stands before the API, if something does: it gets the API as a function, for what is none of its own.
    public var front: (@Sendable (@escaping Handler) -> CallbackResponder<APIContext>)?
    /// What runs beside the server; started before it and stopped after it, in this order and back.
    public var services: [any Service]
    /// Closes what is left at the end.
    public var close: @Sendable () throws -> Void

    /// Makes a process.
    ///
    /// - Parameters:
    ///   - api: what it serves.
    ///   - services: what runs beside the server.
    ///   - close: closes what is left at the end.
    public init(api: API, services: [any Service], close: @escaping @Sendable () throws -> Void) {
        self.api = api
        self.services = services
        self.close = close
    }

    /// What serves all of it.
    public func responder() -> CallbackResponder<APIContext> {
        let api = api.responder()
        let handler: Handler = { try await api.respond(to: $0, context: $1) }
        return front?(handler) ?? CallbackResponder(callback: handler)
    }
}

/// Why a process cannot run; one line for people.
public struct HostFailure: Error, Hashable, CustomStringConvertible {
    /// The line.
    public let description: String
    /// 1, or 2 for a setting that cannot be.
    public let exitCode: Int32

    /// Makes a failure.
    ///
    /// - Parameters:
    ///   - description: the line.
    ///   - exitCode: 1, or 2 for a setting that cannot be.
    public init(_ description: String, exitCode: Int32 = 1) {
        self.description = description
        self.exitCode = exitCode
    }
}

extension HostFailure: CommandEntry.Coded {}

extension DirectoryLock.Refused: CommandEntry.Coded {
    /// A directory that another process has is not wrong.
    public var exitCode: Int32 { isInUse ? 1 : 2 }
}

extension SharedSecret.Unusable: CommandEntry.Coded {
    /// That of a setting that cannot be.
    public var exitCode: Int32 { 2 }
}

/// Runs one of the processes: lock, secret, parts, server; and stops it on SIGTERM and SIGINT.
public enum Host {
    private static let longestDrain: Duration = .seconds(10)
    private static let connectionsPerPeer = 256
    /// Longer than clients keep an idle connection (a minute), so that they do not use one that is just being closed.
    private static let idleTimeout: TimeAmount = .minutes(2)

    /// Runs a process until a signal stops it.
    ///
    /// - Parameters:
    ///   - settings: what it runs with.
    ///   - build: makes its parts.
    /// - Throws: a failure that a person can read.
    public static func run(
        _ settings: HostSettings,
        build: (HostContext) async throws -> HostedProcess
    ) async throws {
        raiseFileLimit()
        if settings.stopsWithStandardInput { stopWithStandardInput() }
        let failpoints = try Failpoints(settings.failpoints)
        let lock = settings.isStateless ? nil : try DirectoryLock(settings.dataDirectory)
        defer { lock?.release() }
        // One that holds nothing has a secret of its own, of this life: no token is good there.
        let own = Data((0..<32).map { _ in UInt8.random(in: .min ... .max) })
        let secret = settings.isStateless ? own : try SharedSecret.readOrCreate(settings.secretFile)
        var logger = Logger(label: settings.process, factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = settings.logLevel
        let context = HostContext(
            settings: settings,
            authority: await TokenAuthority(secret: secret, subject: settings.process),
            client: JSONClient(connectionsPerHost: connectionsPerPeer),
            failpoints: failpoints,
            world: .system,
            logger: logger
        )
        let process = try await build(context)
        do {
            try await serve(process, context)
        } catch is CancellationError {
            logger.notice("Stopped before every request was answered")
        }
        try await context.client.shutdown()
        try process.close()
    }

    /// A thread of its own, because such a read cannot be cancelled: it ends with the process.
    private static func stopWithStandardInput() {
        Thread.detachNewThread {
            var byte: UInt8 = 0
            while true {
                let count = read(STDIN_FILENO, &byte, 1)
                if count == 0 || (count < 0 && errno != EINTR) { break }
            }
            kill(getpid(), SIGTERM)
        }
    }

    /// As many connections as the system lets the process have; the usual soft limit of 1,024 files is soon reached.
    package static func raiseFileLimit() {
        var limit = rlimit()
        #if canImport(Darwin)
        let resource = RLIMIT_NOFILE
        #else
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #endif
        guard getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_cur = min(limit.rlim_max, 65536)
        setrlimit(resource, &limit)
    }

    private static func serve(_ process: HostedProcess, _ context: HostContext) async throws {
        let settings = context.settings
        let server = Application(
            responder: process.responder(),
            server: .http1(configuration: .init(idleTimeout: idleTimeout)),
            configuration: ApplicationConfiguration(address: .hostname(settings.host, port: settings.port)),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? settings.port
                context.ownAddress.set(host: settings.host, port: port)
                CommandEntry.say("listening on http://\(settings.host):\(port)", on: .standardOutput)
            },
            logger: quiet(context.logger)
        )
        var configuration = ServiceGroupConfiguration(
            services: process.services.map { .init(service: $0) } + [.init(service: server)],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: quiet(context.logger)
        )
        configuration.maximumGracefulShutdownDuration = longestDrain
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch let error as IOError {
            throw HostFailure(
                "cannot listen on \(settings.host):\(settings.port): \(String(cString: strerror(error.errnoCode))); "
                    + "choose another with --port or --host",
                // A port that is taken may be free later; an address that is another machine's never is this one's.
                exitCode: error.errnoCode == EADDRINUSE ? 1 : 2
            )
        } catch is SocketAddressError {
            throw HostFailure(
                "cannot listen on \(settings.host):\(settings.port): no address is known by this name; "
                    + "choose another with --host (or HOST)",
                exitCode: 2
            )
        }
    }

    /// The server and the service group report every start and stop of their parts; only their warnings are news.
    private static func quiet(_ logger: Logger) -> Logger {
        var logger = logger
        if logger.logLevel > .debug { logger.logLevel = max(logger.logLevel, .warning) }
        return logger
    }
}
