import Foundation
import Supervision
import Testing

/// What a command should not leave behind.
enum LeftBehind {
    /// The processes that name a path in their command lines.
    ///
    /// - Parameter path: a path that only they name, such as a temporary folder's.
    /// - Returns: their ids.
    /// - Throws: an error if processes cannot be listed.
    static func processes(naming path: String) async throws -> [Int32] {
        let arguments = ["-A", "-ww", "-o", "pid=,args="]
        let listed = await ChildCommand(name: "ps", program: "/bin/ps", arguments: arguments).runToItsEnd()
        try #require(listed.death == .exited(0), "\(listed.error)")
        return listed.output.split(separator: "\n").filter { $0.contains(path) }
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
