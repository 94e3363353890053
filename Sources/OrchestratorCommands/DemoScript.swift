import HTTPTypes
import Hosting
import Posts
import TCC
import TCCHTTP

/// What the demo does and says, from the first line to the last.
struct DemoScript: Sendable {
    private static let author = Caller(subject: "ann", role: .author)
    /// What the acts add to the post.
    private static let room = 1024
    private static let longestRecovery = Duration.seconds(5)

    let stage: DemoStage
    let services: Services
    let page: DemoPage

    /// The post that everything happens to.
    private struct Star {
        var id: UUIDv7
        var name: String
        var text: PostText
    }

    /// Plays it all.
    ///
    /// - Parameter files: what to publish; things happen to the first of them.
    /// - Returns: whether both libraries agree at the end.
    /// - Throws: what keeps it from being played.
    func play(_ files: [MarkdownFile]) async throws -> Bool {
        try await page.introduce()
        let start = stage.world.elapsed()
        try await startAll()
        try await page.say(
            """
            Three processes are running, each with a database of its own, and a fourth that makes the pages of what they \
            hold (\(milliseconds(since: start))).
            """
        )
        if page.isSlow {
            try await page.say(
                "As long as this runs, its pages are at \(stage.pagesURL) and \(stage.pagesURL)/write: sign in as ann."
            )
        }
        var star = try await publishAll(files)
        try await participantDies(&star)
        try await coordinatorDies(&star)
        try await isRefused(star)
        return try await conclude()
    }

