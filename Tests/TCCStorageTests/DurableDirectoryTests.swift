import Foundation
import TCCStorage
import Testing

@Suite("Directories that survive a loss of power")
struct DurableDirectoryTests {
    @Test(arguments: [
        ("a", "."), ("/", "/"), ("/a", "/"), ("/a/", "/"), ("a/b", "a"), ("a/b/", "a"), ("a//b", "a"),
        ("/a/b/c", "/a/b"), ("./a", "."), ("", "."), ("é/x", "é"),
    ])
    func theParentIsWhereTheEntryIs(path: String, parent: String) {
        #expect(DurableDirectory.parent(of: path) == parent)
    }

    @Test(arguments: ["a", "a/b/c/d", "a/b/", "a//b", "./a/./b", "a/../b/c"])
    func whatIsMissingIsMade(path: String) async throws {
        try await withTemporaryDirectory { directory in
            for _ in 0..<2 {
                try DurableDirectory.create(directory + "/" + path)
                var isDirectory: ObjCBool = false
                #expect(FileManager.default.fileExists(atPath: directory + "/" + path, isDirectory: &isDirectory))
                #expect(isDirectory.boolValue)
            }
        }
    }

    @Test(arguments: ["file", "file/a", "file/a/b"])
    func aFileInTheWayIsNoDirectory(path: String) async throws {
        try await withTemporaryDirectory { directory in
            try Data().write(to: URL(fileURLWithPath: directory + "/file"))
            let failure = #expect(throws: DurableDirectory.Failure.self) {
                try DurableDirectory.create(directory + "/" + path)
            }
            #expect(failure?.description == "Not a directory")
        }
    }
}
