import Foundation
import Harness
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
    /// Each command, as somebody runs it.
    @Suite(.serialized)
    struct CommandTests {
        private static func members(_ json: String) throws -> [String: JSONValue] {
            let value = try JSONDecoder().decode(JSONValue.self, from: Data(json.utf8))
            guard case .object(let members) = value else { return [:] }
            return members
        }

        private static func items(_ json: String) throws -> [[String: JSONValue]] {
            guard case .array(let items)? = try members(json)["items"] else { return [] }
            return items.compactMap { if case .object(let members) = $0 { members } else { nil } }
        }

        private static let transaction: Set<String> = [
            "gid", "action", "state", "postID", "revision", "reason", "stuck", "branches", "createdAt", "decidedAt",
            "finishedAt", "timeline",
        ]
        private static let post: Set<String> = ["id", "author", "title", "revision", "publishedAt", "updatedAt"]
        private static let draft: Set<String> = [
            "id", "author", "title", "source", "revision", "nextRevision", "status", "publishedRevision",
            "pendingTransaction", "createdAt", "updatedAt",
        ]

        @Test func scriptsGetTheDocumentedMembersInOneLine() async throws {
            try await withCluster { cluster in
                try cluster.write("# One / two\n", to: "a.md")
                func json(_ arguments: String...) async throws -> String {
                    let result = try await cluster.command(arguments + ["--json"])
                    #expect(result.code == 0 && result.error.isEmpty, "\(arguments): \(result)")
                    #expect(result.output.hasSuffix("\n") && result.output.count { $0 == "\n" } == 1)
                    #expect(!result.output.contains(#"\/"#))
                    return result.output
                }
                let published = try await json("publish", "a.md", "--author", "ann")
                #expect(Set(try Self.members(published).keys) == ["published", "skipped", "refused"])
                let transactions = try Self.items(try await json("transactions", "list"))
                #expect(transactions.map { Set($0.keys) } == [Self.transaction])
                let gid = try #require(transactions[0]["gid"]?.string)
                let id = try #require(transactions[0]["postID"]?.string)
                #expect(Set(try Self.members(try await json("transactions", "show", gid)).keys) == Self.transaction)
                #expect(Set(try Self.members(try await json("transactions", "retry", gid)).keys) == Self.transaction)
                #expect(try Self.items(try await json("posts")).map { Set($0.keys) } == [Self.post])
                let drafts = try Self.items(try await json("posts", "--author", "ann"))
                #expect(drafts.map { Set($0.keys) } == [Self.draft.union(["onlineRevision"])])
                let comparison = try Self.members(try await json("post", id))
                #expect(Set(comparison.keys) == ["draft", "online", "agree", "difference"])
                #expect(comparison["agree"] == .bool(true) && comparison["difference"] == .null)
                guard case .object(let draft)? = comparison["draft"], case .object(let live)? = comparison["online"]
                else {
                    Issue.record("\(comparison)")
                    return
                }
                #expect(Set(draft.keys) == Self.draft.union(["content"]))
                #expect(Set(live.keys) == Self.post.union(["content"]))
                #expect(Set(try Self.members(try await json("withdraw", id)).keys) == Self.transaction)
                let deleted = try await json("delete", id, "--author", "ann")
                #expect(Set(try Self.members(deleted).keys) == Self.transaction)
                #expect(
                    Set(try Self.members(try await json("token", "--role", "author", "--sub", "a")).keys) == ["token"]
                )
                #expect(Set(try Self.members(try await json("failpoints")).keys) == ["failpoints"])
            }
        }

        @Test func aListGoesOnAtItsCursor() async throws {
            try await withCluster { cluster in
                for _ in 0..<3 { _ = try await cluster.publishedPost() }
                for list in [["transactions", "list"], ["posts"], ["posts", "--author", "alice"]] {
                    let first = try await cluster.command(list + ["--limit", "2"])
                    let cursor = try #require(first.output.firstMatch(of: #/--cursor ([A-Za-z0-9_-]+)/#)?.1)
                    let second = try await cluster.command(list + ["--cursor", String(cursor)])
                    #expect(first.output.matches(of: #/confirmed|visible|Z /#).count >= 2)
                    #expect(second.code == 0 && !second.output.contains("There are more"))
                    #expect(second.output.split(separator: "\n").count == 2, "\(second.output)")
                }
            }
        }

        @Test func coloursAreForTerminalsAlone() async throws {
            try await withCluster { cluster in
                _ = try await cluster.publishedPost()
                let list = ["transactions", "list"]
                try await cluster.inTerminal(list) { terminal in
                    _ = try await terminal.waitForExit()
                    #expect(terminal.output.contains("\u{1B}[32mconfirmed\u{1B}[0m"))
                }
                for environment in [["NO_COLOR": "1"], ["TERM": "dumb"]] {
                    try await cluster.inTerminal(list, environment: environment) { terminal in
                        _ = try await terminal.waitForExit()
                        #expect(!terminal.output.contains("\u{1B}") && terminal.output.contains("confirmed"))
                    }
                }
                // Each stream for itself: standard error is a terminal still.
                let result = try await cluster.command(list, environment: ["TERM": "xterm"])
                #expect(!result.output.contains("\u{1B}"))
                let refused = try await cluster.command(["transactions", "show", "x"], environment: ["TERM": "xterm"])
                #expect(refused.error.hasPrefix("\u{1B}[31merror:\u{1B}[0m ") && refused.code == 2)
            }
        }

        @Test func progressIsDrawnOnTheTerminalAndGoneAtTheEnd() async throws {
            try await withCluster { cluster in
                for number in 0..<5 { try cluster.write("# \(number)", to: "\(number).md") }
                let arguments = ["publish", ".", "--author", "ann"]
                try await cluster.inTerminal(arguments, size: .init(columns: 40, rows: 30)) { terminal in
                    let death = try await terminal.waitForExit(within: .seconds(30))
                    #expect(death == .init(exitCode: 0))
                    #expect(terminal.output.contains("5/5"))
                    let drawn = TerminalScreen(terminal.output, size: .init(columns: 40, rows: 30))
                    #expect(drawn.text.hasPrefix("Published 5, skipped 0, refused 0."))
                }
            }
        }

        /// So many that their drafts are looked up together.
        @Test func ofAFolderOnlyWhatIsNotPublishedIsPublished() async throws {
            try await withCluster { cluster in
                func publish() async throws -> String {
                    let result = try await cluster.command(["publish", ".", "--author", "ann"])
                    #expect(result.code == 0, "\(result)")
                    return String(result.output.prefix { $0 != "\n" })
                }
                for number in 10..<40 { try cluster.write("# \(number)", to: "\(number).md") }
                #expect(try await publish() == "Published 30, skipped 0, refused 0.")
                #expect(try await publish() == "Published 0, skipped 30, refused 0.")
                try cluster.write("# 10, changed", to: "10.md")
                try cluster.write("# New", to: "new.md")
                let drafts = try await cluster.command(["posts", "--author", "ann", "--limit", "99", "--json"])
                let gone = try #require(
                    try Self.items(drafts.output).first { $0["title"]?.string == "11" }?["id"]?.string
                )
                for command in ["withdraw", "delete"] {
                    #expect(try await cluster.command([command, gone, "--author", "ann"]).code == 0)
                }
                #expect(try await publish() == "Published 3, skipped 28, refused 0.")
            }
        }

        @Test func whatCannotBePublishedIsListedAndKeepsNoOther() async throws {
            try await withCluster { cluster in
                try cluster.write("<!--\n# Licence\n-->\n\nThe *Title*\n===========\n", to: "a.md")
                try cluster.write("---\n# layout\ntitle: Mine\n---\nText.\n", to: "b.md")
                try cluster.write("\u{0}", to: "binary.md")
                let folder = cluster.directory.path
                try FileManager.default.createSymbolicLink(atPath: "\(folder)/link.md", withDestinationPath: "nowhere")
                #expect(mkfifo("\(folder)/pipe.md", 0o600) == 0)
                let arguments = ["publish", ".", "--author", "ann", "--web-url", "http://[::1]:8000/"]
                let result = try await cluster.command(arguments + ["--json"])
                #expect(result.code == 1, "\(result)")
                let report = try Self.members(result.output)
                func entries(_ name: String) -> [[String: JSONValue]] {
                    guard case .array(let items)? = report[name] else { return [] }
                    return items.compactMap { if case .object(let members) = $0 { members } else { nil } }
                }
                #expect(
                    entries("refused").map { [$0["path"]?.string, $0["code"]?.string] } == [
                        ["./binary.md", "not-text"], ["./link.md", "broken-link"], ["./pipe.md", "not-a-file"],
                    ]
                )
                var titles: [String] = []
                for post in entries("published") {
                    let id = try #require(post["id"]?.string)
                    #expect(post["url"]?.string == "http://[::1]:8000/posts/\(id)")
                    let shown = try Self.members(try await cluster.command(["post", id, "--json"]).output)
                    guard case .object(let live)? = shown["online"] else { continue }
                    titles.append(live["title"]?.string ?? "")
                }
                #expect(titles == ["The Title", "Mine"])
                let text = try await cluster.command(arguments)
                #expect(text.code == 1 && text.output.hasPrefix("Published 0, skipped 2, refused 3.\n"), "\(text)")
                #expect(text.output.contains("The link leads nowhere."))
            }
        }

        @Test func aTransactionIsShownByTheDigitsThatAWatchShows() async throws {
            try await withCluster { cluster in
                _ = try await cluster.publishedPost()
                let list = try Self.items(try await cluster.command(["transactions", "list", "--json"]).output)
                let gid = try #require(list.first?["gid"]?.string)
                for name in [String(gid.suffix(8)), "\u{2026}\(gid.suffix(8))", String(gid.prefix(35))] {
                    let shown = try await cluster.command(["transactions", "show", name])
                    #expect(shown.code == 0 && shown.output.contains(gid), "\(shown)")
                    #expect(try await cluster.command(["transactions", "retry", name]).code == 0)
                }
                let none = try await cluster.command(["transactions", "show", "0000"])
                #expect(none.code == 1 && none.error.contains("orchestrator transactions list"), "\(none)")
            }
        }

        @Test func anInterruptedPublishSaysToRunItAgain() async throws {
            try await withCluster { cluster in
                try cluster.write("# A", to: "a.md")
                try await cluster.restart(.orchestrator, failpoints: "coordinator.decide.before=pause(3000)@1")
                try await cluster.inTerminal(["publish", "a.md", "--author", "ann"]) { terminal in
                    try await eventually("both libraries have reserved") {
                        try cluster.barriers().filter { $0.state == .reserved }.count == 2
                    }
                    terminal.signal(SIGINT)
                    let death = try await terminal.waitForExit(within: .seconds(15))
                    #expect(death == .init(exitCode: 130))
                    #expect(terminal.output.contains("run the same command again"), "\(terminal.output)")
                }
                let again = try await cluster.command(["publish", "a.md", "--author", "ann"])
                #expect(again.code == 0, "\(again)")
            }
        }

        @Test func aTitleIsNoCommandToTheTerminal() async throws {
            try await withCluster { cluster in
                let title = "Evil \u{1B}]0;owned\u{7}\u{1B}[2J\u{9B}31m title"
                _ = try await cluster.publishedPost(RevisionText(title: title, content: "x"))
                for arguments in [["posts"], ["posts", "--author", "alice"], ["posts", "--json"]] {
                    let result = try await cluster.command(arguments)
                    #expect(result.code == 0 && result.output.contains("owned"))
                    #expect(
                        !result.output.unicodeScalars.contains {
                            $0 != "\n" && $0.properties.generalCategory == .control
                        }
                    )
                }
            }
        }
    }
}
