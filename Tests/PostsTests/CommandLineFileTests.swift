import Foundation
import OrchestratorCommands
import Posts
import TCC
import Testing

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

    @Test("A byte order mark stays in the content")
    func keepsByteOrderMark() throws {
        let bytes = Data([0xEF, 0xBB, 0xBF]) + Data("# Title".utf8)
        #expect(Data(try file.post(from: bytes).content.utf8) == bytes)
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
        #expect(try MarkdownSearch(["\(folder)/notes.txt"]).files.count == 1)
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
