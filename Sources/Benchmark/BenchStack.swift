import Foundation
import HTTPTypes
import Hosting
import Supervision
import Synchronization
import TCC
import TCCHTTP
import TCCStorage

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The three processes, or a floor's, in a folder of their own, on ports of their own.
final class BenchStack: Sendable {
    /// One of the processes.
    enum Server: String, Hashable, Sendable, CaseIterable {
        /// Runs the transactions.
        case orchestrator
        /// Keeps the drafts.
        case draft = "draft-service"
        /// Shows the posts.
        case online = "online-service"

        /// The file in its data directory that holds everything it knows.
        var databaseName: String {
            switch self {
            case .orchestrator: "journal.sqlite"
            case .draft: "drafts.sqlite"
            case .online: "online.sqlite"
            }
        }
    }

    /// Whose posts are published.
    static let author = "bench"
    private static let longestStart = Duration.seconds(60)
    private static let longestStop = Duration.seconds(30)
    private static let tokenLifetime = Duration.seconds(86_400)

    /// Where everything is.
    let folder: URL
    /// Makes the calls that are not measured.
    let client: JSONClient
    /// Issues tokens.
    let authority: TokenAuthority
    private let children: Children
    private let maxInFlight: Int?
    private let tryTimeoutSeconds: Int?
    /// Whether system calls that sync are written down.
    private let isTraced: Bool
    private let ports: [Server: Int]
    private let lives = Mutex<[Server: ChildLife]>([:])

    /// Sets the stage; starts nothing.
    ///
    /// - Parameters:
    ///   - folder: an empty folder.
    ///   - children: starts the processes.
    ///   - maxInFlight: the orchestrator's limit; nil for its own.
    ///   - tryTimeoutSeconds: how long branches are tried; nil for the orchestrator's own.
    ///   - isTraced: whether system calls that sync are written down, see ``SyncTrace``.
    /// - Throws: a ``BenchFailure`` if a program is missing, or what keeps the secret from being written.
    init(
        folder: URL,
        children: Children,
        maxInFlight: Int? = nil,
        tryTimeoutSeconds: Int? = nil,
        isTraced: Bool = false
    ) async throws {
        try Self.checkPrograms()
        self.folder = folder
        self.children = children
        self.maxInFlight = maxInFlight
        self.tryTimeoutSeconds = tryTimeoutSeconds
        self.isTraced = isTraced
        let secretFile = folder.appending(path: "secret").path(percentEncoded: false)
        self.authority = await TokenAuthority(secret: try SharedSecret.readOrCreate(secretFile), subject: "bench")
        let free = FreePorts.choose(Server.allCases.count)
        self.ports = Dictionary(uniqueKeysWithValues: zip(Server.allCases, free))
        // Last: a client that was made has to be shut down, whatever else fails.
        self.client = JSONClient(connectionsPerHost: 64)
    }

    /// Runs something with three processes that serve; afterwards none of them is left.
    ///
    /// - Parameters:
    ///   - folder: where their data is.
    ///   - maxInFlight: the orchestrator's limit; nil for its own.
    ///   - tryTimeoutSeconds: how long branches are tried; nil for the orchestrator's own.
    ///   - isTraced: whether system calls that sync are written down.
    ///   - failpoints: where the orchestrator is to pause.
    ///   - body: what to run.
    /// - Returns: what it returns.
    /// - Throws: what it throws, or a ``BenchFailure``.
    static func with<Result: Sendable>(
        _ folder: URL,
        maxInFlight: Int? = nil,
        tryTimeoutSeconds: Int? = nil,
        isTraced: Bool = false,
        failpoints: String? = nil,
        _ body: (BenchStack) async throws -> Result
    ) async throws -> Result {
        try await Children.with { children in
            let stack = try await BenchStack(
                folder: folder,
                children: children,
                maxInFlight: maxInFlight,
                tryTimeoutSeconds: tryTimeoutSeconds,
                isTraced: isTraced
            )
            let result: Result
            do {
                for server in [Server.draft, .online] { try await stack.start(server) }
                try await stack.start(.orchestrator, failpoints: failpoints)
                result = try await body(stack)
            } catch {
                try await stack.client.shutdown()
                throw error
            }
            try await stack.stopAll()
            try await stack.client.shutdown()
            return result
        }
    }

    private static func checkPrograms() throws {
        for server in Server.allCases {
            let path = OwnPrograms.path(server.rawValue)
            guard FileManager.default.isExecutableFile(atPath: path) else {
                throw BenchFailure(
                    BenchFailure.usage,
                    "there is no program '\(path)'; build all of them with: swift build -c release"
                )
            }
        }
    }

    // MARK: Addresses

