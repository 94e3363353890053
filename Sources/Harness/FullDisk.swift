package import Foundation
import Hosting

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A small file system of its own for one process's data, that can be filled.
package struct FullDisk: Sendable {
    /// Where it is.
    package let folder: URL
    /// How much goes in.
    let megabytes: Int

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
        return Glibc.mount("tmpfs", path, "tmpfs", 0, "size=\(megabytes)m") == 0
            ? FullDisk(folder: folder, megabytes: megabytes) : nil
        #else
        return nil
        #endif
    }

    /// Makes it as small as what is on it: whatever would grow finds no room from now on.
    ///
    /// - Throws: what keeps it from being made smaller.
    package func fill() throws {
        // Something may be written in between: then it is too small, and what is there now is asked for again.
        for _ in 0..<100 {
            var status = statvfs()
            guard statvfs(folder.path(percentEncoded: false), &status) == 0 else { break }
            if resize(bytes: Int(status.f_blocks - status.f_bfree) * Int(status.f_frsize)) { return }
        }
        throw CocoaError(.fileWriteUnknown)
    }

    /// Whether nothing more goes in.
    package var isFull: Bool {
        var status = statvfs()
        return statvfs(folder.path(percentEncoded: false), &status) == 0 && status.f_bavail == 0
    }

    /// Makes room again.
    ///
    /// - Throws: what keeps it from being made larger.
    package func empty() throws {
        guard resize(bytes: megabytes << 20) else { throw CocoaError(.fileWriteUnknown) }
    }

    private func resize(bytes: Int) -> Bool {
        #if os(Linux)
        let path = folder.path(percentEncoded: false)
        // A size of nothing would be no limit.
        return Glibc.mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT), "size=\(max(4096, bytes))") == 0
        #else
        return false
        #endif
    }

    /// Copies what is on it to a folder beside it, for somebody to look at afterwards.
    package func copy() {
        let files = FileManager.default
        let beside = folder.deletingLastPathComponent().appending(path: "\(folder.lastPathComponent).kept")
        do {
            try files.createDirectory(at: beside, withIntermediateDirectories: true)
            for name in try files.contentsOfDirectory(atPath: folder.path(percentEncoded: false)) {
                try files.copyItem(at: folder.appending(path: name), to: beside.appending(path: name))
            }
        } catch {
            let place = folder.path(percentEncoded: false)
            StandardStream.complain("what is on the disk at \(place) was not copied: \(error)\n")
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
