import NIOCore
import Posts
import TCC
import TCCHTTP

/// Publishes a file so that readers see it as it is, however often it is tried: its post is found by its source.
struct FilePublisher: Sendable {
    /// How long a file waits for services that are down and posts that are held.
    private static let patience = Duration.seconds(45)
    private static let mostLooks = 6

    let services: Services
    let author: Caller
    /// What is known of the author's drafts before; nil asks for each file's.
    var catalogue: DraftCatalogue?

    /// Publishes a file.
    func publish(_ file: MarkdownFile) async -> FileResult {
        do {
            return try await publish(try file.read())
        } catch let refusal as RefusalError {
            return .refused(refusal.refusal)
        } catch let problem as Problem {
            return .refused(Refusal(problem))
        } catch is CancellationError {
            return .refused(.interrupted)
        } catch let failure as Unreachable {
            return .refused(Refusal(code: "unreachable", detail: failure.description, cause: .unreachable))
        } catch {
            return .refused(Refusal(code: "failed", detail: "\(error)", cause: .outage))
        }
    }

    private struct RefusalError: Error {
        let refusal: Refusal
    }

    private func publish(_ text: PostText) async throws -> FileResult {
        var schedule = services.schedule(patience: Self.patience)
        var (catalogue, post) = (catalogue, nil as UUIDv7?)
        var looks = 0
        var last: (plan: PublicationPlan, key: String)?
        while true {
            guard let plan = try await plan(for: text, known: post, catalogue, &schedule) else {
                if catalogue != nil {
                    // It was deleted since.
                    catalogue = nil
                    continue
                }
                // Its creation is under way: the id is taken, and the draft is not there yet.
                try await wait(Refusal(.publishInProgress), after: nil, &schedule)
                continue
            }
            if case .skip(let id, let revision) = plan { return .skipped(id, revision: revision) }
            // The same plan is the same request, and has the same key: it may have been done, unknown to us.
            let key = last?.plan == plan ? last?.key : nil
            let current = (plan: plan, key: key ?? services.world.makeIdentifier().description)
            last = current
            let request = try request(for: plan, text, key: current.key)
            switch PublicationAnswer(try await services.send(request, &schedule, waitsInProgress: false)) {
            case .published(let record, let accepted): return .published(PublishedPost(record, isAccepted: accepted))
            case .refused(let problem, let byOutage):
                throw RefusalError(refusal: Refusal(problem, cause: byOutage ? .outage : .file))
            case .wait(let problem, let after): try await wait(Refusal(problem), after: after, &schedule)
            case .lookAgain(let problem, let named):
                (catalogue, post) = (nil, named ?? post)
                looks += 1
                guard looks < Self.mostLooks else { throw problem }
                try await wait(Refusal(problem), after: nil, &schedule)
            }
        }
    }

    private func wait(_ refusal: Refusal, after: Duration?, _ schedule: inout RetrySchedule) async throws {
        guard try await services.pause(&schedule, retryAfter: after) else { throw RefusalError(refusal: refusal) }
    }

    /// Looks at what the libraries have; nil if the post is known and not there yet.
    private func plan(
        for text: PostText,
        known: UUIDv7?,
        _ catalogue: DraftCatalogue?,
        _ schedule: inout RetrySchedule
    ) async throws -> PublicationPlan? {
        var id = known
        if let catalogue, let source = text.source {
            id = id ?? catalogue.post(from: source)
        } else if id == nil {
            let query = ServiceRequest.get(.draft, "/v1/drafts", query: ["source": text.source], as: author)
            id = try await find(Page<Draft>.self, query, &schedule)?.items.first?.id
        }
        guard let id else { return .create }
        let live = try await find(Post.self, .get(.online, "/v1/posts/\(id)"), &schedule)
        if let plan = PublicationPlan.from(text, live: live) { return plan }
        let head = try await find(Draft.self, .get(.draft, "/v1/drafts/\(id)", as: author), &schedule)
        return head.map { PublicationPlan.from(text, head: $0) }
    }

    private func find<Value: Decodable>(
        _ type: Value.Type,
        _ request: ServiceRequest,
        _ schedule: inout RetrySchedule
    ) async throws -> Value? {
        let answer = try await services.send(request, &schedule)
        if answer.status == 404 { return nil }
        guard answer.conclusion == .done else {
            throw RefusalError(refusal: Refusal(answer.problem, cause: answer.conclusion == .refused ? .file : .outage))
        }
        guard let value = answer.decode(type) else {
            let detail = "The answer of \(request.service.title) cannot be read."
            throw RefusalError(refusal: Refusal(code: "unreadable-answer", detail: detail, cause: .outage))
        }
        return value
    }

    private func request(for plan: PublicationPlan, _ text: PostText, key: String) throws -> ServiceRequest {
        switch plan {
        case .create, .skip:
            return .post("/v1/posts", as: author, key: key, body: try JSONCoding.encode(text))
        // A post that moved meanwhile is looked at again: two runs at once publish nothing twice, and an edit that was
        // saved meanwhile is not taken for the file.
        case .publishSaved(let id, let revision):
            return .post("/v1/posts/\(id)/publish", as: author, key: key, ifRevision: revision)
        case .publishText(let id, let revision):
            let edit = PostText(title: text.title, content: text.content)
            let body = try JSONCoding.encode(edit)
            return .post("/v1/posts/\(id)/publish", as: author, key: key, ifRevision: revision, body: body)
        }
    }
}
