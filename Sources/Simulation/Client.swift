import HTTPTypes
import NIOCore
import Posts
import TCC
import TCCHTTP
import Verification

/// An author who publishes, edits, withdraws and deletes posts, and asks again with the same key until something can be concluded.
struct Client: Sendable {
    private static let timeout = Duration.seconds(6)
    private static let mostAttempts = 40
    /// How often a publish has an If-Match.
    private static let conditions = 0.2
    /// How often a refused request is sent again with its key.
    private static let repetitions = 0.2
    /// How often the key of a committed request is used for another one, and by another author.
    private static let reuses = 0.04

    let number: Int
    let world: SimulatedWorld
    let life: Life
    let record: Box<Record>
    private let http: JSONClient

    init(number: Int, world: SimulatedWorld, life: Life, record: Box<Record>) {
        self.number = number
        self.world = world
        self.life = life
        self.record = record
        self.http = world.client(of: .client, life)
    }

    /// What all clients know.
    struct Record: Sendable {
        var history = History()
        /// The posts that there may be, and whose they are.
        var posts: [(id: UUIDv7, author: String)] = []
        var texts = 0
    }

    /// Something that a client does, to the post of a number.
    package enum Step: Hashable, Sendable {
        case publishNew(author: String)
        case save(Int)
        case publishSaved(Int)
        case republish(Int)
        case withdraw(Int)
        case delete(Int)
        /// Withdraws it, and deletes it then.
        case discard(Int)
        case chargedPublish(Int)
        case chargedWithdraw(Int)
        case charge(author: String)

        /// Any of them.
        init(random: inout SplitMix64, posts: Int) {
            let dice = random.next() % 100
            let author = random.pick(["ann", "bob"])
            guard posts > 0, dice >= 15 else {
                self = .publishNew(author: author)
                return
            }
            let post = Int(random.next() % UInt64(posts))
            self =
                switch dice {
                case ..<28: .save(post)
                case ..<46: .publishSaved(post)
                case ..<65: .republish(post)
                case ..<75: .withdraw(post)
                case ..<77: .delete(post)
                case ..<81: .discard(post)
                case ..<90: .chargedPublish(post)
                case ..<95: .chargedWithdraw(post)
                default: .charge(author: author)
                }
        }
    }

    /// Does what chance says, one thing for each generator, with a pause before each.
    func run(_ generators: [SplitMix64]) async {
        for var random in generators {
            // `try?`: a client's sleep ends early only with the whole world.
            try? await life.sleep(random.duration(upTo: .milliseconds(400)))
            let step = Step(random: &random, posts: record.withLock { $0.posts.count })
            await perform(step, random)
        }
    }

    /// Does these things, one after the other.
    func run(_ steps: [Step], _ random: SplitMix64) async {
        for step in steps { await perform(step, random) }
    }

    private func perform(_ step: Step, _ random: SplitMix64) async {
        switch step {
        case .publishNew(let author): await ask(.publishNew(newText()), by: author, random)
        case .charge(let author): await ask(.other(participants: ["quota"]), by: author, random)
        case .save(let post), .publishSaved(let post), .republish(let post), .withdraw(let post), .delete(let post),
            .discard(let post), .chargedPublish(let post), .chargedWithdraw(let post):
            let (id, author) = record.withLock { $0.posts[post] }
            switch step {
            case .save: await save(id, by: author)
            case .publishSaved: await ask(.publishSaved(id), by: author, random)
            case .republish: await republish(id, by: author, random)
            case .withdraw: await ask(.withdraw(id), by: author, random)
            case .delete: await ask(.delete(id), by: author, random)
            case .discard:
                await ask(.withdraw(id), by: author, random)
                var next = random
                await ask(.delete(id), by: author, next.split())
            case .chargedPublish: await publishCharged(id, by: author, random)
            default: await ask(.chargedWithdraw(id), by: author, random)
            }
        }
    }

    private func newText() -> RevisionText {
        let number = record.withLock { record in
            record.texts += 1
            return record.texts
        }
        return RevisionText(title: "text \(number)", content: "content \(number)")
    }

    private func call(
        _ to: Party,
        _ method: HTTPRequest.Method,
        _ path: String,
        as caller: Caller,
        headers: [(String, String)] = [],
        body: ByteBuffer? = nil
    ) async throws -> JSONClient.Answer {
        try await http.call(
            method,
            to.url + path,
            token: world.tokens[caller],
            headers: headers,
            body: body,
            timeout: Self.timeout
        )
    }

    /// A draft as its author reads it; nil if the service does not say.
    private func draft(_ id: UUIDv7, of author: String) async -> Draft? {
        // `try?`: without the draft there is nothing to begin.
        let answer = try? await call(.draft, .get, "/v1/drafts/\(id)", as: Caller(subject: author, role: .author))
        return answer?.status == 200 ? answer?.decode(Draft.self) : nil
    }

