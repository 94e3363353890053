import Foundation
import Supervision
import Testing

@Suite("Procfiles")
struct ProcfileTests {
    @Test("A line is a process; comments and empty lines are none")
    func lines() throws {
        let file = try Procfile("# ours\n\n  web: bin/web --port 80\nworker-2:LEVEL=debug bin/worker 'a b'\r\n")
        #expect(file.entries.map(\.name) == ["web", "worker-2"])
        #expect(file.entries.map(\.command) == ["bin/web --port 80", "LEVEL=debug bin/worker 'a b'"])
    }

    @Test("Lines may end as elsewhere, and begin with a byte order mark")
    func foreignEditors() throws {
        let file = try Procfile("\u{FEFF}a: one\r\nb: two\r\n\r\n")
        #expect(file.entries.map(\.name) == ["a", "b"])
        #expect(file.entries.map(\.command) == ["one", "two"])
    }

    @Test("What is quoted is nobody's business, and exec is what is done anyway")
    func quotes() throws {
        let file = try Procfile("a: curl 'http://x/?a=1&b=2' \\; \"(\"\nb: exec  bin/b -x")
        #expect(file.entries.map(\.command) == ["curl 'http://x/?a=1&b=2' \\; \"(\"", "bin/b -x"])
        #expect(throws: Procfile.Malformed.self) { try Procfile("a: echo 'x' & y") }
    }

    @Test(
        "What cannot be run is refused, with its line",
        arguments: [
            ("", "it names no process"), ("# nothing\n", "it names no process"),
            ("web bin/web", "line 1 is not 'name: command': web bin/web"),
            ("a: b\n: bin/web", "line 2 is not 'name: command': : bin/web"),
            ("web:", "line 1 is not 'name: command': web:"), ("a b: c", "line 1 is not 'name: command': a b: c"),
            ("a: b\na: c", "it names 'a' twice"),
            (
                "a: cd x && b",
                "line 1 has a '&' in its command; "
                    + "a command is one program; put what needs a shell into a script of its own"
            ),
        ]
    )
    func malformed(text: String, description: String) {
        #expect(throws: Procfile.Malformed.self) { try Procfile(text) }
        do { _ = try Procfile(text) } catch { #expect("\(error)" == description) }
    }

    @Test("The repository's own names the four processes")
    func ownProcfile() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
        let text = try String(contentsOf: folder.appending(path: "Procfile"), encoding: .utf8)
        let names = ["draft-service", "online-service", "orchestrator", "web-service"]
        #expect(try Procfile(text).entries.map(\.name) == names)
    }
}
