import Foundation
import TCCStorage
import Testing

@Suite("The exclusive right to a data directory")
struct DirectoryLockTests {
    @Test func aSecondOwnerIsRefusedWithOneClearLine() async throws {
        try await withTemporaryDirectory { directory in
            let lock = try DirectoryLock(directory)
            let refusal = #expect(throws: DirectoryLock.Refused.self) { try DirectoryLock(directory) }
            let expected = "the data directory \(directory) is in use by another process; "
            #expect(refusal?.description.hasPrefix(expected) == true)
            lock.release()
        }
    }

    @Test func aDirectoryThatWasGivenUpCanBeHadAgain() async throws {
        try await withTemporaryDirectory { directory in
            try DirectoryLock(directory).release()
            try DirectoryLock(directory).release()
        }
    }

    @Test func twoDirectoriesAreTwoRights() async throws {
        try await withTemporaryDirectory { directory in
            let first = try DirectoryLock(directory + "/a")
            let second = try DirectoryLock(directory + "/b")
            first.release()
            second.release()
        }
    }

    @Test func aDirectoryThatIsNotThereIsMade() async throws {
        try await withTemporaryDirectory { directory in
            let lock = try DirectoryLock(directory + "/new/below")
            #expect(FileManager.default.fileExists(atPath: directory + "/new/below/lock"))
            lock.release()
        }
    }

    @Test func aFileInItsPlaceIsRefusedWithOneClearLine() async throws {
        try await withTemporaryDirectory { directory in
            try Data().write(to: URL(fileURLWithPath: directory + "/file"))
            let refusal = #expect(throws: DirectoryLock.Refused.self) { try DirectoryLock(directory + "/file/data") }
            let line = try #require(refusal?.description)
            #expect(line.hasPrefix("the data directory \(directory)/file/data cannot be made: "))
            #expect(!line.contains("\n"))
        }
    }
}
