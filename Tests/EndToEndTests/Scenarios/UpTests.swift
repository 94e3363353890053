import Foundation
import Harness
import Supervision
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension EndToEnd {
    /// `orchestrator up`, as somebody at a terminal runs it.
    @Suite(.serialized)
    struct UpTests {
        /// Three ports, and a Procfile that names them, in a folder of its own.
        private struct Site {
            var folder: URL
            var ports: [Int]

            init(_ folder: URL) throws {
                self.folder = folder
                self.ports = FreePorts.choose(3)
                let programs = try ["draft-service", "online-service", "orchestrator"]
                    .map { try BuildFolder.executable($0).path }
                let coordinator = "--coordinator-url http://127.0.0.1:\(ports[2])"
                try write(
                    "Procfile",
                    """
                    draft-service: '\(programs[0])' --port \(ports[0]) \(coordinator)
                    online-service: '\(programs[1])' --port \(ports[1]) \(coordinator)
                    orchestrator: '\(programs[2])' serve --port \(ports[2]) --draft-url http://127.0.0.1:\(ports[0]) \
                    --online-url http://127.0.0.1:\(ports[1])
                    """
                )
            }

            func write(_ name: String, _ text: String) throws {
                try Data((text + "\n").utf8).write(to: folder.appendingPathComponent(name))
            }
        }

        private func up(
            _ arguments: [String] = [],
            in site: Site,
            environment: [String: String?] = [:],
            waitsForNone: Bool = true,
            _ body: (PseudoTerminal) async throws -> Void
        ) async throws {
            try await withTerminal(
                try BuildFolder.executable("orchestrator"),
                ["up"] + arguments,
                environment: environment,
                directory: site.folder,
                size: .init(columns: 200, rows: 40)
            ) { try await body($0) }
            guard waitsForNone else { return }
            try await eventually("no process is left", within: .seconds(15)) {
                // The services name the orchestrator's port, the orchestrator names the draft service's.
                for port in site.ports {
                    if try await !LeftBehind.processes(naming: "http://127.0.0.1:\(port)").isEmpty { return false }
                }
                return true
            }
        }

        private func pid(of name: String, in output: String) throws -> Int32 {
            let line = try #require(
                output.split(whereSeparator: \.isNewline).last { $0.contains("\(name) is running on") }
            )
            let digits = try #require(line.split(separator: "(pid ").last).prefix { $0.isNumber }
            return try #require(Int32(digits))
        }

        @Test(.timeLimit(.minutes(1)))
        func itStartsThreeBringsBackOneThatDiesAndStopsOnCtrlC() async throws {
            try await withFolder { folder in
                let site = try Site(folder)
                try await up(["--log-level", "debug"], in: site) { terminal in
                    try await terminal.wait(for: "All are running")
                    try await terminal.wait(for: "transactions watch")
                    let victim = try pid(of: "online-service", in: terminal.output)
                    kill(victim, SIGKILL)
                    try await terminal.wait(for: "online-service died (killed by signal 9); starting it again in")
                    try await terminal.wait("it is back") { (try? pid(of: "online-service", in: $0)) != victim }
                    #expect(terminal.output.components(separatedBy: "All are running").count == 2, "said once")
                    #expect(terminal.output.contains("\u{1B}[36mdraft-service "), "each process has its colour")
                    terminal.send(PseudoTerminal.interrupt)
                    let death = try await terminal.waitForExit(within: .seconds(20))
                    #expect(death == .init(exitCode: 0))
                    #expect(terminal.output.contains("draft-service has stopped"))
                }
                let names = try FileManager.default.contentsOfDirectory(
                    atPath: folder.appendingPathComponent("data").path
                )
                #expect(names.sorted() == ["draft-service", "lock", "online-service", "orchestrator", "secret"])
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func itStopsOnSIGTERMAndItsProcessesEndWhenItIsKilled() async throws {
            try await withFolder { folder in
                let site = try Site(folder)
                try await up(in: site, environment: ["NO_COLOR": "1"]) { terminal in
                    try await terminal.wait(for: "All are running")
                    #expect(!terminal.output.contains("\u{1B}["))
                    terminal.signal(SIGTERM)
                    let death = try await terminal.waitForExit(within: .seconds(20))
                    #expect(death == .init(exitCode: 0))
                }
                try await up(in: site) { terminal in
                    try await terminal.wait(for: "All are running")
                    terminal.signal(SIGKILL)
                    try await terminal.waitForExit()
                }
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func aPortInUseIsOneClearLine() async throws {
            try await withFolder { folder in
                let site = try Site(folder)
                try await up(in: site) { first in
                    try await first.wait(for: "All are running")
                    // The same ports, other data; and then the same data.
                    try await up(["--data-dir", "other"], in: site, waitsForNone: false) { second in
                        let death = try await second.waitForExit(within: .seconds(30))
                        #expect(death == .init(exitCode: 1))
                        try expectOneError(
                            second,
                            "cannot start: cannot listen on 127.0.0.1:",
                            "Address already in use"
                        )
                    }
                    try await up(in: site, waitsForNone: false) { second in
                        let death = try await second.waitForExit(within: .seconds(30))
                        #expect(death == .init(exitCode: 2))
                        try expectOneError(second, "the data directory", "is in use by another process")
                    }
                    first.send(PseudoTerminal.interrupt)
                    try await first.waitForExit(within: .seconds(20))
                }
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func whatIsWrongOnThisMachineIsSaidBeforeAnythingStarts() async throws {
            try await withFolder { folder in
                let site = try Site(folder)
                try site.write("file", "in the way")
                try site.write("short", "too short")
                try site.write("Shellfile", "web: cd x && run")
                let cases: [(arguments: [String], error: String)] = [
                    (["--data-dir", "file/data"], "the data directory"),
                    (["--secret-file", "short"], "has 10 bytes; it needs at least 32"),
                    (["--procfile", "Shellfile"], "line 1 has a '&' in its command"),
                    (["--procfile", "none"], "the Procfile 'none' cannot be read"),
                    (["--log-level", "loud"], "--log-level (or LOG_LEVEL) must be one of"),
                ]
                for (arguments, error) in cases {
                    try await up(arguments, in: site) { terminal in
                        let death = try await terminal.waitForExit()
                        #expect(death == .init(exitCode: 2), "\(arguments)")
                        try expectOneError(terminal, error)
                        #expect(!terminal.output.contains("starting"))
                    }
                }
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func aProgramThatIsNotBuiltIsSaidToBe() async throws {
            try await withFolder { folder in
                let site = try Site(folder)
                try site.write("Procfile", "draft-service: .build/none/draft-service --port 1")
                try await up(in: site) { terminal in
                    let death = try await terminal.waitForExit(within: .seconds(20))
                    #expect(death == .init(exitCode: 1))
                    try expectOneError(terminal, "draft-service cannot start", "swift build -c release")
                }
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func whatAChildHasStartedDoesNotOutliveIt() async throws {
            try await withFolder { folder in
                let site = try Site(folder)
                let mark = "3\(UInt32.random(in: 10_000...99_999))"
                try site.write("script.sh", "sleep \(mark) & sleep \(mark)")
                try site.write("Procfile", "worker: sh script.sh\r\nother: sh -c 'echo error: odd; sleep \(mark)'")
                try await up(in: site) { terminal in
                    try await eventually("both are started", within: .seconds(10)) {
                        try await LeftBehind.processes(naming: "sleep \(mark)").count >= 3
                    }
                    try await terminal.wait(for: "error: odd", within: .seconds(15))
                    terminal.send(PseudoTerminal.interrupt)
                    let death = try await terminal.waitForExit(within: .seconds(20))
                    #expect(death == .init(exitCode: 0))
                    #expect(terminal.output.contains("stopping"))
                }
                #expect(try await LeftBehind.processes(naming: "sleep \(mark)").isEmpty)
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func aSecondCtrlCKillsWhatDoesNotStop() async throws {
            try await withFolder { folder in
                let site = try Site(folder)
                try site.write(
                    "Procfile",
                    "deaf: sh -c 'trap \"\" TERM; echo listening on nothing; while :; do sleep 0.1; done'"
                )
                try await up(in: site) { terminal in
                    try await terminal.wait(for: "All are running")
                    terminal.send(PseudoTerminal.interrupt)
                    try await terminal.wait(for: "stopping; once more kills")
                    terminal.send(PseudoTerminal.interrupt)
                    let death = try await terminal.waitForExit(within: .seconds(8))
                    #expect(death == .init(exitCode: 0))
                    #expect(terminal.output.contains("deaf did not stop, and was killed"))
                }
            }
        }

        /// The last line is the error; a process that could not start either has said so in a line of its own.
        private func expectOneError(_ terminal: PseudoTerminal, _ texts: String...) throws {
            let errors = terminal.output.split(whereSeparator: \.isNewline).filter { $0.contains("error:") }
            #expect(errors.dropLast().allSatisfy { $0.contains(" | error: cannot listen on") }, "\(terminal.output)")
            for text in texts { #expect(errors.last?.contains(text) == true, "\(terminal.output)") }
        }
    }
}
