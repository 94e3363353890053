#if os(Linux)
import Foundation
import Harness
import Supervision
import Synchronization
import Testing

@Suite("What a process is given by the system is taken away", .timeLimit(.minutes(1)))
struct ExhaustionTests {
    /// Runs something with a process that waits until its standard input ends, and says what it reads.
    private func withChild(_ body: (ChildLife, Int32) async throws -> Void) async throws {
        try await Children.with { children in
            let life = ChildLife(ChildCommand(name: "cat", program: "cat"))
            children.start(life)
            try await eventually("it lives") { life.pid != nil }
            try await body(life, try #require(life.pid))
            life.signal(SIGKILL)
        }
    }

    @Test("Nobody reads, and the pipe stays full; somebody does, and it does not")
    func output() async throws {
        try await withChild { life, pid in
            let pipe = OutputPipe(pid: pid)
            life.readOutput(false)
            try await eventually("the pipe is full") { pipe.fill() }
            #expect(pipe.fill())
            life.readOutput(true)
            try await eventually("it is read again") { !pipe.fill() }
            try await eventually("its fillers are known") { life.tail.contains(where: OutputPipe.isFiller) }
            #expect(!OutputPipe.isFiller("listening on http://127.0.0.1:1"))
        }
    }

    @Test("A process that lives opens no more than it may, and as before afterwards")
    func descriptors() async throws {
        guard await DescriptorLimit.isAvailable() else { return }
        try await withChild { _, pid in
            let limit = DescriptorLimit(pid: pid)
            let before = try #require(limit.soft)
            let open = try #require(limit.open.max())
            #expect(limit.leaving(0) == 2 * (open + 1))
            #expect(limit.leaving(3) == 2 * (open + 1) + 3)
            #expect(await limit.set(open + 1))
            #expect(limit.soft == open + 1)
            #expect(try #require(limit.processorTime) < .seconds(10))
            #expect(await limit.set(before))
            #expect(limit.soft == before)
        }
    }

    @Test("A process of a gone one has no limit that could be set")
    func gone() async {
        let limit = DescriptorLimit(pid: .max)
        #expect(limit.soft == nil)
        #expect(limit.processorTime == nil)
        #expect(limit.open.isEmpty)
        #expect(await !limit.set(10))
        #expect(!OutputPipe(pid: .max).fill())
    }

    /// Resolves a name as a process of the run does.
    private func resolve(_ name: String, _ server: NameServer) async -> ChildCommand.Ended {
        await ChildCommand(
            name: "getent",
            program: server.wrapper[0],
            arguments: server.wrapper.dropFirst() + ["getent", "hosts", name]
        )
        .runToItsEnd()
    }

    @Test("A name resolves for the processes as the name server says")
    func names() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "names-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // `try?`: a test's end has nobody to tell
        // `try?`: not every user may have port 53 and a mount namespace; then `chaos run` says so.
        guard let server = try? await NameServer(in: folder) else { return }
        let link = Link(from: .orchestrator, to: .quota)
        #expect(await resolve(link.name, server).output.hasPrefix("127.0.0.1 "))
        let felt = Mutex(0)
        server.begin(1, .unknown, [link.name]) { felt.withLock { $0 += 1 } }
        #expect(await resolve(link.name, server).death == .exited(2))
        #expect(felt.withLock { $0 } == 1)
        #expect(await resolve(Link(from: .orchestrator, to: .draft).name, server).death == .exited(0))
        server.begin(1, .late, [link.name])
        #expect(await resolve(link.name, server).death == .exited(0))
        server.begin(1, .silent, [link.name]) { server.end(1) }
        // The resolver asks again.
        #expect(await resolve(link.name, server).death == .exited(0))
        await server.stop()
    }
}
#endif
