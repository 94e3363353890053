import ArgumentParser
import Foundation
import Hosting
import TCCHTTP

/// The command `orchestrator publish`.
struct Publish: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        abstract: "Publish Markdown files as posts.",
        discussion: """
            A folder's files (.md, .markdown) are searched for in all of it; what is hidden is left out, and links to \
            folders are not followed. A post's title is that of its front matter (YAML or TOML), or its file's first \
            heading, or else the file's name; its content is the file as it is. A file is known again by its absolute \
            path: published a second time it becomes its post's next revision, and unchanged it is skipped. A file that \
            cannot be published is listed with the reason, and keeps no other. Run it again after an interruption: what \
            is published stays, the rest follows, and no post is made twice.

            Example:
              orchestrator publish --author ada notes/ essay.md

            JSON: {published: [{path, id, revision, gid, status, url}],
              skipped: [{path, id, revision, url}], refused: [{path, code, detail}]}
              with status confirmed, or accepted: not every library has it yet; the
              url is where readers read it.
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

    @Option(
        help: ArgumentHelp(
            "How long to wait for a service that does not answer while others do, as one that is started again; 0 to 3600.",
            valueName: "seconds"
        )
    )
    var wait = 15.0

    @Flag(name: .shortAndLong, help: "List each file, not only the refused ones.")
    var verbose = false

    @Option(
        name: .customLong("web-url"),
        help: ArgumentHelp(
            "Where readers read the posts, for the links (environment: WEB_URL; default: http://127.0.0.1:8000).",
            valueName: "url"
        )
    )
    var webURL: String?

    @OptionGroup
    var shared: SharedOptions

    /// Refuses what makes no sense.
    mutating func validate() throws {
        _ = try pages()
        guard (1...256).contains(inFlight) else { throw ValidationError("--in-flight must be from 1 to 256.") }
        guard (0...3600).contains(wait) else { throw ValidationError("--wait must be from 0 to 3600 seconds.") }
    }

    /// Publishes.
    mutating func run() async throws {
        let search = try MarkdownSearch(paths)
        for folder in search.emptyFolders {
            Output.note("note", "there are no Markdown files (.md, .markdown) in '\(folder)'.")
        }
        for link in search.linkedFolders {
            Output.note("note", "the link '\(link)' to a folder was not followed; name it to publish what is in it.")
        }
        let command = self
        try await Interruption.handled { try await command.publish(search) }
    }

    private func publish(_ search: MarkdownSearch) async throws {
        defer {
            if Task.isCancelled {
                Output.note("interrupted", "run the same command again: what is published stays, the rest follows.")
            }
        }
        var report = search.files.isEmpty ? PublishReport([]) : try await publish(search.files)
        report.entries = (report.entries + search.refused).sorted { $0.path < $1.path }
        report.pages = try pages()
        if shared.json {
            try Output.json(report.json)
        } else {
            try Output.line(report.text(isVerbose: verbose, .standardOutput))
        }
        if report.status != .done { throw ExitCode(report.status.rawValue) }
    }

    private func pages() throws -> BaseURL {
        try Variables(ProcessInfo.processInfo.environment)
            .url(webURL, "WEB_URL", default: PublishReport.usualPages.description)
    }

    private func publish(_ files: [MarkdownFile]) async throws -> PublishReport {
        let (author, inFlight, patience) = (author.author, inFlight, Duration.milliseconds(Int64(wait * 1000)))
        let bar = ProgressBar(total: files.count, style: .standardError)
        return try await Services.with(shared, connections: inFlight) { services in
            var services = services
            services.notices = OutageNotices { notice in
                Output.draw(bar.erased)
                Output.note("note", notice)
            }
            try await services.greet([.orchestrator, .draft, .online], patience: patience)
            let run = PublishRun(
                publisher: FilePublisher(
                    services: services,
                    author: author,
                    catalogue: await DraftCatalogue.read(of: author, for: files.count, from: services)
                ),
                inFlight: inFlight,
                bar: bar
            )
            return await run.publish(files)
        }
    }
}
