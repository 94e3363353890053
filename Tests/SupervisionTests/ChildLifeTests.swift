import Foundation
import Supervision
import Synchronization
import TCC
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

@Suite("Lives of child processes", .timeLimit(.minutes(1)))
struct ChildLifeTests {
    private static func shell(_ script: String, environment: [String: String?] = [:]) -> ChildCommand {
        ChildCommand(name: "shell", program: "sh", arguments: ["-c", script], environment: environment)
    }

    @Test("Its lines, its last words and its exit code are known")
    func lines() async {
        let lines = Mutex<[String]>([])
        let life = ChildLife(Self.shell("echo out; echo err >&2; printf rest; exit 3")) { line in
            lines.withLock { $0.append(line) }
        }
        #expect(await life.run() == .exited(3))
        #expect(lines.withLock { $0 } == ["out", "err", "rest"])
        #expect(life.tail == ["out", "err", "rest"])
        #expect(life.pid == nil)
    }

    @Test("It serves once it says so, and not if it dies without")
    func serving() async throws {
        let life = ChildLife(Self.shell("echo listening on it; exec sleep 30"))
        try await Children.with { (children) async throws in
            children.start(life)
            #expect(try await life.serving.value() == "it")
            life.signal(SIGTERM)
            #expect(try await life.death.value() == .killed(signal: SIGTERM))
        }
        let mute = ChildLife(Self.shell("exit 0"))
        #expect(await mute.run() == .exited(0))
        let served = try await mute.serving.value()
        #expect(served == nil)
    }

    @Test("What a task started has ended when it returns")
    func children() async throws {
        let life = ChildLife(Self.shell("echo listening on it; exec sleep 30"))
        let pid = try await Children.with { (children) async throws -> Int32 in
            children.start(life)
            #expect(try await life.serving.value() == "it")
            return try #require(life.pid)
        }
        #expect(kill(pid, 0) == -1 && errno == ESRCH)
        #expect(try await life.death.value() == .killed(signal: SIGKILL))
    }

    @Test("Variables are set and taken away")
    func environment() async {
        let life = ChildLife(Self.shell("echo ${HOME-none} $ADDED", environment: ["HOME": nil, "ADDED": "x y"]))
        await life.run()
        #expect(life.tail == ["none x y"])
    }

    @Test("A program that is not there says so")
    func missing() async throws {
        let life = ChildLife(ChildCommand(name: "none", program: "/there/is/none"))
        guard case .notStarted = await life.run() else {
            Issue.record("it ended otherwise")
            return
        }
        let entry = try #require(try Procfile("none: /there/is/none").entries.first)
        let named = ChildLife(entry.child(environment: [:], folder: "/"))
        #expect(await named.run() == .exited(127))
    }

    @Test("A Procfile's command is the child itself, with its words and variables")
    func procfileCommand() async throws {
        let entry = try #require(try Procfile("a: WORD='a b' printenv WORD").entries.first)
        let life = ChildLife(entry.child(environment: [:], folder: "/"))
        #expect(await life.run() == .exited(0))
        #expect(life.tail == ["a b"])
    }

    @Test("Ctrl-C at the terminal does not reach it: it is in a process group of its own")
    func processGroup() async throws {
        let life = ChildLife(Self.shell("echo listening on it; exec sleep 30"))
        try await Children.with { (children) async throws in
            children.start(life)
            #expect(try await life.serving.value() == "it")
            let pid = try #require(life.pid)
            #expect(getpgid(pid) == pid)
        }
    }
}
