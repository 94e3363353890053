import ArgumentParser
import Benchmark
import ChaosCommands
import DraftLibrary
import Hosting
import OnlineLibrary
import OrchestratorCommands
import Pages
import TCCHTTP
import Testing

/// Every flag of every command, with values that cannot be: none of it may trap, which would end the tests.
@Suite("Settings: a fuzz of flags and environment", .timeLimit(.minutes(5)))
struct SettingsFuzzTests {
    /// A command and its flags.
    struct Command: Sendable, CustomTestStringConvertible {
        let root: any ParsableCommand.Type
        let path: [String]
        let flags: [String]
        let testDescription: String

        static let all: [Command] = {
            let roots: [any ParsableCommand.Type] = [
                OrchestratorCommand.self, DraftService.self, OnlineService.self, WebService.self, BenchCommand.self,
                ChaosCommand.self,
            ]
            return roots.flatMap { below($0, $0, []) }
        }()

        private static func below(
            _ root: any ParsableCommand.Type,
            _ type: any ParsableCommand.Type,
            _ path: [String]
        ) -> [Command] {
            let inner = type.configuration.subcommands.flatMap { below(root, $0, path + [$0._commandName]) }
            guard inner.isEmpty else { return inner }
            let help = root.helpMessage(for: type, includeHidden: true, columns: 200)
            let flags = help.split(separator: "\n").filter { $0.hasPrefix("  --") || $0.hasPrefix("  -") }
                .compactMap { $0.firstMatch(of: /--[a-z][a-z-]*/).map { String($0.output) } }
                .filter { !["--help", "--version"].contains($0) }
            let name = ([root._commandName] + path).joined(separator: " ")
            return [Command(root: root, path: path, flags: flags, testDescription: name)]
        }
    }

    private static let variables = HostSettings.variables + ["TCC_FAILPOINTS", "ORCHESTRATOR_URL", "WEB_URL"]
    /// The argument parser checks all its declarations at each use in a debug build, which takes most of the time.
    private static let rounds = 20

