import Foundation
import HTTPTypes
import Harness
import NIOCore
import Synchronization
import Supervision
import TCC
import TCCHTTP
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Whichever processes a scenario adds, over one temporary directory with a secret in it.
final class Workbench: Sendable {
    /// Ports to listen at.
    let ports = FreePorts.choose(3)
    private let folder: URL
    private let authority: TokenAuthority
    private let client = JSONClient(connectionsPerHost: 8)
    private let processes = Mutex<[String: ServerProcess]>([:])

    private init(folder: URL, secret: Data) async {
        self.folder = folder
        self.authority = await TokenAuthority(secret: secret, subject: "end-to-end-tests")
    }

    /// Runs a scenario and leaves nothing of it behind.
    static func run(_ body: (Workbench) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("tcc-examples-\(UInt64.random(in: .min ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer {
            do { try FileManager.default.removeItem(at: folder) } catch { Issue.record(error, "while tearing down") }
        }
        let secret = Data((0..<32).map { _ in UInt8.random(in: UInt8(ascii: "a")...UInt8(ascii: "z")) })
        try secret.write(to: folder.appendingPathComponent("secret"))
        let workbench = await Workbench(folder: folder, secret: secret)
        let all = { workbench.processes.withLock { Array($0.values) } }
        do {
            try await body(workbench)
        } catch {
            Issue.record(error, "\(all().map(\.logTail).joined(separator: "\n"))")
        }
        for process in all() { process.signal(SIGKILL) }
        for process in all() where process.pid != nil { try await process.waitForDeath() }
        try await workbench.client.shutdown()
    }

    /// Adds a process, configured by its environment.
    ///
    /// - Parameters:
    ///   - name: what the scenario calls it; also its data directory.
    ///   - executable: what it is.
    ///   - arguments: its arguments.
    ///   - port: where it listens.
    ///   - coordinator: where its coordinator listens, if it has one.
    ///   - environment: further variables.
    /// - Throws: an error if there is no such executable.
    func add(
        _ name: String,
        _ executable: String,
        _ arguments: [String] = [],
        port: Int,
        coordinator: Int? = nil,
        environment: [String: String] = [:]
    ) throws {
        var environment = environment
        environment["PORT"] = "\(port)"
        environment["DATA_DIR"] = folder.appendingPathComponent(name).path
        environment["SECRET_FILE"] = folder.appendingPathComponent("secret").path
        environment["COORDINATOR_URL"] = coordinator.map { "http://127.0.0.1:\($0)" }
        let process = ServerProcess(
            name: name,
            executable: try BuildFolder.executable(executable),
            arguments: arguments,
            environment: environment,
            logFolder: folder
        )
        processes.withLock { $0[name] = process }
    }

    func process(_ name: String) throws -> ServerProcess {
        try #require(processes.withLock { $0[name] })
    }

    /// Starts a process and waits until it serves.
    func start(_ name: String, at port: Int, failpoints: String? = nil) async throws {
        let process = try process(name)
        try await process.start(failpoints: failpoints)
        try await eventually("\(name) is ready", within: .seconds(10)) {
            guard process.isRunning else { throw ServerProcess.Misuse(description: "\(name) died at its start") }
            do { return try await call(port, .get, "/readyz").status == 200 } catch { return false }
        }
    }

    /// Stops a process as its supervisor would.
    func stop(_ name: String) async throws {
        try process(name).signal(SIGTERM)
        #expect(try await process(name).waitForDeath() == .init(exitCode: 0))
    }

    /// Makes one call.
    func call(
        _ port: Int,
        _ method: HTTPRequest.Method,
        _ path: String,
        as caller: Caller? = nil,
        headers: [(String, String)] = [],
        body: ByteBuffer? = nil
    ) async throws -> Answer {
        var token: String?
        if let caller { token = try await authority.issue(for: caller, lifetime: .seconds(300)) }
        let url = "http://127.0.0.1:\(port)\(path)"
        let answer = try await client.call(
            method,
            url,
            token: token,
            headers: headers,
            body: body,
            timeout: .seconds(10)
        )
        return Answer(answer)
    }

    func post(_ port: Int, _ path: String, _ body: String, as caller: Caller, key: String? = nil) async throws -> Answer
    {
        let headers = key.map { [("Idempotency-Key", $0)] } ?? []
        return try await call(port, .post, path, as: caller, headers: headers, body: ByteBuffer(string: body))
    }

    /// An author's account, as a quota ledger shows it.
    struct Account: Decodable, Equatable {
        var granted: Int
        var spent: Int
        var held: Int
    }

    /// Ann's account.
    func account(_ port: Int) async throws -> Account {
        try #require(try await call(port, .get, "/v1/accounts/ann", as: .anOperator).decode(Account.self))
    }

    /// Lets Ann spend more.
    func grant(_ port: Int, _ posts: Int) async throws -> Answer {
        try await post(port, "/v1/grants", #"{"author": "ann", "posts": \#(posts)}"#, as: .anOperator)
    }
}
