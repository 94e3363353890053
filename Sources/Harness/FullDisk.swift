package import Foundation

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A small file system of its own for one process's data, that can be filled.
package struct FullDisk: Sendable {
    /// Where it is.
    package let folder: URL

    /// Mounts one, if this user may.
    ///
    /// - Parameters:
    ///   - folder: an empty or missing folder.
    ///   - megabytes: how much goes in.
    /// - Returns: nil if mounting is not allowed here.
    /// - Throws: if the folder cannot be made.
    package static func mount(at folder: URL, megabytes: Int = 3) throws -> FullDisk? {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        #if os(Linux)
        let path = folder.path(percentEncoded: false)
        return Glibc.mount("tmpfs", path, "tmpfs", 0, "size=\(megabytes)m") == 0 ? FullDisk(folder: folder) : nil
        #else
        return nil
        #endif
    }

    private var ballast: URL { folder.appendingPathComponent("ballast") }

    /// Writes until nothing more goes in.
    ///
    /// - Throws: if there is no room even for an empty file.
    package func fill() throws {
        guard FileManager.default.createFile(atPath: ballast.path, contents: nil) else {
            throw CocoaError(.fileWriteUnknown)
        }
        let handle = try FileHandle(forWritingTo: ballast)
        defer { do { try handle.close() } catch { print("the ballast was not closed: \(error)") } }
        for size in [1 << 16, 1 << 12] {
            let chunk = Data(repeating: 0x42, count: size)
            while true {
                // The file's end is wherever the disk's is.
                do { try handle.write(contentsOf: chunk) } catch { break }
            }
        }
    }

    /// Makes room again.
    ///
    /// - Throws: if the ballast cannot be removed.
    package func empty() throws { try FileManager.default.removeItem(at: ballast) }

    /// Copies what is on it, without the ballast, to a folder beside it, for somebody to look at afterwards.
    package func copy() {
        let files = FileManager.default
        let beside = folder.deletingLastPathComponent().appending(path: "\(folder.lastPathComponent).kept")
        do {
            try files.createDirectory(at: beside, withIntermediateDirectories: true)
            for name in try files.contentsOfDirectory(atPath: folder.path(percentEncoded: false))
            where name != ballast.lastPathComponent {
                try files.copyItem(at: folder.appending(path: name), to: beside.appending(path: name))
            }
        } catch {
            print("what is on the disk at \(folder.path(percentEncoded: false)) was not copied: \(error)")
        }
    }

    /// Gives it up; its content is gone.
    package func unmount() {
        #if os(Linux)
        // Lazily: whoever still reads from it does not keep it there.
        _ = umount2(folder.path(percentEncoded: false), Int32(MNT_DETACH))
        #endif
    }
}
