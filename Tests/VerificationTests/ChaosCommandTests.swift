import Foundation
import Supervision
import Testing

@Suite("chaos verify and chaos report", .timeLimit(.minutes(1)))
struct ChaosCommandTests {
    private final class Bundle {}

    private static func program() throws -> String {
        let tests = Foundation.Bundle(for: Bundle.self).bundleURL
        // In the folder of the tests; on macOS these are a folder of their own in it.
        let places = [tests, tests.deletingLastPathComponent()].map { $0.appending(path: "chaos").path }
        return try #require(places.first { FileManager.default.isExecutableFile(atPath: $0) })
    }

    private static func chaos(_ arguments: String...) async throws -> ChildCommand.Ended {
        await ChildCommand(name: "chaos", program: try program(), arguments: arguments).runToItsEnd()
    }

    /// Runs a line of shell in a folder, in which `chaos` is the command.
    private static func shell(_ line: String, in folder: URL) async throws -> ChildCommand.Ended {
        let script = "chaos() { '\(try program())' \"$@\"; }; \(line)"
        return await ChildCommand(
            name: "sh",
            program: "/bin/sh",
            arguments: ["-c", script],
            environment: ["TMPDIR": folder.path],
            folder: folder.path
        )
        .runToItsEnd()
    }

    private static func files(in folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }

    #if os(Linux)
    private static let unwritable = ["2>&-", "2>/dev/full", "2>&1 | head -1"]
    #else
    private static let unwritable = ["2>&-", "2>&1 | head -1"]
    #endif

