import ArgumentParser
import Foundation
import Hosting
import Supervision
import TCC
import TCCHTTP

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The command `orchestrator demo`.
struct Demo: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        abstract: "See a publish survive crashes: start here.",
        discussion: """
            Starts the three processes in a temporary folder, publishes this repository's Markdown files, or those that \
            you name, and then makes things go wrong: the online service dies between its try and its confirm, the \
            orchestrator dies right after its decision, and a try is refused. Each time it shows what each library \
            holds, and the transaction as a picture. It takes a few seconds, touches nothing of yours, and leaves \
            nothing behind. Exit code 0: both libraries agreed at the end.

            Example:
              orchestrator demo
            """
    )

    @Argument(help: ArgumentHelp("Markdown files, and folders of them.", valueName: "path"), completion: .file())
    var paths: [String] = []

    private static let mostFiles = 40

    /// Plays it.
    mutating func run() async throws {
        let files = try files()
        let world = World.system
        let folder = FileManager.default.temporaryDirectory.appending(path: "tcc-demo-\(world.makeIdentifier())")
        let isAgreed = try await Interruption.handled {
            guard mkdir(folder.path(percentEncoded: false), 0o700) == 0 else {
                let (place, reason) = (NSTemporaryDirectory(), String(cString: strerror(errno)))
                throw CommandFailure(
                    .usage,
                    "no folder can be made in \(place): \(reason); set TMPDIR to one that can be written."
                )
            }
            // `try?`: there is nothing else to be done about a temporary folder that cannot be removed.
            defer { try? FileManager.default.removeItem(at: folder) }
            return try await Self.play(files, in: folder.path(percentEncoded: false), world)
        }
        if !isAgreed { throw ExitCode(ExitStatus.refused.rawValue) }
    }

    private static func play(_ files: [MarkdownFile], in folder: String, _ world: World) async throws -> Bool {
        try await Children.with { children in
            let stage = try DemoStage(folder: folder, children: children, world: world)
            do {
                return try await Services.with(stage.addresses) { services in
                    try await DemoScript(stage: stage, services: services).play(files)
                }
            } catch {
                if !Task.isCancelled { for line in stage.logs { Output.note("log", line) } }
                throw error
            }
        }
    }

    /// What is named; else the Markdown of the repository that this program was built in.
    private func files() throws -> [MarkdownFile] {
        var paths = paths
        if paths.isEmpty {
            guard let repository = Self.repository else {
                throw CommandFailure(.usage, "there is no repository here; name files: orchestrator demo PATH…")
            }
            paths = [repository]
        }
        let found = try MarkdownSearch(paths).files
        guard !found.isEmpty else {
            throw CommandFailure(
                .usage,
                "there are no Markdown files (.md, .markdown) in \(paths.joined(separator: ", "))."
            )
        }
        // The README is what everybody knows.
        let first = found.firstIndex { $0.source.hasSuffix("/README.md") } ?? 0
        let files = Array(([found[first]] + found[..<first] + found[(first + 1)...]).prefix(Self.mostFiles))
        if files.count < found.count {
            Output.note("note", "of \(found.count) Markdown files, the demo publishes \(files.count).")
        }
        return files
    }

    private static var repository: String? {
        var folder = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
        while let candidate = folder, candidate.pathComponents.count > 1 {
            let manifest = candidate.appending(path: "Package.swift").path(percentEncoded: false)
            if FileManager.default.fileExists(atPath: manifest) { return candidate.path(percentEncoded: false) }
            folder = candidate.deletingLastPathComponent()
        }
        return nil
    }
}
