import Foundation
import OrchestratorCommands
import Posts
import TCC
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

@Suite("Command line: files and folders")
struct CommandLineFileTests {
    private let file = MarkdownFile(path: "notes/essay.v2.md", source: "/home/ada/notes/essay.v2.md")

    @Test("A file's content is its text as it is, its title the heading or else its name")
    func makesPost() throws {
        let post = try file.post(from: Data("text\r\n# Title \n".utf8))
        #expect(post.title == "Title")
        #expect(post.content == "text\r\n# Title \n")
        #expect(post.source == "/home/ada/notes/essay.v2.md")
        #expect(try file.post(from: Data("no heading".utf8)).title == "essay.v2")
    }

    @Test("A byte order mark is none of the text")
    func dropsByteOrderMark() throws {
        let bytes = Data([0xEF, 0xBB, 0xBF]) + Data("# Title".utf8)
        let post = try file.post(from: bytes)
        #expect(post.content == "# Title" && post.title == "Title")
        // Nor of its size.
        let largest = Data([0xEF, 0xBB, 0xBF]) + Data(repeating: 0x78, count: 512 << 10)
        #expect(try file.post(from: largest).content.utf8.count == 512 << 10)
    }

    @Test(
        "What is no text is refused, with what it is",
        arguments: [
            ([0xFF, 0xFE, 0x41, 0x00], "not-utf-8", "UTF-16"), ([0xFE, 0xFF, 0x00, 0x41], "not-utf-8", "UTF-16"),
            ([0xFF, 0xFE, 0x00, 0x00], "not-utf-8", "UTF-32"), ([0x41, 0x00], "not-text", "zero byte at 1"),
            ([0x41, 0xC0, 0x80], "not-utf-8", "line 1, byte 1"), ([0xED, 0xA0, 0x80], "not-utf-8", "byte 0"),
        ] as [([UInt8], String, String)]
    )
    func refusesWhatIsNoText(bytes: [UInt8], code: String, words: String) throws {
        let problem = try #require(throws: Problem.self) { try file.post(from: Data(bytes)) }
        #expect(problem.code == code && problem.detail.contains(words), "\(problem)")
    }

