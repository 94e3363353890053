import Foundation
import HTTPTypes
import Harness
import NIOCore
import Supervision
import TCCHTTP
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
        /// Four ports, and a Procfile that names them, in a folder of its own.
        private struct Site {
            var folder: URL
            var ports: [Int]

            init(_ folder: URL) throws {
                self.folder = folder
                self.ports = FreePorts.choose(4)
                let programs = try ["draft-service", "online-service", "orchestrator", "web-service"]
                    .map { try BuildFolder.executable($0).path }
                let coordinator = "--coordinator-url http://127.0.0.1:\(ports[2])"
                let libraries = "--draft-url http://127.0.0.1:\(ports[0]) --online-url http://127.0.0.1:\(ports[1])"
                try write(
                    "Procfile",
                    """
                    draft-service: '\(programs[0])' --port \(ports[0]) \(coordinator)
                    online-service: '\(programs[1])' --port \(ports[1]) \(coordinator)
                    orchestrator: '\(programs[2])' serve --port \(ports[2]) \(libraries)
                    web-service: '\(programs[3])' --port \(ports[3]) \(coordinator) \(libraries)
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

        /// Signs in by any name, as one may where it is a trial.
        private func signIn(at port: Int) async throws {
            let client = JSONClient(connectionsPerHost: 1)
            let url = "http://127.0.0.1:\(port)"
            let form = ByteBuffer(string: "name=ann")
            let headers = [("origin", url)]
            let answer = try await client.call(
                .post,
                url + "/sign-in",
                token: nil,
                headers: headers,
                body: form,
                timeout: .seconds(10)
            )
            try await client.shutdown()
            #expect(answer.status == 303 && answer.headers["set-cookie"]?.hasPrefix("tcc-session=ey") == true)
        }

        @Test(.timeLimit(.minutes(1)))
        func itStartsFourBringsBackOneThatDiesAndStopsOnCtrlC() async throws {
            try await withFolder { folder in
                let site = try Site(folder)
                try await up(["--log-level", "debug"], in: site) { terminal in
                    try await terminal.wait(for: "All are running")
                    try await terminal.wait(for: "transactions watch")
                    #expect(terminal.output.contains("In a browser: http://127.0.0.1:\(site.ports[3]) to read"))
                    try await signIn(at: site.ports[3])
                    for name in ["online-service", "web-service"] {
                        let victim = try pid(of: name, in: terminal.output)
                        kill(victim, SIGKILL)
                        try await terminal.wait(for: "\(name) died (killed by signal 9); starting it again in")
                        try await terminal.wait("it is back") { (try? pid(of: name, in: $0)) != victim }
                    }
                    try await signIn(at: site.ports[3])
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

        /// Runs a command for the `up` of a site.
        private func order(_ arguments: [String], in site: Site) async throws -> (code: Int32?, text: String) {
            try await withTerminal(
                try BuildFolder.executable("orchestrator"),
                arguments,
                environment: ["TERM": "dumb"],
                directory: site.folder,
                size: .init(columns: 400, rows: 40)
            ) { terminal in
                (try await terminal.waitForExit(within: .seconds(20)).exitCode, terminal.output)
            }
        }

        /// Whether a process answers within a moment.
        private func answers(at port: Int) async throws -> Bool {
            let client = JSONClient(connectionsPerHost: 1)
            var isAnswered = true
            do {
                let url = "http://127.0.0.1:\(port)/healthz"
                _ = try await client.call(.get, url, token: nil, timeout: .milliseconds(300))
            } catch {
                isAnswered = false
            }
            try await client.shutdown()
            return isAnswered
        }

        @Test(.timeLimit(.minutes(1)))
        func aProcessIsHeldUpAndKilledByName() async throws {
            try await withFolder { folder in
                let site = try Site(folder)
                let nobody = try await order(["kill", "online-service"], in: site)
                #expect(nobody.code == 3, "\(nobody)")
                #expect(nobody.text.contains("no 'orchestrator up' answers in './data'"), "\(nobody)")
                try await up(in: site) { terminal in
                    try await terminal.wait(for: "All are running")
                    try await terminal.wait(for: "pause online-service 10s")
                    let pause = try await order(["pause", "online", "1s"], in: site)
                    #expect(pause.code == 0 && pause.text.contains("online-service is held up for 1.0 s"), "\(pause)")
                    try await terminal.wait(for: "online-service goes on")
                    try await eventually("it answers again") { try await answers(at: site.ports[1]) }
                    let victim = try pid(of: "draft-service", in: terminal.output)
                    let kill = try await order(["kill", "draft-service"], in: site)
                    #expect(kill.code == 0 && kill.text.contains("draft-service is killed"), "\(kill)")
                    try await terminal.wait(for: "draft-service died (killed by signal 9); starting it again in")
                    try await terminal.wait("it is back") { (try? pid(of: "draft-service", in: $0)) != victim }
                    for (arguments, code, text) in [
                        (["kill", "nobody"], 1, "there is no process 'nobody' here; there are draft-service,"),
                        (["pause", "web", "6m"], 2, "at most 5m"), (["pause", "web", "x"], 2, "time"),
                        (["kill", "a b"], 2, "is no process's name"),
                    ] as [([String], Int32, String)] {
                        let refused = try await order(arguments, in: site)
                        #expect(refused.code == code && refused.text.contains(text), "\(refused)")
                    }
                    // Whoever is held up stops with the others all the same.
                    #expect(try await order(["pause", "orchestrator", "5m"], in: site).code == 0)
                    let again = try await order(["pause", "orchestrator", "1s"], in: site)
                    #expect(again.code == 1 && again.text.contains("is held up already"))
                    #expect(try await !answers(at: site.ports[2]))
                    terminal.send(PseudoTerminal.interrupt)
                    let death = try await terminal.waitForExit(within: .seconds(20))
                    #expect(death == .init(exitCode: 0))
                    #expect(!terminal.output.contains("orchestrator did not stop"))
                }
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
                    (["--procfile", "none"], "--procfile must be a file that can be read; 'none' does not exist"),
                    (["--procfile", "."], "--procfile must be a file that can be read; '.' is a folder"),
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
