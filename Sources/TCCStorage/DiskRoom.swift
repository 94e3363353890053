#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The room on a disk, so that a full one is known before somebody's write fails.
enum DiskRoom {
    /// What a commit of a few rows takes.
    private static let leastBytes: UInt64 = 64 << 10

    /// Whether a commit has room.
    ///
    /// - Parameter path: a file on the disk.
    /// - Returns: true also where the file system does not say.
    static func isLeft(beside path: String) -> Bool {
        var info = statvfs()
        guard statvfs(path, &info) == 0, info.f_blocks > 0 else { return true }
        // Some is kept for root alone.
        let blocks = geteuid() == 0 ? info.f_bfree : info.f_bavail
        return UInt64(blocks) * UInt64(info.f_frsize) >= leastBytes
    }
}
