import Foundation
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension EndToEnd {
    /// The terminal that the other tests rely on.
    @Suite(.serialized)
    struct PseudoTerminalTests {
        private static let shell = URL(fileURLWithPath: "/bin/sh")
        private static let folder = FileManager.default.temporaryDirectory

        private func run<Result>(
            _ script: String,
            size: PseudoTerminal.Size = .init(),
            environment: [String: String?] = [:],
            _ body: (PseudoTerminal) async throws -> Result
        ) async throws -> Result {
            try await withTerminal(
                Self.shell,
                ["-c", script],
                environment: environment,
                directory: Self.folder,
                size: size,
                body
            )
        }

        @Test func theCommandHasATerminalWithASizeADirectoryAndAnEnvironment() async throws {
            let script = "tty -s && stty size; pwd -P; echo \"<$COLOUR>\"; exit 3"
            let size = PseudoTerminal.Size(columns: 57, rows: 11)
            try await run(script, size: size, environment: ["COLOUR": "blue", "HOME": nil]) { terminal in
                let death = try await terminal.waitForExit()
                #expect(death == .init(exitCode: 3))
                #expect(terminal.output.contains("11 57\r\n"))
                #expect(terminal.output.contains(Self.folder.resolvingSymlinksInPath().lastPathComponent))
                #expect(terminal.output.contains("<blue>"))
            }
        }

        @Test func ctrlCInterruptsAndWhatIsTypedIsRead() async throws {
            try await run("trap 'echo interrupted; exit 7' INT; read line; echo got $line; sleep 30") { terminal in
                terminal.send("words\n")
                try await terminal.wait(for: "got words")
                terminal.send(PseudoTerminal.interrupt)
                try await terminal.wait(for: "interrupted")
                let death = try await terminal.waitForExit()
                #expect(death == .init(exitCode: 7))
            }
        }

        @Test func aNewSizeAndSignalsReachTheCommand() async throws {
            let script = "trap 'stty size' WINCH; echo ready; while :; do sleep 0.05; done"
            try await run(script) { terminal in
                try await terminal.wait(for: "ready")
                terminal.resize(to: .init(columns: 120, rows: 40))
                try await terminal.wait(for: "40 120")
                terminal.signal(SIGTERM)
                let death = try await terminal.waitForExit()
                #expect(death == .init(signal: SIGTERM))
            }
        }

        @Test func itsScreenShowsWhatAPersonSees() {
            let size = PseudoTerminal.Size(columns: 8, rows: 3)
            #expect(TerminalScreen("one\r\ntwo\r\n", size: size).text == "one\ntwo")
            #expect(TerminalScreen("1\r\n2\r\n3\r\n4", size: size).text == "2\n3\n4")
            let drawing = "a\u{1B}[?1049h\u{1B}[?25l\u{1B}[Hold line\u{1B}[H\u{1B}[31mnew\u{1B}[0m\u{1B}[K"
            let drawn = TerminalScreen(drawing, size: size)
            #expect(drawn.text == "new" && drawn.isAlternate && !drawn.isCursorVisible && drawn.wraps == 0)
            #expect(TerminalScreen("a\u{1B}[?1049hb\u{1B}[?1049l\u{1B}[?25h", size: size).text == "a")
            #expect(TerminalScreen("123456789", size: size).wraps == 1)
        }
    }
}
