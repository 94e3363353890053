import Foundation
import Harness
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension EndToEnd {
    /// `chaos run` and `chaos sweep`, as a person runs them.
    @Suite(.serialized)
    struct ChaosTests {
        /// Runs it with an empty folder as its temporary directory; nothing of it is left there or runs on.
        private func chaos(
            _ arguments: [String],
            _ body: (PseudoTerminal, URL) async throws -> Void
        ) async throws {
            try await withFolder { folder in
                try await withTerminal(
                    try BuildFolder.executable("chaos"),
                    arguments,
                    environment: ["TMPDIR": folder.path],
                    directory: folder,
                    size: .init(columns: 160, rows: 60)
                ) { try await body($0, folder) }
                try await eventually("nothing of it runs on", within: .seconds(15)) {
                    try await LeftBehind.processes(naming: folder.path).isEmpty
                }
            }
        }

        private func files(in folder: URL) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: folder.path)
        }

        @Test(.timeLimit(.minutes(2)))
        func aShortRunIsValidAndLeavesItsHistory() async throws {
            // All kinds would need more time to have their turns.
            let kinds = "kill,pause,delay,loss"
            let wanted = ["--duration", "5s", "--seed", "5", "--faults", kinds, "--history", "history.jsonl"]
            try await chaos(["run"] + wanted) { terminal, folder in
                let death = try await terminal.waitForExit(within: .seconds(60))
                #expect(death == .init(exitCode: 0), "\(terminal.output)")
                #expect(terminal.output.contains("valid"))
                #expect(try files(in: folder) == ["history.jsonl"])
            }
        }

        /// Answers that stop or trickle, and a standard error that nobody reads hold nothing up.
        @Test(.timeLimit(.minutes(2)))
        func aRunAtTheEdgeIsValid() async throws {
            // Those that every user may make.
            let kinds = "stall,trickle,stderr"
            try await chaos(["run", "--duration", "25s", "--seed", "5", "--faults", kinds]) { terminal, _ in
                let death = try await terminal.waitForExit(within: .seconds(90))
                #expect(death == .init(exitCode: 0), "\(terminal.output)")
            }
        }

        @Test(.timeLimit(.minutes(2)))
        func aRunThatProvesTooLittleIsUnknown() async throws {
            let wanted = ["--faults", "kill", "--min-confirmed", "1000000", "--history", "history.jsonl"]
            try await chaos(["run", "--seed", "9", "--duration", "2s"] + wanted) { terminal, _ in
                let death = try await terminal.waitForExit(within: .seconds(60))
                #expect(death == .init(exitCode: 3), "\(terminal.output)")
                #expect(terminal.output.contains("it needs 1000000 or more"))
                #expect(terminal.output.contains("repeat with: chaos run --duration 2s --seed 9 --faults kill"))
                #expect(terminal.output.contains("--clients 4 --min-confirmed 1000000"))
            }
        }

        @Test(.timeLimit(.minutes(2)))
        func aRunInWhichAKindOfFaultDidNotHappenIsUnknown() async throws {
            let minimum = ["--min-confirmed", "0", "--min-refused", "0", "--min-faults", "0", "--min-failpoints", "0"]
            try await chaos(["run", "--duration", "1s", "--seed", "3"] + minimum) { terminal, _ in
                let death = try await terminal.waitForExit(within: .seconds(60))
                #expect(death == .init(exitCode: 3), "\(terminal.output)")
                #expect(terminal.output.contains("happened, and it was asked for."))
                let repeated = minimum.joined(separator: " ")
                #expect(terminal.output.contains("--clients 4 \(repeated)"))
            }
        }

        @Test(.timeLimit(.minutes(2)))
        func ctrlCLeavesNoProcessAndNoFile() async throws {
            try await chaos(["run", "--duration", "60s"]) { terminal, folder in
                try await terminal.wait(for: "faults, 5")
                #expect(try await LeftBehind.processes(naming: folder.path).count >= 3)
                terminal.send(PseudoTerminal.interrupt)
                let death = try await terminal.waitForExit()
                #expect(death == .init(exitCode: 130))
                #expect(terminal.output.contains("stopped; nothing is left"))
                #expect(try files(in: folder).isEmpty)
                #expect(try await LeftBehind.processes(naming: folder.path).isEmpty)
            }
        }

        @Test(
            .timeLimit(.minutes(2)),
            arguments: [["run", "--duration", "60s"], ["sweep"], ["simulate", "--seeds", "1000000"]]
        )
        func aClosedTerminalLeavesNoProcessAndNoFile(_ arguments: [String]) async throws {
            try await chaos(arguments) { terminal, folder in
                let word = ["run": "faults, 5", "sweep": "crashes, 0 wrong", "simulate": "invalid, "][arguments[0]]
                try await terminal.wait(for: try #require(word), within: .seconds(30))
                terminal.hangUp()
                let death = try await terminal.waitForExit(within: .seconds(30))
                #expect(death == .init(exitCode: 129))
                #expect(try files(in: folder).isEmpty)
            }
        }

        /// While the processes start, everything connects to everything.
        @Test(.timeLimit(.minutes(3)), arguments: 1...12)
        func ctrlCAtAnyMomentOfTheStart(_ moment: Int) async throws {
            try await chaos(["run", "--duration", "60s"]) { terminal, folder in
                try await terminal.wait(for: "starting")
                try await Task.sleep(for: .milliseconds(40 * moment))
                terminal.send(PseudoTerminal.interrupt)
                let death = try await terminal.waitForExit(within: .seconds(30))
                #expect(death == .init(exitCode: 130), "\(terminal.output)")
                #expect(try files(in: folder).isEmpty)
            }
        }

        @Test(.timeLimit(.minutes(2)))
        func killedItLeavesNoProcessAndNoDisk() async throws {
            try await chaos(["run", "--duration", "60s"]) { terminal, folder in
                try await terminal.wait(for: "faults, 5")
                terminal.signal(SIGKILL)
                try await terminal.waitForExit()
                try await eventually("nothing is mounted", within: .seconds(15)) {
                    #if os(Linux)
                    try !String(contentsOfFile: "/proc/self/mounts", encoding: .utf8).contains(folder.path)
                    #else
                    true
                    #endif
                }
            }
        }

        /// Some cases of a sweep: commits that are confirmed again, and a reservation that nobody speaks of.
        @Test(
            .timeLimit(.minutes(2)),
            arguments: [
                "publish/online-service/participant.confirm", "delete/draft-service/participant.confirm",
                "orphan/draft-service",
            ]
        )
        func casesOfASweep(_ name: String) async throws {
            try await chaos(["sweep", "--only", name]) { terminal, folder in
                let death = try await terminal.waitForExit(within: .seconds(90))
                #expect(death == .init(exitCode: 0), "\(terminal.output)")
                #expect(try files(in: folder).isEmpty)
            }
        }
    }
}
