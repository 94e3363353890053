import ArgumentParser
import HTTPTypes
import NIOCore
import TCC
import TCCHTTP

/// The command `bench read`.
struct ReadCommand: AsyncParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        commandName: "read",
        abstract: "Measure reads of published posts a second, by the number of clients.",
        discussion: """
            Publishes some posts, then reads any of them each time: GET /v1/posts/{id} at the online service.

            JSON: as of 'bench publish'.

            Example:
              bench read --concurrency 64
            """
    )

    @Option(help: ArgumentHelp("How many clients, separated by commas.", valueName: "counts"))
    var concurrency = Counts(values: [1, 64])

    @Option(help: ArgumentHelp("How many posts there are.", valueName: "count"))
    var posts = 100

    @OptionGroup
    var options: BenchOptions

    /// Refuses numbers that make no sense.
    mutating func validate() throws {
        try ClientLimits.check(concurrency.values, "--concurrency")
        guard (1...100_000).contains(posts) else { throw ValidationError("--posts must be 1 to 100000.") }
    }

    private struct Published: Decodable {
        var postID: String
    }

    /// Measures.
    mutating func run() async throws {
        let (length, clients, posts) = (options.length, concurrency.values, posts)
        try await BenchSession.run(options.output) { session in
            let measurement = Measurement(length: length, progress: session.progress)
            session.report.figures = try await session.withStack { stack in
                session.progress.show("publishing \(posts) posts to be read")
                let script = Script.read(port: stack.port(.online), posts: try await Self.publish(posts, stack))
                let workers = stack.workers.filter { $0.name == BenchStack.Server.online.rawValue }
                var figures: [Figure] = []
                for count in clients {
                    figures.append(try await measurement.figure("read", clients: count, script, workers: workers))
                }
                return figures
            }
        }
    }

    /// Publishes so many posts, and returns their ids.
    private static func publish(_ count: Int, _ stack: BenchStack) async throws -> [String] {
        let token = try await stack.token(.author)
        let body = ByteBuffer(string: #"{"title":"\#(Script.title)","content":"\#(Script.content)"}"#)
        var ids: [String] = []
        for _ in 0..<count {
            let url = stack.url(.orchestrator) + "/v1/posts"
            let answer = try await stack.client.call(.post, url, token: token, body: body, timeout: .seconds(10))
            guard answer.status == 200, let published = answer.decode(Published.self) else {
                throw BenchFailure(BenchFailure.broken, "a publish was answered \(answer.status)")
            }
            ids.append(published.postID)
        }
        return ids
    }
}
