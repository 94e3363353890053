import Foundation
import Harness
import NIOCore
import HTTPTypes
import Synchronization
import Supervision
import TCC
import TCCHTTP
import TCCStorage
import Testing
import Verification

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Three real processes over one temporary directory, a quota ledger, and a client that remembers every answer.
final class Cluster: Sendable {
    /// How long things may take, in seconds.
    struct Timeouts: Sendable {
        var tryTimeout = 1.0
        var answer = 0.8
        var call = 0.3
        var deadlineMargin = 0.5
        var retention = 86400.0

        /// How long after the decision a caller waits, in milliseconds.
        var answerMilliseconds: Int { Int(answer * 1000) }

        /// When a reservation's holder must ask for the outcome, from the begin on.
        var deadline: Duration { .seconds(tryTimeout + deadlineMargin) }
    }

    struct Unready: Error, CustomStringConvertible {
        let description: String
        let isPortTaken: Bool
    }

    /// The cluster of the test that runs, for the message of a failure.
    @TaskLocal static var current: Cluster?

    let timeouts: Timeouts
    let directory: URL
    let client = JSONClient(connectionsPerHost: 64)
    let authority: TokenAuthority
    let history = ClientHistory()
    let quota: QuotaServer
    let ports: [ServerRole: Int]
    private let processes: [ServerRole: ServerProcess]
    private let roleFlags: [ServerRole: [String]]
    private let rivals = Mutex<[ServerProcess]>([])
    private let watched = Mutex<[String: Int]>([:])

    /// Makes the directory, the secret and the ledger; starts nothing.
    ///
    /// - Parameters:
    ///   - timeouts: the orchestrator's.
    ///   - otherParticipants: further participants' ports by name.
    ///   - directory: an empty directory.
    ///   - isTraced: whether strace writes down what the processes do; see ``trace(of:)``.
    ///   - shell: what a shell does in the process of a role, and in the cluster's directory, before that begins.
    /// - Throws: whatever the disk meets.
    init(
        timeouts: Timeouts,
        otherParticipants: [String: Int],
        directory: URL,
        isTraced: Bool,
        shell: [ServerRole: String]
    ) async throws {
        self.timeouts = timeouts
        self.directory = directory
        let secret = (0..<64).map { _ in String(Int.random(in: 0..<16), radix: 16) }.joined()
        let secretFile = directory.appendingPathComponent("secret")
        guard
            FileManager.default.createFile(
                atPath: secretFile.path,
                contents: Data(secret.utf8),
                attributes: [.posixPermissions: 0o600]
            )
        else { throw Unready(description: "the secret cannot be written", isPortTaken: false) }
        self.authority = await TokenAuthority(secret: Data(secret.utf8), subject: "end-to-end-tests")

        let chosen = FreePorts.choose(4)
        let ports: [ServerRole: Int] = [.draft: chosen[0], .online: chosen[1], .orchestrator: chosen[2]]
        self.ports = ports
        func url(_ port: Int) -> String { "http://127.0.0.1:\(port)" }
        self.quota = try QuotaServer(
            name: "quota",
            port: chosen[3],
            coordinatorURL: url(chosen[2]),
            folder: directory,
            authority: authority,
            client: client
        )
        let participants = ["quota": chosen[3]].merging(otherParticipants) { own, _ in own }
        let coordinatorFlags =
            [
                "serve", "--draft-url", url(chosen[0]), "--online-url", url(chosen[1]),
                "--try-timeout", "\(timeouts.tryTimeout)", "--answer-timeout", "\(timeouts.answer)",
                "--call-timeout", "\(timeouts.call)", "--deadline-margin", "\(timeouts.deadlineMargin)",
            ] + participants.flatMap { ["--participant", "\($0.key)=\(url($0.value))"] }
        let participantFlags = ["--coordinator-url", url(chosen[2])]
        let roleFlags: [ServerRole: [String]] = [
            .draft: participantFlags, .online: participantFlags, .orchestrator: coordinatorFlags,
        ]
        self.roleFlags = roleFlags
        var processes: [ServerRole: ServerProcess] = [:]
        for role in ServerRole.allCases {
            var executable = try BuildFolder.executable(role.rawValue)
            var arguments =
                (roleFlags[role] ?? [])
                + Self.sharedFlags(port: ports[role] ?? 0, dataFolder: role.rawValue, directory, timeouts)
            if isTraced {
                let output = Self.trace(of: role, in: directory)
                (executable, arguments) = Strace.command(executable, arguments, output: output)
            }
            if let shell = shell[role] {
                arguments = ["-c", "\(shell); exec \"$0\" \"$@\"", executable.path] + arguments
                executable = URL(fileURLWithPath: "/bin/bash")
            }
            processes[role] = ServerProcess(
                name: role.rawValue,
                executable: executable,
                arguments: arguments,
                logFolder: directory
            )
        }
        self.processes = processes
    }

