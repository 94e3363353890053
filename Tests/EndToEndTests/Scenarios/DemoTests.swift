import Foundation
import HTTPTypes
import Harness
import TCCHTTP
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension EndToEnd {
    /// `orchestrator demo`, as a newcomer runs it.
    @Suite(.serialized)
    struct DemoTests {
        /// Runs the demo in an empty folder that is also its temporary directory.
        private func demo(
            _ arguments: [String] = [],
            environment: [String: String?] = [:],
            _ body: (PseudoTerminal, URL) async throws -> Void
        ) async throws {
            try await withFolder { folder in
                var environment = environment
                environment["TMPDIR"] = folder.path
                try await withTerminal(
                    try BuildFolder.executable("orchestrator"),
                    ["demo"] + arguments,
                    environment: environment,
                    directory: folder,
                    size: .init(columns: 100, rows: 40)
                ) { try await body($0, folder) }
                try await eventually("nothing is left of the demo", within: .seconds(15)) {
                    try await LeftBehind.processes(naming: folder.path).isEmpty
                }
            }
        }

        private func files(in folder: URL) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: folder.path)
        }

        @Test(.timeLimit(.minutes(1)))
        func itShowsThreeMishapsAndThatBothLibrariesAgree() async throws {
            try await demo { terminal, folder in
                let death = try await terminal.waitForExit(within: .seconds(40))
                let shown = terminal.output
                #expect(death == .init(exitCode: 0), "\(shown)")
                for text in [
                    "✗ killed", "↻ started again", "✗ refused", "decided: confirm", "decided: cancel", "not running",
                    "Both libraries agree", "1 refused, 2 processes crashed, nothing lost",
                    "HTTP 202", "HTTP 200", "HTTP 409", "\u{1B}[32m●",
                ] {
                    #expect(shown.contains(text), "it does not show '\(text)'")
                }
                #expect(!shown.contains("This is not so"))
                #expect(try files(in: folder).isEmpty)
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func whoFollowsItSlowlyHasItsPagesAndGoesOnWithEnter() async throws {
            try await demo(["--slow"]) { terminal, _ in
                try await terminal.wait(for: "sign in as ann.", within: .seconds(30))
                let url = try #require(terminal.output.firstMatch(of: /pages are at (http:\/\/127\.0\.0\.1:[0-9]+)/))
                    .output.1
                let client = JSONClient(connectionsPerHost: 1)
                let page = try await client.call(.get, String(url) + "/write", token: nil, timeout: .seconds(10))
                try await client.shutdown()
                #expect(page.status == 303)
                try await eventually("it has ended", within: .seconds(50), every: .milliseconds(20)) {
                    terminal.send("\n")
                    return terminal.output.contains("Was anything lost?")
                }
                let death = try await terminal.waitForExit(within: .seconds(20))
                #expect(death == .init(exitCode: 0), "\(terminal.output)")
                #expect(terminal.output.contains("Both libraries agree on all 4 posts."))
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func ctrlCLeavesNoProcessAndNoFile() async throws {
            try await demo { terminal, folder in
                try await terminal.wait(for: "1. Nothing goes wrong")
                #expect(try await !LeftBehind.processes(naming: folder.path).isEmpty)
                terminal.send(PseudoTerminal.interrupt)
                let death = try await terminal.waitForExit()
                #expect(death == .init(exitCode: 130))
                #expect(try files(in: folder).isEmpty)
                #expect(try await LeftBehind.processes(naming: folder.path).isEmpty)
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func aReaderWhoHasSeenEnoughLeavesNothing() async throws {
            try await withFolder { folder in
                let demo = try BuildFolder.executable("orchestrator").path
                try await withTerminal(
                    URL(fileURLWithPath: "/bin/sh"),
                    ["-c", "'\(demo)' demo | head -1"],
                    environment: ["TMPDIR": folder.path],
                    directory: folder
                ) { terminal in
                    let death = try await terminal.waitForExit(within: .seconds(40))
                    #expect(death == .init(exitCode: 0))
                }
                try await eventually("nothing is left of the demo", within: .seconds(15)) {
                    try await LeftBehind.processes(naming: folder.path).isEmpty && files(in: folder).isEmpty
                }
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func itsProcessesEndEvenIfItIsKilled() async throws {
            try await demo { terminal, folder in
                try await terminal.wait(for: "1. Nothing goes wrong")
                terminal.signal(SIGKILL)
                try await terminal.waitForExit()
                // That they do is checked after every demo.
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func oneNamedFileIsEnoughAndNoColorIsObeyed() async throws {
            try await withFolder { notes in
                let file = notes.appendingPathComponent("note.md")
                try Data("# A note\n\nIts text.\n".utf8).write(to: file)
                try await demo([file.path], environment: ["NO_COLOR": "1"]) { terminal, _ in
                    let death = try await terminal.waitForExit(within: .seconds(40))
                    #expect(death == .init(exitCode: 0))
                    #expect(terminal.output.contains("Both libraries agree on the post."))
                    #expect(!terminal.output.contains("\u{1B}["))
                }
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func whatCannotBePublishedIsSaidBeforeAnythingStarts() async throws {
            try await demo(["nowhere.md"]) { terminal, _ in
                let death = try await terminal.waitForExit()
                #expect(death == .init(exitCode: 2))
                #expect(terminal.output.contains("there is no file or folder 'nowhere.md'"))
            }
        }
    }
}