    @Test("A file that is not UTF-8 is refused, and the place is named")
    func refusesOtherEncodings() throws {
        let problem = try #require(throws: Problem.self) {
            try file.post(from: Data("# caf\u{E9}\nna".utf8) + Data([0xEF]) + Data("ve".utf8))
        }
        #expect(problem.code == "not-utf-8")
        #expect(problem.detail.contains("line 2, byte 10."))
    }

    @Test("A title or content that no service takes is refused before it is sent")
    func checksLimits() throws {
        let title = try #require(throws: Problem.self) {
            try file.post(from: Data(("# " + String(repeating: "x", count: 201)).utf8))
        }
        #expect(title.extensions["field"] == .string("title"))
        let content = try #require(throws: Problem.self) {
            try file.post(from: Data(repeating: 0x78, count: 512 << 10 | 1))
        }
        #expect(content.extensions["field"] == .string("content"))
    }

    @Test("A folder is searched in depth, what is hidden is left out, and each file comes once")
    func searchesFolders() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for path in ["b.md", "a/c.markdown", "a/D.MD", ".hidden.md", ".git/x.md", "notes.txt", "empty/x.txt"] {
            let url = URL(fileURLWithPath: "\(folder)/\(path)")
            let parent = url.deletingLastPathComponent()
            try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
            try Data().write(to: url)
        }
        try FileManager.default.createSymbolicLink(atPath: "\(folder)/a/loop.md", withDestinationPath: folder)
        try FileManager.default.createSymbolicLink(atPath: "\(folder)/a/link.md", withDestinationPath: "../b.md")

        let search = try MarkdownSearch(["\(folder)/", "\(folder)/a/../b.md", "\(folder)/empty"])
        let paths = search.files.map { $0.path.replacing(folder, with: "") }
        #expect(paths == ["/a/D.MD", "/a/c.markdown", "/a/link.md", "/b.md"])
        #expect(search.files.map(\.source).allSatisfy { !$0.contains("..") })
        #expect(search.emptyFolders == ["\(folder)/empty"])
        #expect(search.linkedFolders == ["\(folder)/a/loop.md"] && search.refused.isEmpty)
        #expect(try MarkdownSearch(["\(folder)/notes.txt"]).files.count == 1)
    }

    @Test("What cannot be published is listed with its reason, and nothing waits for a pipe", .timeLimit(.minutes(1)))
    func saysWhyNot() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }  // `try?`: a test's end has nobody to tell
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data("# A".utf8).write(to: URL(fileURLWithPath: "\(folder)/a.md"))
        for (link, target) in [("nowhere.md", "gone"), ("loop.md", "loop.md"), ("x.md", "y.md"), ("y.md", "x.md")] {
            try FileManager.default.createSymbolicLink(atPath: "\(folder)/\(link)", withDestinationPath: target)
        }
        #expect(mkfifo("\(folder)/pipe.md", 0o600) == 0)
        #expect(mkfifo("\(folder)/pipe", 0o600) == 0)
        try FileManager.default.createSymbolicLink(atPath: "\(folder)/device.md", withDestinationPath: "/dev/zero")
        let notUTF8 = [UInt8(0xE8), 0xE9].map { Array("\(folder)/caf".utf8) + [$0] + Array(".md".utf8) }
        // Not every file system has such names.
        let hasSuchNames = notUTF8.allSatisfy(Self.create)

        let search = try MarkdownSearch([folder])
        #expect(search.files.map { $0.name } == ["a.md"])
        var reasons: [String: String] = [:]
        for entry in search.refused {
            guard case .refused(let refusal) = entry.result else { continue }
            reasons[String(entry.path.dropFirst(folder.count + 1))] = refusal.code
        }
        var expected = [
            "nowhere.md": "broken-link", "loop.md": "broken-link", "x.md": "broken-link", "y.md": "broken-link",
            "pipe.md": "not-a-file", "device.md": "not-a-file",
        ]
        if hasSuchNames {
            for name in ["caf\\xE8.md", "caf\\xE9.md"] { expected[name] = "name-not-utf-8" }
            let arguments = notUTF8.map { RawName($0) }
            let mended = String(decoding: notUTF8[0], as: UTF8.self)
            let named = try MarkdownSearch([mended, mended, "\(folder)/a.md"], of: arguments)
            #expect(named.files.count == 1 && named.refused.count == 2)
            let missing = [RawName(notUTF8[0] + [0x78])]
            #expect(throws: CommandFailure.self) { try MarkdownSearch([mended + "x"], of: missing) }
        }
        #expect(reasons == expected)

        // Named, they are told of in the same way, and keep no other.
        let named = try MarkdownSearch(["\(folder)/pipe", "\(folder)/nowhere.md", "\(folder)/a.md"])
        #expect(named.files.count == 1 && named.refused.count == 2)
        // What is gone or changed since it was found.
        for (name, code) in [("none.md", "gone"), ("nowhere.md", "broken-link"), ("pipe.md", "not-a-file")] {
            let problem = #expect(throws: Problem.self) { try MarkdownFile(path: "\(folder)/\(name)").read() }
            #expect(problem?.code == code)
        }
        let large = "\(folder)/large.md"
        try Data(repeating: 0x78, count: (512 << 10) + 4).write(to: URL(fileURLWithPath: large))
        let tooLarge = #expect(throws: Problem.self) { try MarkdownFile(path: large).read() }
        #expect(tooLarge?.detail.contains("524292") == true)
        if getuid() != 0 {
            chmod("\(folder)/a.md", 0)
            let denied = #expect(throws: Problem.self) { try MarkdownFile(path: "\(folder)/a.md").read() }
            #expect(denied?.code == "unreadable" && denied?.detail.contains("permission denied") == true)
        }
    }

    private static func create(_ path: [UInt8]) -> Bool {
        let file = open(path.map { CChar(bitPattern: $0) } + [0], O_WRONLY | O_CREAT, 0o600)
        if file >= 0 { close(file) }
        return file >= 0
    }

    @Test("Names are bytes: two that look the same are two files, and a link leads to whatever it names")
    func namesAreBytes() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }  // `try?`: a test's end has nobody to tell
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let names = ["\u{E9}.md", "e\u{301}.md", "\u{600}.md"]
        let hasThem = names.allSatisfy { Self.create(Array("\(folder)/\($0)".utf8)) }
        let target = Array("\(folder)/caf".utf8) + [0xE9]
        let hasTarget = Self.create(target)
        if hasTarget { symlink(target.map { CChar(bitPattern: $0) } + [0], "\(folder)/link.md") }
        let search = try MarkdownSearch([folder])
        // A file system that takes names that look the same for one has fewer.
        if hasThem { #expect(search.files.count == (hasTarget ? 4 : 3) && search.refused.isEmpty) }
    }

    @Test("A path that does not exist is a mistake in the command line")
    func refusesMissingPath() throws {
        let failure = try #require(throws: CommandFailure.self) {
            try MarkdownSearch(["/there/is/no/such/path"])
        }
        #expect(failure.status == .usage)
        #expect(failure.description.contains("/there/is/no/such/path"))
    }
}
