import Foundation
import Harness
import TCC
import TCCHTTP

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A temporary folder for a run's processes.
enum ChaosFolder {
    /// Runs something with an empty folder, and removes it unless something was found.
    ///
    /// - Parameter body: what to run; it says whether the folder is worth keeping.
    /// - Returns: what it returns, and the folder if it was kept.
    /// - Throws: what it throws; the folder is removed then.
    static func with<Result>(
        _ body: (URL) async throws -> (result: Result, isKept: Bool)
    ) async throws -> (result: Result, kept: URL?) {
        let place = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
        let folder = place.appending(path: "tcc-chaos-\(World.system.makeIdentifier())")
        guard mkdir(folder.path(percentEncoded: false), 0o700) == 0 else {
            let reason = String(cString: strerror(errno))
            throw HarnessFailure(
                HarnessFailure.usage,
                "no folder can be made in \(place.path()): \(reason); set TMPDIR to one that can be written"
            )
        }
        var isKept = false
        // `try?`: there is nothing else to be done about a temporary folder that cannot be removed.
        defer { if !isKept { try? FileManager.default.removeItem(at: folder) } }
        let (result, isWorthKeeping) = try await body(folder)
        isKept = isWorthKeeping
        return (result, isKept ? folder : nil)
    }

    /// The commit that this program was built from, as far as the repository around it says.
    static var revision: String? {
        var folder = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
        while let candidate = folder, candidate.pathComponents.count > 1 {
            let git = candidate.appending(path: ".git")
            if let head = text(git.appending(path: "HEAD")) { return commit(head, in: git) }
            folder = candidate.deletingLastPathComponent()
        }
        return nil
    }

    private static func commit(_ head: String, in git: URL) -> String? {
        guard head.hasPrefix("ref: ") else { return head }
        let name = String(head.dropFirst("ref: ".count))
        if let commit = text(git.appending(path: name)) { return commit }
        return text(git.appending(path: "packed-refs"))?.split(separator: "\n")
            .first { $0.hasSuffix(" \(name)") }.map { String($0.prefix { $0 != " " }) }
    }

    private static func text(_ file: URL) -> String? {
        FileManager.default.contents(atPath: file.path(percentEncoded: false))
            .map { String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines) }
    }
}