    private func startAll() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for program in OwnProgram.allCases { group.addTask { try await stage.start(program) } }
            try await group.waitForAll()
        }
    }

    // MARK: The acts

    private func publishAll(_ files: [MarkdownFile]) async throws -> Star {
        try await page.title("1. Nothing goes wrong")
        let start = stage.world.elapsed()
        let run = PublishRun(
            publisher: FilePublisher(services: services, author: Self.author),
            inFlight: 8,
            bar: ProgressBar(total: files.count, style: .text)
        )
        let report = await run.publish(files)
        guard let (star, gid) = Self.star(of: zip(files, report.entries)) else {
            throw CommandFailure(.refused, "none of the files could be published.\n\(report.text(isVerbose: false))")
        }
        let (published, refused) = (report.counts.published, report.counts.refused)
        let what = published == 1 ? "a Markdown file" : "\(published) Markdown files"
        let rest = refused == 0 ? "" : "; \(refused) could not be one"
        try await page.say(
            "Ann publishes \(what) (\(milliseconds(since: start)) in all\(rest)). This is what happened to one:"
        )
        try await page.diagram(try await finished(gid))
        try await page.holdings([("now", try await look(star))])
        return star
    }

    /// The first file that was published and has room for some more lines.
    private static func star(
        of entries: some Sequence<(MarkdownFile, PublishReport.Entry)>
    ) -> (star: Star, gid: GlobalTransactionID)? {
        for (file, entry) in entries {
            guard case .published(let post) = entry.result, let id = UUIDv7(post.id),
                // `try?`: it was read a moment ago; what has become unreadable is not taken.
                let text = try? file.read(), text.content.utf8.count + room <= PostLimits.longestContent
            else { continue }
            return (Star(id: id, name: file.name, text: text), post.gid)
        }
        return nil
    }

    private func participantDies(_ star: inout Star) async throws {
        let failpoint = "participant.confirm.before=crash"
        try await page.title("2. The online service dies between its try and its confirm")
        try await page.say(
            """
            Ann publishes \(star.name) again, with one more line. The online service was started with \
            TCC_FAILPOINTS=\(failpoint): it will reserve, and die when it is told to confirm.
            """
        )
        try await stage.kill(.online)
        try await stage.start(.online, failpoints: failpoint)
        let before = try await look(star)
        star.text.content += "\nA second revision, published while the online service dies.\n"
        let start = stage.world.elapsed()
        async let death = stage.dead(.online)
        let answer = try await publish(star, key: "the-second")
        let waited = milliseconds(since: start)
        guard let gid = answer.decode(TransactionRecord.self)?.gid else { throw CommandFailure.refused(answer.problem) }
        let died = try await death
        let meanwhile = try await look(star)
        try await stage.start(.online)
        let born = stage.world.wallClock()
        let record = try await finished(gid)
        try await page.holdings([("before", before), ("meanwhile", meanwhile), ("after", try await look(star))])
        try await page.diagram(
            record,
            seen: [
                .init(at: died, lane: OwnProgram.online.lane, what: .death("killed")),
                .init(at: born, lane: OwnProgram.online.lane, what: .birth("started again")),
            ]
        )
        try await page.say(
            """
            Ann was told after \(waited): HTTP \(answer.status), accepted. Both libraries had reserved, and the decision \
            was on disk: nothing can undo it. The orchestrator asks until the online service is back and has confirmed, \
            here \(record.finishedAt.map { Self.text($0.milliseconds - born.milliseconds) } ?? "?") after its return.
            """
        )
    }

    private func coordinatorDies(_ star: inout Star) async throws {
        let failpoint = "coordinator.decide.after=crash"
        try await page.title("3. The orchestrator dies right after its decision")
        try await page.say(
            """
            Ann publishes a third revision. The orchestrator was started with TCC_FAILPOINTS=\(failpoint): the decision \
            is on its disk, and nobody was told. Ann gets no answer at all; she cannot know what became of it.
            """
        )
        try await stage.kill(.orchestrator)
        try await stage.start(.orchestrator, failpoints: failpoint)
        let before = try await look(star)
        star.text.content += "\nA third revision, published while the orchestrator dies.\n"
        async let death = stage.dead(.orchestrator)
        let isAnswered = try await answers { _ = try await publish(star, key: "the-third") }
        guard !isAnswered else { throw CommandFailure(.refused, "the orchestrator answered, though it was to die.") }
        let died = try await death
        let meanwhile = try await look(star)
        // The pause is for what comes next, in act 4.
        try await stage.start(.orchestrator, failpoints: "orchestrator.read-draft.after=pause(300)")
        let born = stage.world.wallClock()
        let answer = try await publish(star, key: "the-third")
        guard let gid = answer.decode(TransactionRecord.self)?.gid else { throw CommandFailure.refused(answer.problem) }
        let record = try await finished(gid)
        try await page.holdings([("before", before), ("meanwhile", meanwhile), ("after", try await look(star))])
        try await page.diagram(
            record,
            seen: [
                .init(at: died, lane: OwnProgram.orchestrator.lane, what: .death("killed")),
                .init(at: born, lane: OwnProgram.orchestrator.lane, what: .birth("started again")),
            ]
        )
        try await page.say(
            """
            The next life of the orchestrator found the decision on its disk and carried it out. Ann asks again with \
            the same Idempotency-Key and is told of the same transaction: HTTP \(answer.status). Nothing happened twice.
            """
        )
    }

    private func isRefused(_ star: Star) async throws {
        try await page.title("4. A try is refused")
        try await page.say(
            """
            Ann has two windows open. The one publishes its text; the other saves its own just then. The draft service \
            refuses the try, since what is to be published is not based on what is saved; the online service does not.
            """
        )
        let before = try await look(star)
        let other = PostText(title: star.text.title, content: star.text.content + "\nSaved in the other window.\n")
        // The first window's publish has read the draft, and is held there for a moment.
        async let publishing = publish(star, key: "the-refused", content: star.text.content + "\nFrom one window.\n")
        try await stage.world.sleep(.milliseconds(100))
        try await save(other, to: star.id)
        let answer = try await publishing
        guard answer.conclusion == .refused, let gid = answer.problem.extensions["gid"]?.string.flatMap({ UUIDv7($0) })
        else { throw CommandFailure(.refused, "the try was not refused, but HTTP \(answer.status).") }
        let record = try await finished(gid)
        try await page.holdings([("before", before), ("after", try await look(star))])
        try await page.diagram(record)
        try await page.say(
            """
            Ann is told: HTTP \(answer.status), \(answer.problem.code). The cancel went to both libraries: \
            whatever was reserved is given back. Readers never saw a thing, and her saved text is still \
            there.
            """
        )
    }

    /// Checks what the demo promised.
    private func conclude() async throws -> Bool {
        try await page.title("Was anything lost?")
        let drafts = try await services.list(of: Draft.self, limit: 100) { limit, cursor in
            .get(.draft, "/v1/drafts", query: ["limit": limit, "cursor": cursor], as: Self.author)
        }
        var posts: [PostComparison] = []
        for draft in drafts.items {
            let live = try await services.find(Post.self, .get(.online, "/v1/posts/\(draft.id)"))
            posts.append(PostComparison(draft: try await draftOf(draft.id), live: live))
        }
        var unfinished = 0
        for state in TransactionState.allCases where !state.isFinished {
            unfinished += try await transactions(in: state).count
        }
        let verdict = DemoVerdict(
            posts: posts,
            unfinished: unfinished,
            crashes: stage.deaths,
            confirmed: try await transactions(in: .confirmed).count,
            cancelled: try await transactions(in: .cancelled).count
        )
        try await page.show(verdict)
        return verdict.isGood
    }

    // MARK: What the acts are made of

    private func publish(_ star: Star, key: String, content: String? = nil) async throws -> ServiceAnswer {
        let edit = PostText(title: star.text.title, content: content ?? star.text.content)
        return try await services.attempt(
            .post("/v1/posts/\(star.id)/publish", as: Self.author, key: key, body: try JSONCoding.encode(edit))
        )
    }

    private func save(_ text: PostText, to id: UUIDv7) async throws {
        var request = ServiceRequest.post("/v1/drafts/\(id)", as: Self.author, body: try JSONCoding.encode(text))
        request.method = .put
        request.service = .draft
        let answer = try await services.attempt(request)
        guard answer.conclusion == .done else { throw CommandFailure.refused(answer.problem) }
    }

    private func answers(_ ask: () async throws -> Void) async throws -> Bool {
        do {
            try await ask()
            return true
        } catch is Unreachable {
            return false
        }
    }

    private func finished(_ gid: GlobalTransactionID) async throws -> TransactionRecord {
        let start = stage.world.elapsed()
        while stage.world.elapsed() - start < Self.longestRecovery {
            let request = ServiceRequest.get(.orchestrator, "/v1/transactions/\(gid)", as: TokenMint.anOperator)
            if let record = try await services.find(TransactionRecord.self, request), record.state.isFinished {
                return record
            }
            try await stage.world.sleep(.milliseconds(10))
        }
        throw CommandFailure(.refused, "transaction \(gid) has not ended within \(Self.longestRecovery).")
    }

    private func transactions(in state: TransactionState) async throws -> [TransactionRecord] {
        try await services.list(of: TransactionRecord.self, limit: 100) { limit, cursor in
            .get(
                .orchestrator,
                "/v1/transactions",
                query: ["state": state.rawValue, "limit": limit, "cursor": cursor],
                as: TokenMint.anOperator
            )
        }
        .items
    }

    private func draftOf(_ id: UUIDv7) async throws -> Draft? {
        try await services.find(Draft.self, .get(.draft, "/v1/drafts/\(id)", as: Self.author))
    }

    private func look(_ star: Star) async throws -> DemoPage.Holding {
        var holding = DemoPage.Holding()
        do { holding.draft = DemoPage.text(try await draftOf(star.id)) } catch is Unreachable {}
        do {
            let live = try await services.find(Post.self, .get(.online, "/v1/posts/\(star.id)"))
            holding.online = DemoPage.text(live)
        } catch is Unreachable {}
        return holding
    }

    private func milliseconds(since start: Duration) -> String {
        Self.text((stage.world.elapsed() - start).wholeMilliseconds)
    }

    private static func text(_ milliseconds: Int64) -> String { "\(milliseconds) ms" }
}
