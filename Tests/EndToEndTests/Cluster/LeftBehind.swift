import Foundation

#if canImport(Darwin)
import Darwin
#else
import Glibc
import Harness
#endif

/// What a command should not leave behind.
enum LeftBehind {
    /// The processes that name a path in their command lines.
    ///
    /// - Parameter path: a path that only they name, such as a temporary folder's.
    /// - Returns: their ids.
    /// - Throws: whatever keeps processes from being listed.
    static func processes(naming path: String) throws -> [Int32] {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/ps")
        process.arguments = ["-A", "-ww", "-o", "pid=,args="]
        process.standardOutput = output
        try Launch.run(process)
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.split(separator: "\n").filter { $0.contains(path) }
            .compactMap { line in line.split(separator: " ").first.flatMap { Int32($0) } }
    }
}

/// Runs something with an empty folder, which is removed after it.
func withFolder<Result>(_ body: (URL) async throws -> Result) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
        .appendingPathComponent("tcc-folder-\(UInt64.random(in: .min ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }  // `try?`: the system cleans up what is left here
    return try await body(folder)
}