    private static func withFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "chaos-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // `try?`: a test's end has nobody to tell
        try await body(folder)
    }

    @Test("The exit code is the verdict")
    func verdicts() async throws {
        try await Self.withFolder { folder in
            let file = folder.appending(path: "history.jsonl")
            var history = SmallHistory()
            try history.data.write(to: file)
            let valid = try await Self.chaos("verify", file.path)
            #expect(valid.death == .exited(0))
            #expect(valid.output.hasPrefix("valid: the ten invariants hold."))
            #expect(valid.output.contains("5 of 3 or more"))

            try history.data.dropLast(30).write(to: file)
            let unknown = try await Self.chaos("verify", file.path)
            #expect(unknown.death == .exited(3))
            #expect(unknown.output.contains("The history is cut off"))
            #expect(unknown.output.contains("last line was cut off"))

            history.change(#""type":"spent""#, from: #""count":1"#, to: #""count":2"#)
            try history.data.write(to: file)
            let invalid = try await Self.chaos("verify", file.path)
            #expect(invalid.death == .exited(1))
            #expect(invalid.output.contains("VIOLATED invariant 3: 1 charges are committed, 2 were spent"))
            let json = try await Self.chaos("verify", "--json", file.path)
            #expect(json.death == .exited(1))
            #expect(json.output.contains(#""verdict":"invalid""#))
            #expect(json.output.contains(#""recordedVerdict":"valid""#))
        }
    }

    @Test("A file that is no history is wrong usage, and says which line is wrong")
    func unusable() async throws {
        try await Self.withFolder { folder in
            let file = folder.appending(path: "history.jsonl")
            try Data("{\"at\":0,\"type\":\"healed\"}\nhello\n".utf8).write(to: file)
            for command in ["verify", "report"] {
                let ended = try await Self.chaos(command, file.path)
                #expect(ended.death == .exited(2))
                #expect(ended.error.contains("line 2 is not JSON"))
                let missing = try await Self.chaos(command, folder.appending(path: "nothing").path)
                #expect(missing.death == .exited(2))
                #expect(missing.error.contains("cannot be read"))
                #expect(try await Self.chaos(command).death == .exited(2))
            }
        }
    }

    @Test("The page goes beside the history, or where it is wanted, and never over the history")
    func report() async throws {
        try await Self.withFolder { folder in
            let file = folder.appending(path: "history.jsonl")
            try SmallHistory().data.write(to: file)
            #expect(try await Self.chaos("report", file.path).death == .exited(0))
            let page = try String(contentsOf: folder.appending(path: "history.html"), encoding: .utf8)
            #expect(page.contains("</span> Valid</h1>"))
            let other = folder.appending(path: "other.html")
            let ended = try await Self.chaos("report", file.path, "--output", other.path)
            #expect(ended.output == "valid: \(other.path)\n")
            #expect(try String(contentsOf: other, encoding: .utf8) == page)
            #expect(try await Self.chaos("report", file.path, "--output", file.path).death == .exited(2))
            #expect(try Data(contentsOf: file) == SmallHistory().data)
            let nowhere = try await Self.chaos(
                "report",
                file.path,
                "--output",
                folder.appending(path: "no/page.html").path
            )
            #expect(nowhere.death == .exited(2))
            #expect(nowhere.error.contains("--output must be a file that can be written; "))
            let inFolder = try await Self.chaos("report", file.path, "--output", folder.path)
            #expect(inFolder.death == .exited(2))
            #expect(inFolder.error.contains("--output must be a file that can be written; "))
        }
    }

    @Test("What is no file stays what it is, and gets the page")
    func reportToAPipe() async throws {
        try await Self.withFolder { folder in
            try SmallHistory().data.write(to: folder.appending(path: "history.jsonl"))
            let script =
                "mkfifo pipe; cat pipe > page & chaos report history.jsonl --output pipe; code=$?; wait; exit $code"
            let ended = try await Self.shell("\(script)", in: folder)
            #expect(ended.death == .exited(0), "\(ended.error)")
            let pipe = folder.appending(path: "pipe").path
            let type = try FileManager.default.attributesOfItem(atPath: pipe)[.type] as? FileAttributeType
            #expect(type != .typeRegular)
            let page = try String(contentsOf: folder.appending(path: "page"), encoding: .utf8)
            #expect(page.contains("</span> Valid</h1>"))
            #expect(page.hasSuffix("</html>\n"))

            try FileManager.default.createSymbolicLink(
                atPath: folder.appending(path: "link.html").path,
                withDestinationPath: "page"
            )
            #expect(
                try await Self.shell("chaos report history.jsonl --output link.html", in: folder).death == .exited(0)
            )
            let link = folder.appending(path: "link.html").path
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "page")
            #expect(try String(contentsOf: folder.appending(path: "page"), encoding: .utf8) == page)
        }
    }

    @Test("Where there is nowhere to complain, the work goes on", arguments: unwritable)
    func noStandardError(_ redirection: String) async throws {
        try await Self.withFolder { folder in
            let ended = try await Self.shell(
                "(chaos simulate --seeds 3; echo code $? >&3) 3>code \(redirection)",
                in: folder
            )
            #expect(ended.death == .exited(0))
            let code = try String(contentsOf: folder.appending(path: "code"), encoding: .utf8)
            #expect(code == "code 0\n")
            // `head` has the line about the speed instead.
            #expect(ended.output.contains(redirection.contains("head") ? "worlds a second" : "3 worlds"))
        }
    }

    @Test("A real run that cannot say how far it is leaves its history, and nothing else", arguments: unwritable)
    func runWithoutStandardError(_ redirection: String) async throws {
        try await Self.withFolder { folder in
            let command = "chaos run --duration 1s --faults kill --history history.jsonl --min-refused 0 --min-faults 0"
            let ended = try await Self.shell("(\(command); echo code $? >&3) 3>code \(redirection)", in: folder)
            #expect(ended.death == .exited(0))
            let code = try String(contentsOf: folder.appending(path: "code"), encoding: .utf8)
            // Whether a second is enough is not the question.
            #expect(["code 0\n", "code 3\n"].contains(code))
            #expect(try Self.files(in: folder) == ["code", "history.jsonl"])
        }
    }

    @Test("A verdict that cannot be written is no good news")
    func noStandardOutput() async throws {
        try await Self.withFolder { folder in
            try SmallHistory().data.write(to: folder.appending(path: "history.jsonl"))
            var lost = [">&-"]
            #if os(Linux)
            lost.append(">/dev/full")
            #endif
            for command in ["verify history.jsonl", "report history.jsonl", "simulate --seeds 2", "simulate --seed 3"] {
                for redirection in lost {
                    let ended = try await Self.shell("chaos \(command) \(redirection)", in: folder)
                    #expect(ended.death == .exited(3), "\(command) \(redirection)")
                    #expect(ended.error.contains("error: the output cannot be written: "))
                }
                // A reader that has seen enough is no error.
                let read = try await Self.shell("(chaos \(command); echo $? > code) | true; cat code", in: folder)
                #expect(read.output == "0\n", "\(command)")
            }
        }
    }

    @Test("Ctrl-C ends it with what it has found so far", arguments: ["simulate --seeds 1000000", "search --delays 9"])
    func interrupted(_ command: String) async throws {
        try await Self.withFolder { folder in
            // A shell without job control has its background commands ignore SIGINT.
            let script = "chaos \(command) > output & sleep 2; kill -TERM $!; wait $!; code=$?; cat output; exit $code"
            let ended = try await Self.shell(script.replacing("chaos", with: "'\(try Self.program())'"), in: folder)
            #expect(ended.death == .exited(143))
            #expect(ended.output.contains(", 0 invalid\n"))
            #expect(ended.output.contains("stopped before "))
        }
    }

    @Test("What is said is there at once, also through a pipe")
    func unbuffered() async throws {
        try await Self.withFolder { folder in
            let wait = "for i in 1 2 3 4 5 6 7 8; do grep -q all.orders: output && break; sleep 5; done"
            let script = "chaos search --delays 9 > output & \(wait); cat output; kill -KILL $!; exit 0"
            let ended = try await Self.shell(script.replacing("chaos", with: "'\(try Self.program())'"), in: folder)
            #expect(ended.output.contains("all orders: "))
        }
    }

    @Test("A history cannot be a folder, and the error says so")
    func historyIsAFolder() async throws {
        try await Self.withFolder { folder in
            let ended = try await Self.shell("chaos run --duration 1s --history .", in: folder)
            #expect(ended.death == .exited(2))
            #expect(ended.error.contains("error: --history must be a file that can be written; '.' is a folder"))
            let nowhere = try await Self.shell("chaos run --duration 1s --history no/history.jsonl", in: folder)
            #expect(nowhere.death == .exited(2))
            let reason = "error: --history must be a file that can be written; 'no/history.jsonl' cannot be written: "
            #expect(nowhere.error.contains(reason))
            #expect(try Self.files(in: folder).isEmpty)
        }
    }

    @Test(
        "What names nothing in a world is wrong usage",
        arguments: [
            (["--requests", "99.99"], "The world of seed 1 has no request 99.99; see"),
            (["--requests", "0.0,99.99"], "The world of seed 1 has no request 99.99; see"),
            (["--faults", "99999999"], "In the world of seed 1 no fault has the number 99999999; see"),
        ]
    )
    func namesOfNothing(_ arguments: [String], _ error: String) async throws {
        let program = try Self.program()
        let ended = await ChildCommand(
            name: "chaos",
            program: program,
            arguments: ["simulate", "--seed", "1"] + arguments
        )
        .runToItsEnd()
        #expect(ended.death == .exited(2))
        #expect(ended.error.contains(error), "\(ended.error)")
    }

    @Test("Requests and faults that a world has can be chosen, and none at all")
    func names() async throws {
        for arguments in [("0.0", "none"), ("none", "none")] {
            let ended = try await Self.chaos(
                "simulate",
                "--seed",
                "1",
                "--requests",
                arguments.0,
                "--faults",
                arguments.1
            )
            #expect(ended.death == .exited(0), "\(ended.error)")
        }
    }

    @Test(
        "A number below zero is refused as what it is",
        arguments: [
            (["simulate", "--seed", "-1"], "The value '-1' is invalid for '--seed <number>'"),
            (["simulate", "--seeds", "-5"], "--seeds must be 1 to 1000000000; see"),
            (["run", "--seed", "-1"], "The value '-1' is invalid for '--seed <number>'"),
            (["run", "--clients", "-1"], "--clients must be 1 to 256; see"),
            (["run", "--min-faults", "-1"], "--min-faults must be 0 to 1000000000; see"),
            (["run", "--duration", "-5s"], "The value '-5s' is invalid for '--duration <time>'"),
            (["search", "--delays", "-1"], "--delays must be 0 to 1000; see"),
            (["sweep", "--jobs", "-1"], "--jobs must be 1 to 64; see"),
        ]
    )
    func negativeNumbers(_ arguments: [String], _ error: String) async throws {
        let ended = await ChildCommand(name: "chaos", program: try Self.program(), arguments: arguments).runToItsEnd()
        #expect(ended.death == .exited(2))
        #expect(ended.error.contains(error), "\(ended.error)")
    }
}
