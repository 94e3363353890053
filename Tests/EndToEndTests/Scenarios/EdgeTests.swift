import Foundation
import HTTPTypes
import Harness
import NIOCore
import Supervision
import TCC
import TCCHTTP
import Testing
import Verification

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension EndToEnd {
    /// What a process's surroundings do must hold up no publish: readers of its output, files, idle connections.
    @Suite(.serialized)
    struct EdgeTests {
        @Test func aPipeThatNobodyReadsHoldsUpNeitherAPublishNorAStop() async throws {
            // Both ends are the process's own, so it can be opened and is read by nobody.
            let shell = """
                mkfifo $$.out $$.err; exec 1<>$$.out 2<>$$.err; export LOG_LEVEL=trace
                head -c 65536 /dev/zero; head -c 65536 /dev/zero >&2
                """
            let shells = Dictionary(uniqueKeysWithValues: ServerRole.allCases.map { ($0, shell) })
            try await withCluster(shell: shells) { cluster in
                for _ in 0..<20 {
                    let answer = try await cluster.send(Request(.publishNew(.unique("Said to nobody"))))
                    #expect(answer?.status == 200)
                }
                for role in [ServerRole.orchestrator, .draft, .online] {
                    cluster.process(role).signal(SIGTERM)
                    #expect(try await cluster.process(role).waitForDeath().exitCode == 0)
                }
                try await cluster.startAll()
                try await cluster.checkInvariants()
            }
        }

        @Test func idleConnectionsLeaveFilesForTheRest() async throws {
            let limit = Dictionary(uniqueKeysWithValues: ServerRole.allCases.map { ($0, "ulimit -n 120") })
            try await withCluster(shell: limit) { cluster in
                let connections = try (0..<200).map { _ in try IdleConnection(port: cluster.ports[.online] ?? 0) }
                defer { for connection in connections { connection.close() } }
                for _ in 0..<20 {
                    // On a connection of its own: one that was kept may be closed for another at this moment, and then a
                    // client asks once more (RFC 9112, 9.3.1).
                    #expect(try IdleConnection.isHealthy(port: cluster.ports[.online] ?? 0))
                    #expect(try await cluster.send(Request(.publishNew(.unique("Among idlers"))))?.status == 200)
                }
                let notices = cluster.process(.online).output("stderr").components(separatedBy: "as many connections")
                #expect(notices.count == 2, "said once")
                try await cluster.checkInvariants()
            }
        }

        @Test func withoutFilesAServerWaitsAndIsThereAgainAtOnce() async throws {
            // Fewer files than the bound on connections leaves: the rest is taken by the shell.
            let files = "ulimit -n 120; i=10; while [ $i -lt 88 ]; do eval \"exec $i<>/dev/null\"; i=$((i+1)); done"
            try await withCluster(shell: [.online: files]) { cluster in
                let connections = try (0..<100).map { _ in try IdleConnection(port: cluster.ports[.online] ?? 0) }
                try await eventually("it has no file left", within: .seconds(20)) {
                    cluster.process(.online).output("stderr").contains("No connection can be accepted")
                }
                let before = try cluster.process(.online).processorTime()
                let clock = ContinuousClock()
                let start = clock.now
                // Not for a time, but for so many of its own rounds of waiting that spinning would show.
                try await Task.sleep(for: .seconds(2))
                let used = try cluster.process(.online).processorTime() - before
                #expect(used < (clock.now - start) / 4, "\(used)")
                for connection in connections { connection.close() }
                try await eventually("it answers again", within: .seconds(2)) {
                    do { return try await cluster.call(.online, .get, "/healthz").status == 200 } catch { return false }
                }
            }
        }

        @Test func anAddressOfIPv6IsPrintedAsAURL() async throws {
            try await withCluster { cluster in
                let port = FreePorts.choose(1)[0]
                let other = try cluster.rival(of: .online, port: port, dataFolder: "another", host: "::1")
                try await other.start(failpoints: nil)
                try await eventually("it says where it listens", within: .seconds(10)) {
                    other.output("stdout").contains("listening on http://[::1]:\(port)\n")
                }
            }
        }
    }
}

/// A connection that says nothing.
struct IdleConnection {
    struct Refused: Error {}

    private let file: Int32

    init(port: Int) throws {
        file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            close()
            throw Refused()
        }
    }

    func close() { _ = systemClose(file) }

    /// Whether a server answers a new connection's request for its health with 200.
    static func isHealthy(port: Int) throws -> Bool {
        let connection = try IdleConnection(port: port)
        defer { connection.close() }
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(connection.file, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let request = Array("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        guard write(connection.file, request, request.count) == request.count else { return false }
        var answer = [UInt8](repeating: 0, count: 256)
        let count = read(connection.file, &answer, answer.count)
        return count > 0 && String(decoding: answer[..<count], as: UTF8.self).hasPrefix("HTTP/1.1 200")
    }
}

/// `close(2)`, by a name that ``IdleConnection`` does not have itself.
private func systemClose(_ file: Int32) -> Int32 { close(file) }

extension ServerProcess {
    /// The processor time that it has used.
    func processorTime() throws -> Duration {
        let text = try String(contentsOfFile: "/proc/\(pid ?? 0)/stat", encoding: .utf8)
        // After the name, which is in brackets; ticks are hundredths of a second on Linux.
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        return .milliseconds(10 * fields[11...12].compactMap { Int($0) }.reduce(0, +))
    }
}
