#if os(Linux)
import Foundation
import GRDB
import Glibc
import Logging
import TCCStorage
import Testing

@Suite("A disk of which little is left", .enabled(if: SmallDisk.canBeMounted, "only root can mount a small disk"))
struct DiskRoomTests {
    @Test("A store cannot be written before the first write has failed, and can be when there is room again")
    func fullWithoutAWrite() async throws {
        try await withTemporaryDirectory { directory in
            let disk = try SmallDisk(at: directory, bytes: 4 << 20)
            defer { disk.unmount() }
            let store = try DurableStore(
                path: directory + "/notes.db",
                migrator: DatabaseMigrator(),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
            #expect(await store.canWrite())
            let filling = directory + "/filling"
            #expect(FileManager.default.createFile(atPath: filling, contents: nil))
            let file = try #require(FileHandle(forWritingAtPath: filling))
            // Until the disk is full.
            #expect(throws: (any Error).self) { while true { try file.write(contentsOf: Data(count: 4096)) } }
            try file.close()
            #expect(store.isWritable, "nobody has tried")
            #expect(await !store.canWrite())
            try FileManager.default.removeItem(atPath: filling)
            #expect(await store.canWrite())
            try store.close()
        }
    }
}

/// A file system in memory.
private struct SmallDisk {
    struct NotMounted: Error {}

    private let path: String

    init(at path: String, bytes: Int) throws {
        guard mount("none", path, "tmpfs", 0, "size=\(bytes)") == 0 else { throw NotMounted() }
        self.path = path
    }

    func unmount() { umount2(path, Int32(MNT_DETACH)) }

    /// Not everywhere may root.
    static let canBeMounted: Bool = {
        let path = NSTemporaryDirectory() + "tcc-disk-\(UUID().uuidString)"
        guard mkdir(path, 0o700) == 0 else { return false }
        defer { rmdir(path) }
        guard let disk = try? SmallDisk(at: path, bytes: 1 << 20) else { return false }  // `try?`: that is the answer
        disk.unmount()
        return true
    }()
}
#endif
