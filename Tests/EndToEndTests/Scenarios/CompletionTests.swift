import Foundation
import Testing

extension EndToEnd {
    /// Shell completions, as a shell uses them.
    @Suite(.serialized)
    struct CompletionTests {
        private static let folder = FileManager.default.temporaryDirectory

        @Test(arguments: ["orchestrator", "draft-service", "online-service"], ["bash", "zsh", "fish"])
        func theScriptGoesToStandardOutput(executable: String, shell: String) async throws {
            let script = try await script(executable, shell)
            #expect(script.contains(executable) && script.contains("log-level"))
        }

        private func script(_ executable: String, _ shell: String) async throws -> String {
            let file = Self.folder.appendingPathComponent("completion-\(UInt64.random(in: .min ... .max))")
            defer { try? FileManager.default.removeItem(at: file) }  // `try?`: the system clears what is left
            return try await withTerminal(
                try BuildFolder.executable(executable),
                ["--generate-completion-script", shell],
                directory: Self.folder,
                outputFile: file
            ) { terminal in
                let death = try await terminal.waitForExit()
                #expect(death == .init(exitCode: 0) && terminal.output.isEmpty)
                return String(decoding: try Data(contentsOf: file), as: UTF8.self)
            }
        }

        @Test(
            .enabled(if: FileManager.default.isExecutableFile(atPath: "/bin/bash")),
            arguments: [
                ("orchestrator tr", "transactions"), ("orchestrator del", "delete"),
                ("orchestrator transactions w", "watch"),
                ("orchestrator transactions list --state tr", "trying"), ("orchestrator token --role op", "operator"),
                ("orchestrator serve --log-level crit", "critical"), ("orchestrator publish --author a no", "notes.md"),
                ("draft-service --log-level deb", "debug"), ("online-service --ret", "--retention"),
            ]
        )
        func bashCompletes(line: String, completion: String) async throws {
            let words = line.split(separator: " ").map(String.init)
            let folder = Self.folder.appendingPathComponent("completion-\(UInt64.random(in: .min ... .max))")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }  // `try?`: the system clears what is left
            for name in ["notes.md", "no.txt", "script"] {
                let text = name == "script" ? try await script(words[0], "bash") : ""
                try Data(text.utf8).write(to: folder.appendingPathComponent(name))
            }
            let test = """
                bash -n script || exit 9
                source ./script
                COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9
                _\(words[0]) "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
                printf '<%s>' "${COMPREPLY[@]}"
                """
            let bash = URL(fileURLWithPath: "/bin/bash")
            try await withTerminal(bash, ["--norc", "-c", test, "bash"] + words, directory: folder) { terminal in
                let death = try await terminal.waitForExit()
                #expect(death == .init(exitCode: 0))
                #expect(terminal.output == "<\(completion)>")
            }
        }
    }
}
