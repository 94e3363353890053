import Foundation

/// A small file system of its own for one process's data, that can be filled.
struct FullDisk: Sendable {
    private static let size = "3m"

    let folder: URL

    /// Mounts one, if this user may.
    ///
    /// - Parameter folder: an empty or missing folder.
    /// - Returns: nil if mounting is not allowed here.
    /// - Throws: if the folder cannot be made.
    static func mount(at folder: URL) throws -> FullDisk? {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        #if os(Linux)
        let isMounted = run("/bin/mount", ["-t", "tmpfs", "-o", "size=\(size)", "tmpfs", folder.path])
        return isMounted ? FullDisk(folder: folder) : nil
        #else
        return nil
        #endif
    }

    private var ballast: URL { folder.appendingPathComponent("ballast") }

    /// Writes until nothing more goes in.
    func fill() throws {
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
    func empty() throws { try FileManager.default.removeItem(at: ballast) }

    /// Gives it up; its content is gone.
    func unmount() { _ = Self.run("/bin/umount", ["-l", folder.path]) }

    private static func run(_ tool: String, _ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: tool)
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        // No such tool counts as not allowed.
        do { try Launch.run(process) } catch { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
