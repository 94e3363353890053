import Foundation
import Hosting
import Supervision
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The programs themselves, as they are started.
@Suite("Settings: what each program says of a setting that cannot be", .timeLimit(.minutes(5)))
struct ProgramSettingsTests {
    private final class Bundle {}

    /// A program, how it is called, and what its one line has to name.
    struct Refusal: Sendable, CustomTestStringConvertible {
        let program: String
        let arguments: [String]
        var environment: [String: String] = [:]
        let names: String

        var testDescription: String { ([program] + arguments).joined(separator: " ") + " \(environment)" }

        static let all: [Refusal] = {
            var all: [Refusal] = []
            for (program, arguments) in [
                ("orchestrator", ["serve"]), ("draft-service", []), ("online-service", []),
            ] {
                for (flag, value) in [
                    ("--port", "80833"), ("--retention", "1e300"), ("--host", "no host"), ("--log-level", "loud"),
                    ("--data-dir", ""), ("--data-dir", "file"), ("--data-dir", "file/below"),
                    ("--secret-file", "folder"),
                    ("--secret-file", "short"), ("--secret-file", "empty"), ("--secret-file", "pipe"),
                    ("--secret-file", "/dev/zero"), ("--secret-file", "file/below"), ("--host", "203.0.113.1"),
                    ("--host", "no-such-host.invalid"),
                    // As Swift reads an argument that is not UTF-8.
                    ("--data-dir", "caf\u{FFFD}"), ("--secret-file", "caf\u{FFFD}"),
                ] {
                    all.append(Refusal(program: program, arguments: arguments + [flag, value], names: flag))
                }
                all.append(
                    Refusal(
                        program: program,
                        arguments: arguments,
                        environment: ["TCC_FAILPOINTS": "x=crash"],
                        names: "TCC_FAILPOINTS"
                    )
                )
            }
            for program in ["draft-service", "online-service"] {
                let arguments = ["--coordinator-url", "http://127.0.0.1:80833"]
                all.append(Refusal(program: program, arguments: arguments, names: "--coordinator-url"))
                all.append(
                    Refusal(
                        program: program,
                        arguments: [],
                        environment: ["COORDINATOR_URL": "h:1"],
                        names: "COORDINATOR_URL"
                    )
                )
            }
            for (arguments, names) in [
                (["--port", "80833"], "--port"), (["--host", "no host"], "--host"),
                (["--draft-url", "http://127.0.0.1:80833"], "--draft-url"), (["--online-url", "h:1"], "--online-url"),
                (["--coordinator-url", "http://[::1"], "--coordinator-url"),
                (["--public-url", "posts.example"], "--public-url"), (["--image-origin", "x"], "--image-origin"),
                (["--development-sign-in", "--host", "0.0.0.0"], "--development-sign-in"),
                (["--host", "no-such-host.invalid"], "--host"),
            ] {
                all.append(Refusal(program: "web-service", arguments: arguments, names: names))
            }
            for (arguments, names) in [
                (["serve", "--host", "0.0.0.0", "--development-sign-in"], "--development-sign-in"),
                (["serve", "--participant", "typo=http://127.0.0.1:80833"], "--participant"),
                (["serve", "--draft-url", "http://[::1"], "--draft-url"),
                (["serve", "--try-timeout", "nan"], "--try-timeout"),
                (["serve", "--deadline-margin", "3600"], "--deadline-margin"),
                (["serve", "--max-in-flight", "99999999999999999999"], "--max-in-flight"),
                (["posts", "--online-url", "http://h:80833"], "--online-url"),
                (["transactions", "list", "--url", "http://u@h"], "--url"),
                (["transactions", "list", "--secret-file", "folder"], "--secret-file"),
                (["token", "--role", "author", "--sub", "a", "--ttl", "1e300"], "--ttl"),
                (["up", "--data-dir", "file"], "--data-dir"), (["up", "--host", "no host"], "--host"),
            ] {
                all.append(Refusal(program: "orchestrator", arguments: arguments, names: names))
            }
            for (arguments, names) in [
                (["simulate", "--seeds", "0"], "--seeds"),
                (["simulate", "--seeds", "99999999999999999999"], "--seeds"),
                (["run", "--duration", "nan"], "--duration"), (["run", "--min-faults", "-1"], "--min-faults"),
                (["search", "--delays", "1001"], "--delays"), (["sweep", "--jobs", "65"], "--jobs"),
            ] {
                all.append(Refusal(program: "chaos", arguments: arguments, names: names))
            }
            for (arguments, names) in [
                (["publish", "--concurrency", "9223372036854775807"], "--concurrency"),
                (["overload", "--concurrency", "4611686018427387904"], "--concurrency"),
                (["publish", "--duration", "1e300"], "--duration"), (["publish", "--duration", "700h"], "--duration"),
                (["files", "--count", "0"], "--count"),
            ] {
                all.append(Refusal(program: "bench", arguments: arguments, names: names))
            }
            for program in ["quota-service", "promotion-service"] {
                var settings = [
                    ("PORT", "80833"), ("PORT", "many"), ("DATA_DIR", "file"), ("SECRET_FILE", "none"),
                    ("SECRET_FILE", "short"), ("SECRET_FILE", "pipe"), ("TCC_FAILPOINTS", "x"),
                ]
                settings.append((program == "quota-service" ? "COORDINATOR_URL" : "QUOTA_URL", "http://h:80833"))
                for (name, value) in settings {
                    all.append(Refusal(program: program, arguments: [], environment: [name: value], names: name))
                }
            }
            return all
        }()
    }

