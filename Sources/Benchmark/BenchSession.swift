import ArgumentParser
import Foundation
import Hosting
import OrchestratorCommands
import TCC
import TCCHTTP

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A run: a temporary folder, a report that grows, and where it goes.
package final class BenchSession {
    /// Everything that is started has a folder of its own in here.
    let folder: URL
    /// Says what is going on.
    let progress = BenchProgress()
    /// What was measured so far.
    var report: BenchReport
    private var folders = 0

    private init(_ folder: URL) {
        self.folder = folder
        self.report = BenchReport(
            command: (["bench"] + CommandLine.arguments.dropFirst()).joined(separator: " "),
            startedAt: "\(World.system.wallClock())",
            build: BenchReport.ownBuild,
            processors: ProcessInfo.processInfo.activeProcessorCount,
            loadBefore: ProcessFigures.load
        )
        if let note = Self.noteOnFileSystem(of: folder) { report.notes.append(note) }
    }

    /// A new empty folder.
    func makeFolder() throws -> URL {
        folders += 1
        let new = folder.appending(path: "\(folders)")
        try FileManager.default.createDirectory(at: new, withIntermediateDirectories: false)
        return new
    }

    /// Removes what is no longer looked at: databases grow large.
    func remove(_ folder: URL) throws { try FileManager.default.removeItem(at: folder) }

    /// Runs something with three processes in a folder of their own.
    func withStack<Result: Sendable>(
        maxInFlight: Int? = nil,
        tryTimeoutSeconds: Int? = nil,
        failpoints: String? = nil,
        _ body: (BenchStack) async throws -> Result
    ) async throws -> Result {
        progress.show("starting the three processes")
        let folder = try makeFolder()
        let result = try await BenchStack.with(
            folder,
            maxInFlight: maxInFlight,
            tryTimeoutSeconds: tryTimeoutSeconds,
            failpoints: failpoints,
            body
        )
        try remove(folder)
        return result
    }

    /// Measures, reports and cleans up.
    ///
    /// - Parameters:
    ///   - output: where the report goes.
    ///   - measure: measures, and puts what it has measured into the report.
    /// - Throws: what it throws, or a ``BenchFailure``.
    static func run(
        _ output: ReportOptions,
        _ measure: @escaping @Sendable (BenchSession) async throws -> Void
    ) async throws {
        FileLimit.raise()
        let path = output.html
        if let path { try OutputFile.check(path, "--html") }
        let report = try await Interruption.handled { try await measured(measure) }
        if let path { try Data(BenchPage(report).html.utf8).write(to: URL(fileURLWithPath: path)) }
        print(output.json ? try JSONLine.text(report) : report.text)
    }

    private static func measured(_ measure: (BenchSession) async throws -> Void) async throws -> BenchReport {
        let place = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
        let folder = place.appending(path: "tcc-bench-\(World.system.makeIdentifier())")
        guard mkdir(folder.path(percentEncoded: false), 0o700) == 0 else {
            let reason = String(cString: strerror(errno))
            throw BenchFailure(
                BenchFailure.usage,
                "no folder can be made in \(place.path()): \(reason); set TMPDIR to one that can be written"
            )
        }
        // `try?`: there is nothing else to be done about a temporary folder that cannot be removed.
        defer { try? FileManager.default.removeItem(at: folder) }
        let session = BenchSession(folder)
        defer { session.progress.clear() }
        try await measure(session)
        session.report.loadAfter = ProcessFigures.load
        session.report.relate()
        return session.report
    }

    /// Where a sync costs nothing, nothing that waits for one is measured.
    private static func noteOnFileSystem(of folder: URL) -> String? {
        let mounts = FileManager.default.contents(atPath: "/proc/self/mounts") ?? Data()
        let path = folder.path(percentEncoded: false)
        guard isInMemory(path, mounts: String(decoding: mounts, as: UTF8.self)) else { return nil }
        return "\(path) is in memory, where no sync costs anything; set TMPDIR to a folder on a disk"
    }

    /// Whether a path is on a file system in memory.
    ///
    /// - Parameters:
    ///   - path: the path, without symbolic links.
    ///   - mounts: the text of `/proc/self/mounts`.
    /// - Returns: whether the innermost file system that has it is a `tmpfs`.
    package static func isInMemory(_ path: String, mounts: String) -> Bool {
        let innermost = mounts.split(separator: "\n").map { $0.split(separator: " ") }
            .filter { fields in
                guard fields.count > 2 else { return false }
                return fields[1] == "/" || path == fields[1] || path.hasPrefix("\(fields[1])/")
            }
            .max { $0[1].count < $1[1].count }
        return innermost?[2] == "tmpfs"
    }
}