    private static func trace(of role: ServerRole, in directory: URL) -> URL {
        directory.appendingPathComponent("\(role.rawValue).trace")
    }

    /// The trace of a process that has ended, if the cluster is traced: its last life's.
    func trace(of role: ServerRole) async throws -> [UInt8] {
        try await Strace.read(Self.trace(of: role, in: directory))
    }

    private static func sharedFlags(
        port: Int,
        dataFolder: String,
        _ directory: URL,
        _ timeouts: Timeouts,
        host: String = "127.0.0.1"
    ) -> [String] {
        [
            "--host", host, "--port", "\(port)", "--retention", "\(timeouts.retention)",
            "--secret-file", directory.appendingPathComponent("secret").path,
            "--data-dir", directory.appendingPathComponent(dataFolder).path,
        ]
    }

    /// A second process of a role, in conflict with the first.
    func rival(
        of role: ServerRole,
        port: Int,
        dataFolder: String? = nil,
        host: String = "127.0.0.1"
    ) throws -> ServerProcess {
        let logFolder = directory.appendingPathComponent("rival-\(UInt32.random(in: .min ... .max))")
        try FileManager.default.createDirectory(at: logFolder, withIntermediateDirectories: true)
        let shared = Self.sharedFlags(
            port: port,
            dataFolder: dataFolder ?? role.rawValue,
            directory,
            timeouts,
            host: host
        )
        let rival = ServerProcess(
            name: role.rawValue,
            executable: try BuildFolder.executable(role.rawValue),
            arguments: (roleFlags[role] ?? []) + shared,
            logFolder: logFolder
        )
        rivals.withLock { $0.append(rival) }
        return rival
    }

    /// Starts a web service before the cluster, and waits until it serves; it ends with the cluster.
    ///
    /// - Returns: its process and its URL.
    func startWeb() async throws -> (process: ServerProcess, url: String) {
        let logFolder = directory.appendingPathComponent("web-\(UInt32.random(in: .min ... .max))")
        try FileManager.default.createDirectory(at: logFolder, withIntermediateDirectories: true)
        let web = ServerProcess(
            name: "web-service",
            executable: try BuildFolder.executable("web-service"),
            arguments: [
                "--host", "127.0.0.1", "--port", "0", "--coordinator-url", url(.orchestrator),
                "--draft-url", url(.draft), "--online-url", url(.online),
            ],
            logFolder: logFolder
        )
        rivals.withLock { $0.append(web) }
        try await web.start(failpoints: nil)
        try await eventually("the web service serves", within: .seconds(10)) {
            web.output("stdout").hasSuffix("\n") || !web.isRunning
        }
        let line = try #require(web.output("stdout").split(separator: "\n").first, "\(web.logTail)")
        return (web, String(line.dropFirst(ChildLife.servingPrefix.count)))
    }

    func process(_ role: ServerRole) -> ServerProcess {
        guard let process = processes[role] else { preconditionFailure("every role has a process") }
        return process
    }

    func dataDirectory(_ role: ServerRole) -> URL { directory.appendingPathComponent(role.rawValue) }

    func databasePath(_ role: ServerRole) -> String {
        dataDirectory(role).appendingPathComponent(role.databaseName).path
    }

    /// The quota ledgers in the test's own process, and their ports.
    var ledgers: [String: Int] { watched.withLock { $0 }.merging([quota.name: quota.port]) { own, _ in own } }

    /// Another ledger has come to life, to be checked like the first.
    func watch(participant name: String, at port: Int) { watched.withLock { $0[name] = port } }

    // MARK: Lives and deaths

    /// Starts a process and waits until it serves.
    func start(
        _ role: ServerRole,
        failpoints: String? = nil,
        environment: [String: String] = [:]
    ) async throws {
        try await process(role).start(failpoints: failpoints, lifeEnvironment: environment)
        try await waitUntilReady(role)
    }

    /// Starts all processes that do not run, and waits until they serve.
    func startAll() async throws {
        for role in ServerRole.allCases where !process(role).isRunning {
            try await process(role).start(failpoints: nil)
        }
        for role in ServerRole.allCases { try await waitUntilReady(role) }
    }