    private func save(_ id: UUIDv7, by author: String) async {
        let text = newText()
        world.note("save", .client, "\(number) '\(text.title)' as \(id)")
        // `try?`: what is not answered may have been saved.
        let answer = try? await call(
            .draft,
            .put,
            "/v1/drafts/\(id)",
            as: Caller(subject: author, role: .author),
            body: JSONCoding.encode(PostText(title: text.title, content: text.content))
        )
        if answer?.status == 200, let draft = answer?.decode(Draft.self) {
            record.withLock { $0.history.saved(id, draft.revision, text) }
        } else {
            // It may have been saved, under a number that nobody knows: also if it was refused, since the network may
            // have doubled it, and a save has no key.
            record.withLock { $0.history.maybeSaved(text) }
        }
    }

    private func publishCharged(_ id: UUIDv7, by author: String, _ random: SplitMix64) async {
        guard let draft = await draft(id, of: author) else { return }
        let intent = Request.Intent.chargedPublish(id, base: draft.revision, revision: draft.nextRevision, newText())
        await ask(intent, by: author, random)
    }

    /// Now and then only if the draft is still the one that was read, or that was there once.
    private func republish(_ id: UUIDv7, by author: String, _ random: SplitMix64) async {
        var random = random
        let intent = Request.Intent.republish(id, newText())
        guard random.chance(Self.conditions) else { return await ask(intent, by: author, random) }
        guard let draft = await draft(id, of: author) else { return }
        let head = random.chance(0.5) ? draft.revision : 1
        await ask(intent, by: author, ifMatch: "\"\(head)\"", random)
    }

    /// Sends a request until something can be concluded; now and then asks for more with the same key then.
    private func ask(
        _ intent: Request.Intent,
        by author: String,
        ifMatch: String? = nil,
        _ random: SplitMix64
    ) async {
        var random = random
        let request = Request(intent, author: author, key: "key-\(number)-\(random.next())", ifMatch: ifMatch)
        var answer = await conclude(request, &random)
        // What was cancelled has left the key free.
        while let refusal = answer, !refusal.isCommitted, refusal.gid != nil, random.chance(Self.repetitions) {
            world.note("key again", .client, "\(number)")
            answer = await conclude(request, &random)
        }
        guard answer?.isCommitted ?? false else { return }
        if random.chance(Self.reuses) {
            world.note("key reused", .client, "\(number)")
            let isAuthors = request.callerName == "author:\(author)"
            let other: Request.Intent = isAuthors ? .publishNew(newText()) : .other(participants: ["quota", "draft"])
            _ = await conclude(Request(other, author: author, key: request.key), &random)
        }
        if random.chance(Self.reuses) {
            world.note("key of another", .client, "\(number)")
            let other = author == "ann" ? "bob" : "ann"
            _ = await conclude(Request(.publishNew(newText()), author: other, key: request.key), &random)
        }
    }

    /// Sends a request until something can be concluded.
    ///
    /// - Returns: the answer that something can be concluded from; nil if there was none.
    private func conclude(_ request: Request, _ random: inout SplitMix64) async -> History.Reply? {
        // The same bytes each time: a key is bound to them. `try?`: strings and numbers can be written.
        let body = (try? request.body()) ?? nil
        for _ in 0..<Self.mostAttempts {
            let attempt = record.withLock { $0.history.sent(request) }
            world.note("ask", .client, "\(number) \(request.intent.summary)")
            do {
                let told = try await call(
                    .orchestrator,
                    request.method,
                    request.path,
                    as: request.caller,
                    headers: request.headers,
                    body: body
                )
                let answer = History.Reply(told)
                record.withLock { record in
                    record.history.answered(attempt, answer)
                    if case .publishNew = request.intent, let postID = answer.post, answer.isCommitted {
                        record.posts.append((postID, request.author))
                    }
                }
                world.note("told \(answer.status)", .client, "\(number) \(answer.gid.map { "\($0)" } ?? "")")
                if request.isDelete, answer.isCommitted { world.note("deleted", .client, "\(number)") }
                if answer.saysSomething { return answer }
            } catch {
                world.note("unanswered", .client, "\(number) \(error)")
            }
            // `try?`: a client's sleep ends early only with the whole world.
            try? await life.sleep(random.duration(upTo: .milliseconds(500)))
        }
        return nil
    }
}

extension History.Reply {
    /// What an answer of the orchestrator says.
    fileprivate init(_ answer: JSONClient.Answer) {
        let told = ToldTransaction(in: answer.body)
        self.init(status: answer.status, gid: told?.gid, code: told?.code, post: told?.postID)
    }

    /// Whether something can be concluded from it.
    fileprivate var saysSomething: Bool { isCommitted || (400..<500).contains(status) || [502, 503].contains(status) }
}
