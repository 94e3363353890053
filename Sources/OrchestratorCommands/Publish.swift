import ArgumentParser
import Hosting

/// The command `orchestrator publish`.
struct Publish: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        abstract: "Publish Markdown files as posts.",
        discussion: """
            A folder's files (.md, .markdown) are searched for in all of it; what is hidden is left out. A post's title \
            is its file's first heading, or else the file's name; its content is the file as it is. A file is known \
            again by its absolute path: published a second time it becomes its post's next revision, and unchanged it \
            is skipped. Run it again after an interruption; no post is made twice.

            Example:
              orchestrator publish --author ada notes/ essay.md

            JSON: {published: [{path, id, revision, gid, status}],
              skipped: [{path, id, revision}], refused: [{path, code, detail}]}
              with status confirmed, or accepted: not every library has it yet.
            """
    )

    @Argument(
        help: ArgumentHelp("Markdown files, and folders of them.", valueName: "path"),
        completion: .file(extensions: ["md", "markdown"])
    )
    var paths: [String]

    @Option(help: ArgumentHelp("Whose posts they are; 1 to 64 characters.", valueName: "name"))
    var author: SubjectName

    @Option(help: ArgumentHelp("How many files are published at once, 1 to 256.", valueName: "count"))
    var inFlight = 8

    @Flag(name: .shortAndLong, help: "List each file, not only the refused ones.")
    var verbose = false

    @OptionGroup
    var shared: SharedOptions

    /// Refuses numbers that make no sense.
    mutating func validate() throws {
        guard (1...256).contains(inFlight) else { throw ValidationError("--in-flight must be from 1 to 256.") }
    }

    /// Publishes.
    mutating func run() async throws {
        let search = try MarkdownSearch(paths)
        for folder in search.emptyFolders {
            Output.note("note", "there are no Markdown files (.md, .markdown) in '\(folder)'.")
        }
        for folder in search.unreadableFolders {
            Output.note("warning", "the folder '\(folder)' cannot be read; what is in it was left out.")
        }
        let report = search.files.isEmpty ? PublishReport([]) : try await publish(search.files)
        if shared.json {
            try Output.json(report.json)
        } else {
            try Output.line(report.text(isVerbose: verbose, .standardOutput))
        }
        let status = search.unreadableFolders.isEmpty ? report.status : max(report.status, .refused)
        if status != .done { throw ExitCode(status.rawValue) }
    }

    private func publish(_ files: [MarkdownFile]) async throws -> PublishReport {
        let (author, inFlight) = (author.author, inFlight)
        return try await Services.with(shared, connections: inFlight) { services in
            try await services.greet([.orchestrator, .draft, .online])
            let run = PublishRun(
                publisher: FilePublisher(
                    services: services,
                    author: author,
                    catalogue: await DraftCatalogue.read(of: author, for: files.count, from: services)
                ),
                inFlight: inFlight,
                bar: ProgressBar(total: files.count, style: .standardError)
            )
            return await run.publish(files)
        }
    }
}
