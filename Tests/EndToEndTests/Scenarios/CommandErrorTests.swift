import Foundation
import Harness
import TCC
import TCCHTTP
import Testing
import Verification

extension EndToEnd {
    /// What somebody reads who did something wrong: what it was, and what to do next.
    @Suite(.serialized)
    struct CommandErrorTests {
        private static let nothing = "0192f3c4-5d6e-7f80-9123-456789abcdef"

        @Test func mistakesAreToldOfWithAWayOut() async throws {
            try await withCluster { cluster in
                try cluster.write("# A", to: "a.md")
                try cluster.write(String(repeating: "0", count: 64), to: "other-secret")
                try cluster.write("short", to: "short-secret")
                let post = try await cluster.publishedPost()
                let (draft, online) = (cluster.url(.draft), cluster.url(.online))
                let cases: [(arguments: [String], code: Int32, words: [String])] = [
                    (["publsh"], 2, ["there is no command", "did you mean 'orchestrator publish'?"]),
                    (["transactions", "foo"], 2, ["the commands are list, watch, show, retry", "--help"]),
                    (["publish", "a.md"], 2, ["--author <name>", "publish --help"]),
                    (["publish", "none.md", "--author", "a"], 2, ["no file or folder 'none.md'"]),
                    (["post", "xyz"], 2, ["'xyz' is invalid", "as 'orchestrator posts' lists it"]),
                    (["post", Self.nothing], 1, ["pass --author NAME", "orchestrator posts"]),
                    (
                        ["post", Self.nothing, "--author", "bob"], 1,
                        ["bob has no post", "orchestrator posts --author bob"]
                    ),
                    (["post", "\(post)", "--author", "bob"], 1, ["is alice's, not bob's", "leave out --author"]),
                    (["withdraw", Self.nothing, "--author", "bob"], 1, ["bob has no post"]),
                    (["delete", "\(post)"], 2, ["--author <name>", "delete --help"]),
                    (["delete", Self.nothing, "--author", "bob"], 1, ["bob has no post"]),
                    (["delete", "\(post)", "--author", "alice"], 1, ["post-is-live", "orchestrator withdraw ID"]),
                    (["transactions", "show", Self.nothing], 1, ["orchestrator transactions list"]),
                    (["transactions", "retry", Self.nothing], 1, ["orchestrator transactions list"]),
                    (["transactions", "list", "--state", "x"], 2, ["'trying', 'confirming'"]),
                    (
                        ["transactions", "list", "--cursor", "x"], 1,
                        ["Take the cursor from the end of the list before"]
                    ),
                    (
                        ["transactions", "list", "--secret-file", "none"], 2,
                        ["secret file none cannot be read: No such file", "--secret-file"]
                    ),
                    (["transactions", "list", "--secret-file", "short-secret"], 2, ["at least 32", "--secret-file"]),
                    (
                        ["transactions", "list", "--secret-file", "other-secret"], 1,
                        ["another secret", "--secret-file"]
                    ),
                    (["transactions", "list", "--url", draft], 3, ["is not the orchestrator", "--url URL"]),
                    (["transactions", "show", Self.nothing, "--url", online], 3, ["is not the orchestrator"]),
                    (["posts", "--online-url", cluster.url(.orchestrator)], 3, ["is not the online service"]),
                    (["posts", "--author", "a", "--draft-url", online], 3, ["is not the draft service"]),
                    (["publish", "a.md", "--author", "a", "--draft-url", online], 3, []),
                    (
                        ["transactions", "list", "--url", "http://127.0.0.1:1"], 3,
                        ["is it running?", "orchestrator serve"]
                    ),
                    (["transactions", "list", "--url", "nonsense"], 2, ["http://127.0.0.1:8080"]),
                    (["transactions", "watch", "--interval", "0"], 2, ["0.1 to 3600"]),
                    (["serve", "--participant", "x"], 2, ["NAME=URL", "orchestrator serve --help"]),
                    (["serve", "--data-dir", "orchestrator"], 1, ["in use by another process", "--data-dir"]),
                ]
                for (arguments, code, words) in cases {
                    let result = try await cluster.command(arguments)
                    #expect(result.code == code, "\(arguments): \(result)")
                    #expect(result.error.hasPrefix("error: ") || words.isEmpty, "\(arguments): \(result)")
                    for word in words { #expect(result.error.contains(word), "\(arguments): \(result.error)") }
                }
                let port = try await cluster.command(["serve"], environment: ["PORT": "many"])
                #expect(
                    port.code == 2
                        && port.error.contains("--port (or PORT) must be a whole number from 0 to 65535, not 'many'")
                )
                let failpoint = try await cluster.command(
                    ["serve", "--port", "0", "--data-dir", "y"],
                    environment: ["TCC_FAILPOINTS": "foo"]
                )
                #expect(failpoint.code == 2 && failpoint.error.contains("write name=action"), "\(failpoint)")
            }
        }

        @Test func aRefusalSaysWhetherToTryAgain() async throws {
            try await withCluster { cluster in
                let post = try await cluster.publishedPost()
                #expect(try await cluster.command(["withdraw", "\(post)"]).code == 0)
                let again = try await cluster.command(["withdraw", "\(post)", "--author", "alice"])
                #expect(again.code == 1 && again.error.contains("not-published"), "\(again)")
                // One that is refused does not keep the others.
                let several = try await cluster.command(["delete", Self.nothing, "\(post)", "--author", "alice"])
                #expect(several.code == 1 && several.output.contains("Deleted post \(post)"), "\(several)")
                #expect(several.error.contains("\(Self.nothing): alice has no post"), "\(several)")
                #expect(several.error.contains("of 2 posts, 1 could not be deleted"), "\(several)")
                try cluster.write("# B", to: "b.md")
                try await cluster.kill(.online)
                let publish = ["publish", "b.md", "--author", "ann"]
                let down = try await cluster.command(publish + ["--wait", "1"])
                #expect(down.code == 3, "\(down)")
                #expect(down.error.contains("does not answer; waiting for it to come back"), "\(down)")
                #expect(down.error.contains("has not answered for 1 s, though others do"), "\(down)")
                #expect(down.error.contains("start it with 'online-service'"), "\(down)")
                // One that comes back is waited for.
                try await cluster.inTerminal(publish + ["--wait", "50"]) { terminal in
                    try await terminal.wait(for: "waiting for it to come back, up to 50 s.")
                    try await cluster.start(.online)
                    let death = try await terminal.waitForExit(within: .seconds(50))
                    #expect(death == .init(exitCode: 0), "\(terminal.output)")
                    #expect(terminal.output.contains("the online service answers again."))
                    #expect(terminal.output.contains("Published 1,"))
                }
                // Where nothing runs there is nothing to wait for.
                let places = ["--url", "--draft-url", "--online-url"].flatMap { [$0, "http://127.0.0.1:1"] }
                let nothing = try await cluster.command(publish + places)
                #expect(nothing.code == 3 && nothing.error.contains("Start it with 'orchestrator serve'"), "\(nothing)")
                #expect(!nothing.error.contains("waiting"))
            }
        }
    }
}
