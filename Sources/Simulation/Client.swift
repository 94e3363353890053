import Posts
import TCC
import Verification

/// An author who publishes, edits and withdraws posts, and asks again with the same key until something can be concluded.
struct Client: Sendable {
    private static let timeout = Duration.seconds(6)
    private static let mostAttempts = 40

    let number: Int
    let world: SimulatedWorld
    let life: Life
    let record: Box<Record>
    let requests: Int

    /// What all clients know.
    struct Record: Sendable {
        var history = History()
        /// The posts that there may be, and whose they are.
        var posts: [(id: UUIDv7, author: String)] = []
        var texts = 0
        /// How much had been written at the online service when a reader looked last.
        var lastChanges = -1
    }

    /// Does all of it.
    func run() async {
        for _ in 0..<requests {
            // `try?`: a client's sleep ends early only with the whole world.
            try? await pause(upTo: .milliseconds(400))
            await doSomething()
        }
    }

    private func pause(upTo most: Duration) async throws {
        try await life.world(wallClock: { SimulatedWorld.epoch }).sleep(world.random { $0.duration(upTo: most) })
    }

    private func doSomething() async {
        let known = record.withLock { $0.posts }
        let dice = world.random { $0.next() % 100 }
        guard !known.isEmpty, dice >= 15 else {
            let author = world.random { $0.pick(["ann", "bob"]) }
            return await publish(.publishNew(newText()), by: author)
        }
        let post = world.random { $0.pick(known) }
        switch dice {
        case ..<30: await save(post.id, by: post.author)
        case ..<50: await publish(.publishSaved(post.id), by: post.author)
        case ..<70: await publish(.republish(post.id, newText()), by: post.author)
        case ..<80: await publish(.withdraw(post.id), by: post.author)
        case ..<90: await publishCharged(post.id, by: post.author)
        case ..<95: await publish(.chargedWithdraw(post.id), by: post.author)
        default: await publish(.other(participants: ["quota"]), by: post.author)
        }
    }

    private func newText() -> RevisionText {
        let number = record.withLock { record in
            record.texts += 1
            return record.texts
        }
        return RevisionText(title: "text \(number)", content: "content \(number)")
    }

    private func ask(_ to: Party, _ message: Message) async throws -> Reply {
        try await world.send(message, from: (.client, life), to: to, timeout: Self.timeout)
    }

    private func save(_ id: UUIDv7, by author: String) async {
        let text = newText()
        world.note("save", .client, "\(number) '\(text.title)' as \(id)")
        do {
            guard case .draft(let draft) = try await ask(.draft, .save(id, text, author: author)) else { return }
            record.withLock { $0.history.saved(id, draft.revision, text) }
        } catch {
            // It may have been saved, under a number that nobody knows: also if it was refused, since the network may
            // have doubled it, and a save has no key.
            record.withLock { $0.history.maybeSaved(text) }
        }
    }

    private func publishCharged(_ id: UUIDv7, by author: String) async {
        do {
            guard case .draft(let draft) = try await ask(.draft, .readDraft(id, author: author)) else { return }
            let intent = Request.Intent.chargedPublish(
                id,
                base: draft.revision,
                revision: draft.nextRevision,
                newText()
            )
            await publish(intent, by: author)
        } catch {
            // Without the draft there is nothing to begin.
        }
    }

    /// Sends a request until something can be concluded.
    private func publish(_ intent: Request.Intent, by author: String) async {
        let key = "key-\(number)-\(world.random { $0.next() })"
        let request = Request(intent, author: author, key: key)
        for _ in 0..<Self.mostAttempts {
            let attempt = record.withLock { $0.history.sent(request) }
            world.note("ask", .client, "\(number) \(request.intent.summary)")
            do {
                guard case .told(let answer, let postID) = try await ask(.orchestrator, .begin(request)) else {
                    return
                }
                record.withLock { record in
                    record.history.answered(attempt, answer)
                    if case .publishNew = intent, let postID, (200..<300).contains(answer.status) {
                        record.posts.append((postID, author))
                    }
                }
                world.note("told \(answer.status)", .client, "\(number) \(answer.gid.map { "\($0)" } ?? "")")
                if answer.status != 500 { return }
            } catch {
                world.note("unanswered", .client, "\(number) \(error)")
            }
            // `try?`: a client's sleep ends early only with the whole world.
            try? await pause(upTo: .milliseconds(500))
        }
    }
}

extension Request.Intent {
    /// A line for a timeline.
    fileprivate var summary: String {
        switch self {
        case .publishNew(let text): "publish a new post, '\(text.title)'"
        case .republish(let id, let text): "publish '\(text.title)' as \(id)"
        case .publishSaved(let id): "publish what is saved of \(id)"
        case .withdraw(let id): "withdraw \(id)"
        case .chargedPublish(let id, _, let revision, let text):
            "publish '\(text.title)' as \(id), revision \(revision), for a post of the quota"
        case .chargedWithdraw(let id): "withdraw \(id), for a post of the quota"
        case .other(let participants): "spend at \(participants.joined(separator: ", "))"
        }
    }
}
