package import Foundation
package import HTTPTypes
import Hosting
package import NIOCore
package import Supervision
import Synchronization
import TCC
package import TCCHTTP
import TCCStorage

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Why a run cannot begin or go on; one line for people.
package struct HarnessFailure: Error, Hashable, CustomStringConvertible, CommandEntry.Coded {
    /// The command line, or what it names on this machine, is wrong.
    package static let usage: Int32 = 2
    /// Nothing can be said of what was to be tried.
    package static let unknown: Int32 = 3

    /// What the command's exit code says.
    package var exitCode: Int32
    /// The line.
    package var description: String

    /// Makes a failure.
    ///
    /// - Parameters:
    ///   - exitCode: what the command's exit code says.
    ///   - description: the line.
    package init(_ exitCode: Int32, _ description: String) {
        self.exitCode = exitCode
        self.description = description
    }
}

/// The real processes, in a folder of their own, on ports of their own, perhaps with proxies between them.
package final class Stack: Sendable {
    /// How long the processes wait for each other.
    package struct Times: Hashable, Sendable {
        /// How long the branches are tried.
        package var tryTimeout = Duration.seconds(1)
        /// How long a caller waits after the decision.
        package var answerTimeout = Duration.milliseconds(800)
        /// When a call is given up.
        package var callTimeout = Duration.milliseconds(300)
        /// What is added to the try timeout to make a try's deadline.
        package var deadlineMargin = Duration.milliseconds(500)
        /// How long what has ended is remembered.
        package var retention = Duration.seconds(86_400)
        /// How long the orchestrator remembers it.
        package var journalRetention = Duration.seconds(86_400)

        /// Short, as somebody wants them who waits for failures all the time.
        package init() {}
    }

    /// Longer than any clock is wrong.
    private static let tokenLifetime = Duration.seconds(30 * 86_400)
    private static let longestStart = Duration.seconds(10)
    private static let longestDying = Duration.seconds(5)

    /// Where everything is.
    package let folder: URL
    /// What the processes wait for each other.
    package let times: Times
    /// Makes the harness's own calls.
    package let client = JSONClient(connectionsPerHost: 128)
    /// Issues its tokens.
    package let authority: TokenAuthority
    /// Between the processes; empty if they call each other directly.
    package let proxies: [Proxy]
    /// Resolves their names; nil if they call each other by address.
    let names: NameServer?
    private let logLevel: String
    private let ports: [Party: Int]
    private let children: Children
    private let environment: [Party: [String: String?]]
    private let lives = Mutex<[Party: (life: ChildLife, pid: Int32?)]>([:])

    /// Sets the stage; starts nothing.
    ///
    /// - Parameters:
    ///   - folder: an empty folder.
    ///   - children: starts the processes.
    ///   - times: how long they wait for each other.
    ///   - proxySeed: where the chance of the proxies comes from; nil for no proxies.
    ///   - names: resolves the names by which they call each other; nil if they do so by address.
    ///   - logLevel: from which level on they log.
    ///   - environment: further variables of each process.
    /// - Throws: a ``HarnessFailure`` if a program is missing, or what keeps the secret from being written.
    package init(
        folder: URL,
        children: Children,
        times: Times = Times(),
        proxySeed: UInt64? = nil,
        names: NameServer? = nil,
        logLevel: String = "warning",
        environment: [Party: [String: String?]] = [:]
    ) async throws {
        try Self.checkPrograms()
        self.folder = folder
        self.times = times
        self.children = children
        self.names = names
        self.logLevel = logLevel
        self.environment = environment
        let secretFile = folder.appending(path: "secret").path(percentEncoded: false)
        self.authority = await TokenAuthority(secret: try SharedSecret.readOrCreate(secretFile), subject: "chaos")
        let free = FreePorts.choose(Party.allCases.count + (proxySeed == nil ? 0 : Link.all.count))
        let ports = Dictionary(uniqueKeysWithValues: zip(Party.allCases, free))
        self.ports = ports
        self.proxies =
            proxySeed.map { seed in
                var seeds = SplitMix64(seed: seed)
                return zip(Link.all, free.dropFirst(Party.allCases.count))
                    .map { link, port in
                        Proxy(link, port: port, targetPort: ports[link.to] ?? 0, seed: seeds.next())
                    }
            } ?? []
    }

    private static func checkPrograms() throws {
        for party in Party.allCases {
            let path = OwnPrograms.path(party.rawValue)
            guard FileManager.default.isExecutableFile(atPath: path) else {
                throw HarnessFailure(
                    HarnessFailure.usage,
                    "there is no program '\(path)'; build all of them with: swift build -c release"
                )
            }
        }
    }

    // MARK: Addresses

    private static func url(_ port: Int?) -> String { "http://127.0.0.1:\(port ?? 0)" }

    /// A process's own URL.
    ///
    /// - Parameter party: which.
    /// - Returns: its URL, without a proxy.
    package func url(_ party: Party) -> String { Self.url(ports[party]) }

    /// The URL by which one calls another.
    ///
    /// - Parameter link: who calls whom.
    /// - Returns: the proxy's, if there is one.
    package func url(_ link: Link) -> String {
        guard let proxy = proxies.first(where: { $0.link == link }) else { return url(link.to) }
        // The clients are of this process, which asks another name server.
        return names == nil || link.from == nil ? proxy.url : "http://\(link.name):\(proxy.port)"
    }

    /// A process's own port.
    ///
    /// - Parameter party: which.
    /// - Returns: where it listens itself.
    func port(_ party: Party) -> Int { ports[party] ?? 0 }

    /// A process's data.
    ///
    /// - Parameter party: which.
    /// - Returns: its data directory.
    package func dataDirectory(_ party: Party) -> URL { folder.appending(path: party.rawValue) }

    /// A process's database.
    ///
    /// - Parameter party: which.
    /// - Returns: its file.
    package func database(_ party: Party) -> URL { dataDirectory(party).appending(path: party.databaseName) }

    /// Everybody's databases.
    package var databases: Databases {
        var participants: [String: URL] = [:]
        for party in Party.participants { participants[party.branch ?? ""] = database(party) }
        return Databases(journal: database(.orchestrator), participants: participants)
    }

    /// What readers and authors see of both libraries.
    package var libraries: Libraries {
        Libraries(client: client, authority: authority, draftURL: url(.draft), onlineURL: url(.online))
    }

    // MARK: Lives

    /// A process's life, or its last one.
    ///
    /// - Parameter party: which.
    /// - Returns: nil if it was never started.
    package func life(_ party: Party) -> ChildLife? { lives.withLock { $0[party]?.life } }

    /// Begins a life.
    ///
    /// - Parameters:
    ///   - party: whose.
    ///   - failpoints: where it is to die or pause.
    /// - Returns: the life, as soon as there is a process or it is certain that there will be none.
    /// - Throws: `CancellationError`.
    @discardableResult
    package func begin(_ party: Party, failpoints: String? = nil) async throws -> ChildLife {
        var environment: [String: String?] = Dictionary(uniqueKeysWithValues: HostSettings.variables.map { ($0, nil) })
        environment[HostSettings.stopWithStandardInput] = "1"
        environment["SWIFT_BACKTRACE"] = "enable=no"
        environment["TCC_FAILPOINTS"] = .some(failpoints)
        environment.merge(self.environment[party] ?? [:]) { _, own in own }
        if party == .quota {
            environment["PORT"] = "\(ports[party] ?? 0)"
            environment["DATA_DIR"] = dataDirectory(party).path(percentEncoded: false)
            environment["SECRET_FILE"] = folder.appending(path: "secret").path(percentEncoded: false)
            environment["COORDINATOR_URL"] = url(Link(from: .quota, to: .orchestrator))
        }
        let program = OwnPrograms.path(party.rawValue)
        let wrapper = names?.wrapper ?? []
        // A library that is loaded before the program, and sets a variable of its own, hides the arguments from a Swift
        // program, which looks for them beside the environment; `env` takes that upon itself and becomes the program.
        let isPreloaded = environment["LD_PRELOAD"] != nil
        let words = wrapper + (isPreloaded && wrapper.isEmpty ? ["/usr/bin/env"] : []) + [program] + arguments(party)
        let life = ChildLife(
            ChildCommand(
                name: party.rawValue,
                program: words[0],
                arguments: Array(words.dropFirst()),
                environment: environment,
                folder: folder.path(percentEncoded: false)
            )
        )
        lives.withLock { $0[party] = (life, nil) }
        children.start(life)
        while life.pid == nil, !life.death.isFulfilled { try await Task.sleep(for: .milliseconds(1)) }
        if let pid = life.pid {
            lives.withLock { $0[party] = (life, pid) }
            Watchdog.shared.watch(pid)
        }
        return life
    }

    private func arguments(_ party: Party) -> [String] {
        // It has no flags; but whoever lists processes sees whose it is.
        guard party != .quota else { return [dataDirectory(party).path(percentEncoded: false)] }
        func seconds(_ duration: Duration) -> String { "\(duration / .seconds(1))" }
        let shared = [
            "--host", "127.0.0.1", "--port", "\(ports[party] ?? 0)", "--retention",
            seconds(party == .orchestrator ? times.journalRetention : times.retention),
            "--secret-file", folder.appending(path: "secret").path(percentEncoded: false), "--data-dir",
            dataDirectory(party).path(percentEncoded: false), "--log-level", logLevel,
        ]
        guard party == .orchestrator else {
            return shared + ["--coordinator-url", url(Link(from: party, to: .orchestrator))]
        }
        func target(_ party: Party) -> String { url(Link(from: .orchestrator, to: party)) }
        return ["serve"] + shared + [
            "--draft-url", target(.draft), "--online-url", target(.online), "--participant", "quota=\(target(.quota))",
            "--try-timeout", seconds(times.tryTimeout), "--answer-timeout", seconds(times.answerTimeout),
            "--call-timeout", seconds(times.callTimeout), "--deadline-margin", seconds(times.deadlineMargin),
        ]
    }

    /// Whether a process serves at this moment.
    ///
    /// - Parameter party: which.
    /// - Returns: whether it says so.
    /// - Throws: `CancellationError`.
    package func isReady(_ party: Party) async throws -> Bool {
        do {
            let answer = try await client.call(.get, url(party) + "/readyz", token: nil, timeout: .milliseconds(500))
            return answer.status == 200
        } catch {
            try Task.checkCancellation()
            return false
        }
    }

    /// Whether a process answers at this moment, ready or not.
    ///
    /// - Parameter party: which.
    /// - Returns: whether it does.
    /// - Throws: `CancellationError`.
    func isAlive(_ party: Party) async throws -> Bool {
        do {
            _ = try await client.call(.get, url(party) + "/healthz", token: nil, timeout: .milliseconds(500))
            return true
        } catch {
            try Task.checkCancellation()
            return false
        }
    }

    /// Starts a process and waits until it serves.
    ///
    /// - Parameters:
    ///   - party: which.
    ///   - failpoints: where it is to die or pause.
    /// - Returns: how long that took.
    /// - Throws: a ``HarnessFailure`` if it does not.
    @discardableResult
    package func start(_ party: Party, failpoints: String? = nil) async throws -> Duration {
        let start = ContinuousClock.now
        let life = try await begin(party, failpoints: failpoints)
        do {
            try await eventually("\(party.rawValue) serves", within: Self.longestStart, every: .milliseconds(3)) {
                if life.death.isFulfilled {
                    let last = life.tail.last ?? "it says nothing"
                    throw HarnessFailure(HarnessFailure.unknown, "\(party.rawValue) does not start: \(last)")
                }
                return try await isReady(party)
            }
        } catch let late as NotInTime {
            throw HarnessFailure(HarnessFailure.unknown, "\(late)")
        }
        return ContinuousClock.now - start
    }

    /// Waits for a process's death.
    ///
    /// - Parameters:
    ///   - party: whose.
    ///   - limit: for how long.
    /// - Returns: how it died; nil if it lives on.
    /// - Throws: `CancellationError`.
    package func death(of party: Party, within limit: Duration = longestDying) async throws -> Death? {
        guard let life = life(party) else { return nil }
        let death = try await life.death.value(within: limit) { try await Task.sleep(for: $0) }
        if death != nil { bury(party) }
        return death
    }

    /// Kills a process, as a loss of power would.
    ///
    /// - Parameter party: which.
    /// - Throws: a ``HarnessFailure`` if it lives on.
    package func kill(_ party: Party) async throws {
        guard let life = life(party) else { return }
        life.signal(SIGKILL)
        guard try await death(of: party) != nil else {
            throw HarnessFailure(HarnessFailure.unknown, "\(party.rawValue) was killed and lives on")
        }
    }

    /// Kills all processes and closes the connections; for the end, however it came.
    ///
    /// - Throws: what keeps the connections from being closed.
    package func shutDown() async throws {
        for party in Party.allCases {
            life(party)?.signal(SIGKILL)
            bury(party)
        }
        try await client.shutdown()
    }

    /// Nobody needs to end this process any more; what a library leaves of it is removed.
    ///
    /// - Parameter party: whose life has ended.
    func bury(_ party: Party) {
        guard let pid = lives.withLock({ $0[party]?.pid }) else { return }
        Watchdog.shared.forget(pid)
        #if os(Linux)
        // libfaketime, where it is used: it cannot clean up after a killed process.
        for name in ["faketime_shm_\(pid)", "sem.faketime_sem_\(pid)"] { unlink("/dev/shm/\(name)") }
        #endif
    }

    /// What the processes wrote last, for somebody who has to find out what went wrong.
    package var logs: [String] {
        Party.allCases.flatMap { party in
            (life(party)?.tail.filter { !OutputPipe.isFiller($0) }.suffix(8) ?? []).map { "\(party.rawValue) | \($0)" }
        }
    }

    // MARK: Calls

    /// Makes one call.
    ///
    /// - Parameters:
    ///   - base: whom to call, as a URL.
    ///   - method: the method.
    ///   - path: the path.
    ///   - caller: who calls; nil for no token.
    ///   - headers: further headers.
    ///   - body: the body.
    ///   - timeout: when to give up.
    /// - Returns: the answer.
    /// - Throws: whatever the network met.
    package func call(
        _ base: String,
        _ method: HTTPRequest.Method,
        _ path: String,
        as caller: Caller?,
        headers: [(String, String)] = [],
        body: ByteBuffer? = nil,
        timeout: Duration
    ) async throws -> Answer {
        var token: String?
        if let caller { token = try await authority.issue(for: caller, lifetime: Self.tokenLifetime) }
        return Answer(
            try await client.call(method, base + path, token: token, headers: headers, body: body, timeout: timeout)
        )
    }
}

extension Caller {
    /// Whoever runs the processes.
    package static let anOperator = Caller(subject: "operator", role: .operator)

    /// An author.
    ///
    /// - Parameter name: the author's name.
    /// - Returns: the author.
    package static func author(_ name: String) -> Caller { Caller(subject: name, role: .author) }
}