    func waitUntilReady(_ role: ServerRole) async throws {
        let process = process(role)
        try await eventually("\(role.rawValue) is ready", within: .seconds(10)) {
            guard process.isRunning else {
                let log = process.output("stderr")
                let isTaken = log.lowercased().contains("in use") && !log.lowercased().contains("directory")
                throw Unready(description: "\(role.rawValue) died at its start:\n\(log)", isPortTaken: isTaken)
            }
            return try await isReady(role)
        }
    }

    func isReady(_ role: ServerRole) async throws -> Bool {
        guard process(role).isRunning else { return false }
        do {
            return try await call(role, .get, "/readyz", timeout: .milliseconds(500)).status == 200
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            return false
        }
    }

    /// Kills a process as a loss of power would.
    func kill(_ role: ServerRole) async throws {
        process(role).signal(SIGKILL)
        try await process(role).waitForDeath()
    }

    /// Stops a process as its supervisor would.
    func stop(_ role: ServerRole) async throws {
        process(role).signal(SIGTERM)
        #expect(try await process(role).waitForDeath(within: .seconds(15)) == .init(exitCode: 0))
    }

    /// Kills a process and starts it anew.
    func restart(_ role: ServerRole, failpoints: String? = nil) async throws {
        try await kill(role)
        try await start(role, failpoints: failpoints)
    }

    /// Waits until a failpoint has killed a process, and notes what was decided until then.
    func waitForCrash(_ role: ServerRole) async throws {
        let death = try await process(role).waitForDeath()
        #expect(death == .init(signal: SIGKILL), "\(role.rawValue) died otherwise than by its failpoint")
        try await observeDecisions()
    }

    /// Ends everything that runs; for the end of a test, however it came.
    func tearDown() async {
        let all = ServerRole.allCases.map { process($0) } + rivals.withLock { $0 }
        for process in all { process.signal(SIGKILL) }
        for process in all where process.pid != nil {
            do { try await process.waitForDeath() } catch { Issue.record(error, "while tearing down") }
        }
        do {
            try await client.shutdown()
            try quota.store.close()
        } catch {
            Issue.record(error, "while tearing down")
        }
    }

    /// What the processes logged, for the message of a failure.
    var logTails: String {
        ServerRole.allCases.map { process($0).logTail }.filter { !$0.isEmpty }.joined(separator: "\n")
    }
}

/// Runs a scenario in a cluster of its own, and leaves nothing of it behind.
///
/// - Parameters:
///   - timeouts: the orchestrator's.
///   - otherParticipants: further participants' ports by name.
///   - isTraced: whether strace writes down what the processes do.
///   - shell: what a shell does in the process of a role before that begins.
///   - body: the scenario.
/// - Throws: what keeps the cluster from starting; what the scenario throws is recorded.
func withCluster(
    _ timeouts: Cluster.Timeouts = .init(),
    otherParticipants: [String: Int] = [:],
    isTraced: Bool = false,
    shell: [ServerRole: String] = [:],
    _ body: @escaping @Sendable (Cluster) async throws -> Void
) async throws {
    let most = 3
    for attempt in 1...most {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("tcc-end-to-end-\(UInt64.random(in: .min ... .max))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer {
            do { try FileManager.default.removeItem(at: directory) } catch { Issue.record(error, "while tearing down") }
        }
        let cluster = try await Cluster(
            timeouts: timeouts,
            otherParticipants: otherParticipants,
            directory: directory,
            isTraced: isTraced,
            shell: shell
        )
        let started = try await Cluster.$current.withValue(cluster) { () async throws -> Bool in
            try await cluster.run(isLastAttempt: attempt == most, body)
        }
        if started { return }
    }
}

extension Cluster {
    /// Starts, runs a scenario and tears down; false if another process took a port meanwhile.
    fileprivate func run(isLastAttempt: Bool, _ body: @escaping @Sendable (Cluster) async throws -> Void) async throws
        -> Bool
    {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.quota.run() }
            group.addTask { await Observer(cluster: self).run() }
            let result: Result<Bool, any Error>
            do {
                try await startAll()
                try await body(self)
                result = .success(true)
            } catch let error as Unready where error.isPortTaken && !isLastAttempt {
                result = .success(false)
            } catch is ExpectationFailedError {
                result = .success(true)  // recorded already
            } catch {
                // Recorded here, while the processes' logs are still there to be shown.
                Issue.record(error)
                result = .success(true)
            }
            group.cancelAll()
            while let ended = await group.nextResult() {
                if case .failure(let error) = ended, !(error is CancellationError) { Issue.record(error) }
            }
            await tearDown()
            return try result.get()
        }
    }
}