    @Test("No flag traps, and each that is refused is named in one line", arguments: Command.all)
    func noFlagTraps(_ command: Command) {
        var fuzz = SettingsFuzz(seed: UInt64(command.testDescription.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) }))
        #expect(!command.flags.isEmpty || command.path == ["failpoints"] || command.path == ["demo"])
        for _ in 0..<Self.rounds {
            var arguments = command.path
            for _ in 0..<(1 + fuzz.below(3)) {
                if !command.flags.isEmpty { arguments.append(fuzz.pick(command.flags)) }
                if fuzz.below(8) > 0 { arguments.append(fuzz.value()) }
            }
            do {
                _ = try command.root.parseAsRoot(arguments)
            } catch {
                let line = UsageError.line(command.root, error, arguments)
                #expect(!line.contains("\n") && !line.contains("\u{1B}") && line.hasSuffix(" --help'."), "\(line)")
            }
        }
    }

    @Test(
        "No variable traps, and each that is refused is named",
        arguments: ["serve", "draft-service", "online-service", "web-service"]
    )
    func noVariableTraps(_ name: String) throws {
        let parsed: any ParsableCommand =
            switch name {
            case "serve": try OrchestratorCommand.parseAsRoot(["serve"])
            case "draft-service": try DraftService.parseAsRoot([])
            case "online-service": try OnlineService.parseAsRoot([])
            default: try WebService.parseAsRoot([])
            }
        let process = try #require(parsed as? any SettingsChecked)
        var fuzz = SettingsFuzz(seed: UInt64(name.utf8.count))
        var taken = 0
        for _ in 0..<4000 {
            var environment: [String: String] = [:]
            for _ in 0..<(1 + fuzz.below(4)) { environment[fuzz.pick(Self.variables)] = fuzz.value() }
            if fuzz.below(8) == 0 { environment["TCC_FAILPOINTS"] = fuzz.pick(SettingsFuzz.failpoints) }
            do {
                try process.checkSettings(environment)
                taken += 1
            } catch {
                let isNamed = environment.keys.contains { "\(error)".contains($0) }
                #expect(isNamed || error is ValidationError, "\(environment): \(error)")
            }
        }
        #expect(taken > 100)
    }

    @Test("No address of a service, no length of time and no list of numbers traps")
    func noTextTraps() {
        var fuzz = SettingsFuzz(seed: 3)
        for _ in 0..<4000 {
            let text = fuzz.value()
            // `try?`: most are refused; that they are is what the other tests are about.
            _ = try? ServiceAddresses(flags: [.orchestrator: text], secretFile: text, environment: ["DRAFT_URL": text])
            if let length = Length(argument: text) {
                #expect(length.duration > .zero && length.duration <= .seconds(30 * 86_400))
            }
            if let counts = Counts(argument: text) { #expect(counts.values.allSatisfy { $0 >= 1 }) }
        }
    }

    @Test("A number that a setting may be is taken, from a flag and from the environment alike")
    func takesWhatCanBe() throws {
        let serve = try #require(try OrchestratorCommand.parseAsRoot(["serve"]) as? any SettingsChecked)
        for (name, good, bad) in [
            ("PORT", ["0", "65535", "08080"], ["-1", "65536", "80833", "1.0", "x", "99999999999999999999"]),
            ("RETENTION", ["1", "86400.5"], ["0", "0.999", "nan", "inf", "1e300", "-5", "315360001"]),
            ("TRY_TIMEOUT", ["0.001", "3600", "3."], ["0", "0.0001", "3600.1", "1e3", "nan"]),
            ("ANSWER_TIMEOUT", ["0", "2"], ["-0.1", "3601"]), ("CALL_TIMEOUT", [".5"], ["0", "inf"]),
            ("DEADLINE_MARGIN", ["0", "1800"], ["1801", "3600", "-1", "nan"]),
            ("MAX_IN_FLIGHT", ["1", "1000000"], ["0", "1000001", "-3", "1e3"]),
            ("HOST", ["127.0.0.1", "::1", "localhost"], ["[::1]", "a b", "1.2.3", "h:1"]),
            ("LOG_LEVEL", ["info", "Debug"], ["loud", "1"]), ("DATA_DIR", ["d"], ["a\u{0}b", "a\nb"]),
            ("SECRET_FILE", ["s"], ["a\u{0}b", "a\nb", String(repeating: "a", count: 4097)]),
            ("DRAFT_URL", ["http://[::1]:1/"], ["http://h:80833", "h:1", "http://h?"]),
            ("ONLINE_URL", ["https://h/x"], ["http://h:0", "http://u@h"]),
            ("DEVELOPMENT_SIGN_IN", ["0", "1"], ["yes", "2"]),
        ] {
            let flag = "--" + name.lowercased().replacing("_", with: "-")
            let isSwitch = name == "DEVELOPMENT_SIGN_IN"
            _ = try OrchestratorCommand.parseAsRoot(["serve", flag] + (isSwitch ? [] : [good[0]]))
            for value in good { try serve.checkSettings([name: value]) }
            for (index, value) in bad.enumerated() {
                for isFlag in index == 0 && !isSwitch ? [true, false] : [false] {
                    let refuse = {
                        if isFlag { _ = try OrchestratorCommand.parseAsRoot(["serve", flag, value]) }
                        try serve.checkSettings([name: value])
                    }
                    let error = #expect(throws: (any Error).self, "\(name)=\(value)") { try refuse() }
                    guard let error else { continue }
                    let line = UsageError.line(OrchestratorCommand.self, error, ["serve"])
                    #expect(line.hasPrefix("\(flag) (or \(name)) must "), "\(line)")
                }
            }
            // No value at all is the default.
            try serve.checkSettings([name: ""])
        }
    }

    @Test(
        "A participant has a name of its own and a URL that can be called",
        arguments: [
            ["x"], ["=http://h"], ["a="], ["A=http://h"], ["a b=http://h"], ["draft=http://h"], ["online=http://h"],
            ["a=http://h", "a=http://i"], ["typo=http://127.0.0.1:80833"], ["a=h:1"],
            [String(repeating: "a", count: 65) + "=http://h"],
        ]
    )
    func participants(_ participants: [String]) {
        let arguments = ["serve"] + participants.flatMap { ["--participant", $0] }
        let error = #expect(throws: (any Error).self) { try OrchestratorCommand.parseAsRoot(arguments) }
        guard let error else { return }
        #expect(UsageError.line(OrchestratorCommand.self, error, arguments).hasPrefix("--participant "))
    }

    @Test("A failpoint that there is not is refused with its variable's name")
    func failpoints() throws {
        let serve = try #require(try OrchestratorCommand.parseAsRoot(["serve"]) as? any SettingsChecked)
        for text in SettingsFuzz.failpoints {
            do {
                try serve.checkSettings(["TCC_FAILPOINTS": text])
            } catch {
                #expect(UsageError.line(OrchestratorCommand.self, error, ["serve"]).hasPrefix("TCC_FAILPOINTS: "))
            }
        }
    }
}