    /// A process's port.
    func port(_ server: Server) -> Int { ports[server] ?? 0 }
    /// A process's URL.
    func url(_ server: Server) -> String { "http://127.0.0.1:\(port(server))" }
    /// Where a process keeps its data.
    func dataDirectory(_ server: Server) -> URL { folder.appending(path: server.rawValue) }
    /// A process's database.
    func database(_ server: Server) -> URL { dataDirectory(server).appending(path: server.databaseName) }
    /// Where a traced process's trace is.
    func trace(_ server: Server) -> URL { folder.appending(path: "\(server.rawValue).trace") }
    /// The secret that all share.
    var secretFile: String { folder.appending(path: "secret").path(percentEncoded: false) }

    /// The processes that serve, as a measurement wants them.
    var workers: [Measurement.Worker] {
        lives.withLock { lives in
            Server.allCases.compactMap { server in
                lives[server]?.pid.map { Measurement.Worker(name: server.rawValue, pid: $0) }
            }
        }
    }

    /// A token that lasts as long as any run.
    func token(_ role: Role) async throws -> String {
        try await authority.issue(for: Caller(subject: Self.author, role: role), lifetime: Self.tokenLifetime)
    }

    // MARK: Lives

    /// Starts a process and waits until it serves.
    ///
    /// - Parameters:
    ///   - server: which.
    ///   - failpoints: where it is to pause.
    /// - Returns: how long that took.
    /// - Throws: a ``BenchFailure`` if it does not.
    @discardableResult
    func start(_ server: Server, failpoints: String? = nil) async throws -> Duration {
        var environment: [String: String?] = Dictionary(uniqueKeysWithValues: HostSettings.variables.map { ($0, nil) })
        environment[HostSettings.stopWithStandardInput] = "1"
        environment["TCC_FAILPOINTS"] = .some(failpoints)
        let program = OwnPrograms.path(server.rawValue)
        let traced = SyncTrace.command(program, arguments(server), output: trace(server))
        let life = ChildLife(
            ChildCommand(
                name: server.rawValue,
                program: isTraced ? traced.program : program,
                arguments: isTraced ? traced.arguments : arguments(server),
                environment: environment,
                folder: folder.path(percentEncoded: false)
            )
        )
        lives.withLock { $0[server] = life }
        let start = ContinuousClock.now
        children.start(life)
        while true {
            if life.death.isFulfilled {
                let last = life.tail.last ?? "it says nothing"
                throw BenchFailure(BenchFailure.broken, "\(server.rawValue) does not start: \(last)")
            }
            if life.serving.isFulfilled, try await isReady(server) { return ContinuousClock.now - start }
            guard ContinuousClock.now - start < Self.longestStart else {
                throw BenchFailure(BenchFailure.broken, "\(server.rawValue) does not serve after \(Self.longestStart)")
            }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    private func arguments(_ server: Server) -> [String] {
        let shared = [
            "--host", "127.0.0.1", "--port", "\(port(server))", "--secret-file", secretFile, "--data-dir",
            dataDirectory(server).path(percentEncoded: false),
        ]
        guard server == .orchestrator else { return shared + ["--coordinator-url", url(.orchestrator)] }
        let limit = maxInFlight.map { ["--max-in-flight", "\($0)"] } ?? []
        let timeout = tryTimeoutSeconds.map { ["--try-timeout", "\($0)"] } ?? []
        return ["serve"] + shared + ["--draft-url", url(.draft), "--online-url", url(.online)] + limit + timeout
    }

    private func isReady(_ server: Server) async throws -> Bool {
        do {
            return try await client.call(.get, url(server) + "/readyz", token: nil, timeout: .seconds(1)).status == 200
        } catch {
            try Task.checkCancellation()
            return false
        }
    }

    /// Kills a process, as a loss of power would.
    ///
    /// - Parameter server: which.
    /// - Throws: `CancellationError`.
    func kill(_ server: Server) async throws {
        guard let life = lives.withLock({ $0[server] }) else { return }
        life.signal(SIGKILL)
        _ = try await life.death.value()
    }

    /// Has all processes end in order: those that call before those that they call.
    ///
    /// - Throws: a ``BenchFailure`` if one does not end.
    func stopAll() async throws { for server in Server.allCases { try await stop(server) } }

    private func stop(_ server: Server) async throws {
        guard let life = lives.withLock({ $0[server] }) else { return }
        life.stop()
        guard try await life.death.value(within: Self.longestStop, sleep: { try await Task.sleep(for: $0) }) != nil
        else { throw BenchFailure(BenchFailure.broken, "\(server.rawValue) does not stop") }
        lives.withLock { $0[server] = nil }
    }
}
