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
    /// Whether it serves, as its parts report.
    public let readiness = Readiness()

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
    private static let longestAnnouncement: Duration = .seconds(1)
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
        FileLimit.raise()
        if settings.stopsWithStandardInput { stopWithStandardInput() }
        let failpoints = try Failpoints(settings.failpoints)
        let lock = settings.isStateless ? nil : try DirectoryLock(settings.dataDirectory)
        defer { lock?.release() }
        // One that holds nothing has a secret of its own, of this life: no token is good there.
        let own = Data((0..<32).map { _ in UInt8.random(in: .min ... .max) })
        let secret = settings.isStateless ? own : try SharedSecret.readOrCreate(settings.secretFile)
        var logger = Logger(label: settings.process, factory: { StreamWriterLogHandler(label: $0) })
        logger.logLevel = settings.logLevel
        let context = HostContext(
            settings: settings,
            authority: await TokenAuthority(secret: secret, subject: settings.process),
            client: JSONClient(connectionsPerHost: connectionsPerPeer),
            failpoints: failpoints,
            world: .system,
            logger: logger
        )
        let process: HostedProcess
        do {
            process = try await build(context)
        } catch {
            await shutDown(context.client, logger)
            throw error
        }
        do {
            try await serve(process, context)
        } catch is CancellationError {
            logger.notice("Stopped before every request was answered")
        } catch {
            await shutDown(context.client, logger)
            close(process, logger)
            throw error
        }
        try await context.client.shutdown()
        try process.close()
    }

    /// Closes the client's connections where something else has gone wrong, which is what is told then.
    private static func shutDown(_ client: JSONClient, _ logger: Logger) async {
        do {
            try await client.shutdown()
        } catch {
            logger.debug("The client could not be shut down", metadata: ["error": "\(error)"])
        }
    }

    /// Closes a process's parts where something else has gone wrong, which is what is told then.
    private static func close(_ process: HostedProcess, _ logger: Logger) {
        do {
            try process.close()
        } catch {
            logger.warning("Not everything could be closed", metadata: ["error": "\(error)"])
        }
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

    private static func serve(
        _ process: HostedProcess,
        _ context: HostContext
    ) async throws {
        let settings = context.settings
        let server = Application(
            responder: process.responder(),
            server: .strictHTTP1(idleTimeout: idleTimeout),
            configuration: ApplicationConfiguration(address: .hostname(settings.host, port: settings.port)),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? settings.port
                context.ownAddress.set(host: settings.host, port: port)
                channel.pauseAcceptingWithoutFiles(logger: context.logger)
                let url = OwnAddress.url(host: settings.host, port: port)
                StreamWriter.standardOutput.write("listening on \(url)\n")
                // It is there before the first request is taken, unless nobody reads it.
                StreamWriter.standardOutput.flush(within: longestAnnouncement)
            },
            logger: quiet(context.logger)
        )
        var configuration = ServiceGroupConfiguration(
            services: (process.services + [ClockLog(world: context.world, logger: context.logger), server])
                .map { .init(service: $0) },
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: quiet(context.logger)
        )
        configuration.maximumGracefulShutdownDuration = longestDrain
        let address = OwnAddress.authority(host: settings.host, port: settings.port)
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch let error as IOError {
            throw HostFailure(
                "cannot listen on \(address): \(String(cString: strerror(error.errnoCode))); "
                    + "choose another with --port (or PORT) or --host (or HOST)",
                // A port that is taken may be free later; an address that is another machine's never is this one's.
                exitCode: error.errnoCode == EADDRINUSE ? 1 : 2
            )
        } catch let error where error is SocketAddressError || error is SocketAddressError.UnknownHost {
            throw HostFailure(
                "cannot listen on \(address): no address is known by this name; "
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