    private static func program(_ name: String) throws -> String {
        let tests = Foundation.Bundle(for: Bundle.self).bundleURL
        // In the folder of the tests; on macOS these are a folder of their own in it.
        let places = [tests, tests.deletingLastPathComponent()].map { $0.appending(path: name).path }
        return try #require(places.first { FileManager.default.isExecutableFile(atPath: $0) })
    }

    /// Runs a command until it listens or ends; one that listens is stopped by the end of its standard input.
    private static let untilItServes = """
        mkfifo input; : > output; "$@" < input > output & program=$!; exec 3> input
        while kill -0 $program 2>/dev/null && ! grep -q listening output; do sleep 0.05; done
        exec 3>&-; wait $program
        """

    /// Runs a program in a folder of its own, with things in it that are no directory and no secret.
    private static func run(
        _ name: String,
        _ arguments: [String],
        _ environment: [String: String],
        isServing: Bool = false
    ) async throws -> ChildCommand.Ended {
        let folder = FileManager.default.temporaryDirectory.appending(path: "settings-\(UUID())")
        try FileManager.default.createDirectory(at: folder.appending(path: "folder"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // `try?`: a test's end has nobody to tell
        for (file, text) in [
            ("file", "x"), ("short", "x"), ("empty", ""), ("secret", String(repeating: "s", count: 64)),
        ] {
            try Data(text.utf8).write(to: folder.appending(path: file))
        }
        mkfifo(folder.appending(path: "pipe").path, 0o600)
        var changes: [String: String?] = Dictionary(
            uniqueKeysWithValues: (HostSettings.variables + ["TCC_FAILPOINTS", "ORCHESTRATOR_URL"]).map { ($0, nil) }
        )
        // What is not refused stops by itself once its standard input ends.
        changes[HostSettings.stopWithStandardInput] = isServing ? "1" : nil
        changes["PORT"] = "0"
        changes["SECRET_FILE"] = "secret"
        for (name, value) in environment { changes[name] = value }
        let program = try program(name)
        return await ChildCommand(
            name: name,
            program: isServing ? "/bin/sh" : program,
            arguments: isServing ? ["-c", untilItServes, "sh", program] + arguments : arguments,
            environment: changes,
            folder: folder.path
        )
        .runToItsEnd()
    }

    @Test("It is refused at once, with exit code 2 and one line that names it", arguments: Refusal.all)
    func refuses(_ refusal: Refusal) async throws {
        let ended = try await Self.run(refusal.program, refusal.arguments, refusal.environment)
        #expect(ended.death == .exited(2), "\(ended)")
        let lines = ended.error.split(separator: "\n")
        #expect(lines.count == 1 && lines.first?.hasPrefix("error: ") == true, "\(ended)")
        #expect(ended.error.contains(refusal.names), "\(ended)")
        #expect(ended.output.isEmpty, "\(ended)")
    }

    @Test("An address of IPv6 and one with a path are taken")
    func takesWhatCanBe() async throws {
        let arguments = ["serve", "--draft-url", "http://[::1]:8081/", "--participant", "a-1=https://h.example/tcc/"]
        let ended = try await Self.run(
            "orchestrator",
            arguments,
            ["DRAFT_URL": "nonsense, but the flag beats it"],
            isServing: true
        )
        #expect(ended.death == .exited(0), "\(ended)")
    }

    @Test(
        "Whatever it is started with, a program ends by itself and says what is wrong in one line",
        arguments: ["orchestrator", "draft-service", "online-service"]
    )
    func fuzz(_ program: String) async throws {
        var fuzz = SettingsFuzz(seed: 5)
        let flags =
            ["--port", "--host", "--data-dir", "--secret-file", "--log-level", "--retention"]
            + (program == "orchestrator"
                ? ["--participant", "--try-timeout", "--max-in-flight"] : ["--coordinator-url"])
        for _ in 0..<8 {
            let flag = fuzz.pick(flags)
            // A C string ends at its first zero byte, and nothing is written outside the test's folder.
            let value = fuzz.value().filter { $0 != "\0" }
            if flag == "--data-dir" || flag == "--secret-file", value.hasPrefix("/") || value.contains("..") {
                continue
            }
            let arguments = (program == "orchestrator" ? ["serve"] : []) + [flag, value]
            let ended = try await Self.run(program, arguments, [:], isServing: true)
            let isOrderly = [.exited(0), .exited(1), .exited(2)].contains(ended.death)
            #expect(isOrderly, "\(arguments): \(ended)")
            if ended.death != .exited(0) {
                #expect(ended.error.split(separator: "\n").count == 1, "\(arguments): \(ended)")
            }
        }
    }
}
