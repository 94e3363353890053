import Foundation
import Hosting
import Supervision
import Synchronization
import TCC
import TCCHTTP
import TCCStorage

/// The processes of a demo, in a folder of their own, on ports of their own.
final class DemoStage: Sendable {
    private static let longestStart = Duration.seconds(10)
    private static let longestDying = Duration.seconds(5)

    /// Where the services are.
    let addresses: ServiceAddresses
    /// Where the pages are.
    let pagesURL: String
    /// Clocks and chance.
    let world: World
    private let folder: String
    private let ports: [OwnProgram: Int]
    private let children: Children
    private let lives = Mutex<[OwnProgram: ChildLife]>([:])
    private let crashes = Mutex(0)

    /// How many processes died at a failpoint.
    var deaths: Int { crashes.withLock { $0 } }

    /// Sets the stage; starts nothing.
    ///
    /// - Parameters:
    ///   - folder: an empty folder.
    ///   - children: starts the processes.
    ///   - world: clocks and chance.
    /// - Throws: what keeps the secret from being written.
    init(folder: String, children: Children, world: World) throws {
        let ports = FreePorts.choose(OwnProgram.allCases.count)
        self.ports = Dictionary(uniqueKeysWithValues: zip(OwnProgram.allCases, ports))
        self.folder = folder
        self.children = children
        self.world = world
        let secret = "\(folder)/secret"
        _ = try SharedSecret.readOrCreate(secret)
        let urls = self.ports.mapValues { "http://127.0.0.1:\($0)" }
        self.pagesURL = urls[.web] ?? ""
        var flags: [ServiceName: String] = [:]
        flags[.orchestrator] = urls[.orchestrator]
        flags[.draft] = urls[.draft]
        flags[.online] = urls[.online]
        self.addresses = try ServiceAddresses(flags: flags, secretFile: secret, environment: [:])
    }

    /// Starts a process and waits until it serves.
    ///
    /// - Parameters:
    ///   - program: which.
    ///   - failpoints: where it is to die or pause (`TCC_FAILPOINTS`).
    /// - Throws: a ``CommandFailure`` if it does not serve.
    func start(_ program: OwnProgram, failpoints: String? = nil) async throws {
        var environment: [String: String?] = Dictionary(uniqueKeysWithValues: HostSettings.variables.map { ($0, nil) })
        environment["TCC_FAILPOINTS"] = .some(failpoints)
        environment[HostSettings.stopWithStandardInput] = "1"
        let life = ChildLife(program.child(flags(of: program), environment: environment, folder: folder))
        lives.withLock { $0[program] = life }
        children.start(life)
        guard try await life.serving.value(within: Self.longestStart, sleep: world.sleep) ?? nil != nil else {
            throw CommandFailure(
                .refused,
                "\(program.rawValue) does not start: \(life.tail.last ?? "it says nothing")."
            )
        }
    }

    /// Kills a process, as a loss of power would.
    func kill(_ program: OwnProgram) async throws {
        lives.withLock { $0[program] }?.signal(SIGKILL)
        _ = try await end(of: program)
    }

    /// Waits for a process to die at its failpoint.
    ///
    /// - Returns: when it did.
    /// - Throws: a ``CommandFailure`` if it lives on.
    func dead(_ program: OwnProgram) async throws -> Timestamp {
        let moment = try await end(of: program)
        crashes.withLock { $0 += 1 }
        return moment
    }

    private func end(of program: OwnProgram) async throws -> Timestamp {
        let life = lives.withLock { $0[program] }
        guard try await life?.death.value(within: Self.longestDying, sleep: world.sleep) != nil else {
            throw CommandFailure(.refused, "\(program.rawValue) did not die when it was to.")
        }
        return world.wallClock()
    }

    /// What the processes wrote last, for somebody who has to find out why the demo failed.
    var logs: [String] {
        lives.withLock { lives in
            OwnProgram.allCases.flatMap { program in
                (lives[program]?.tail ?? []).map { "\(program.rawValue) | \($0)" }
            }
        }
    }

    private func flags(of program: OwnProgram) -> [String] {
        let port = ["--port", String(ports[program] ?? 0)]
        let shared = port + ["--data-dir", "\(folder)/\(program.rawValue)", "--secret-file", addresses.secretFile]
        let urls = ["--draft-url", addresses[.draft], "--online-url", addresses[.online]]
        switch program {
        case .draft, .online: return shared + ["--coordinator-url", addresses[.orchestrator]]
        case .orchestrator:
            // Nobody likes to watch a caller wait.
            return shared + urls + ["--answer-timeout", "0.3", "--development-sign-in"]
        case .web: return port + urls + ["--coordinator-url", addresses[.orchestrator], "--development-sign-in"]
        }
    }
}
