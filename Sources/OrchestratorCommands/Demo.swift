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
            Starts the processes in a temporary folder, publishes some posts of its own, or the Markdown files that you \
            name, and then makes things go wrong: the online service dies between its try and its confirm, the \
            orchestrator dies right after its decision, and a try is refused. Each time it shows what each library \
            holds, and the transaction as a picture. It takes a few seconds, touches nothing of yours, and leaves \
            nothing behind. Exit code 0: both libraries agreed at the end.

            Example:
              orchestrator demo
              orchestrator demo --slow
            """
    )

    @Argument(help: ArgumentHelp("Markdown files, and folders of them.", valueName: "path"), completion: .file())
    var paths: [String] = []

    @Flag(help: "Leave time to read what is shown; Enter goes on at once.")
    var slow = false

    private static let mostFiles = 40

    /// Plays it.
    mutating func run() async throws {
        let (named, isSlow) = (try files(), slow)
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
            let path = folder.path(percentEncoded: false)
            let files = try named ?? DemoPosts.write(to: path + "/posts")
            return try await Self.play(files, in: path, DemoPace(isSlow: isSlow, world: world))
        }
        if !isAgreed { throw ExitCode(ExitStatus.refused.rawValue) }
    }

    private static func play(_ files: [MarkdownFile], in folder: String, _ pace: DemoPace) async throws -> Bool {
        try await Children.with { children in
            let stage = try DemoStage(folder: folder, children: children, world: pace.world)
            do {
                return try await Services.with(stage.addresses) { services in
                    let page = DemoPage(pace: pace)
                    return try await DemoScript(stage: stage, services: services, page: page).play(files)
                }
            } catch {
                if !Task.isCancelled { for line in stage.logs { Output.note("log", line) } }
                throw error
            }
        }
    }

    /// What is named; nil if nothing is.
    private func files() throws -> [MarkdownFile]? {
        guard !paths.isEmpty else { return nil }
        let search = try MarkdownSearch(paths)
        let found = search.files
        for entry in search.refused {
            guard case .refused(let refusal) = entry.result else { continue }
            Output.note("note", "\(entry.path) is left out. \(refusal.detail)")
        }
        guard !found.isEmpty else {
            let places = paths.joined(separator: ", ")
            throw CommandFailure(
                .usage,
                search.refused.isEmpty
                    ? "there are no Markdown files (.md, .markdown) in \(places)."
                    : "nothing of \(places) can be published."
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
}
