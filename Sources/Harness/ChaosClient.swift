import Foundation
import HTTPTypes
import Synchronization
import TCC
import TCCHTTP
import Verification

/// An author who publishes, edits, withdraws and deletes posts, and asks again with the same key until something can be concluded.
struct ChaosClient: Sendable {
    /// What all clients know.
    final class Knowledge: Sendable {
        private let state = Mutex<[Workload.Post]>([])

        var posts: [Workload.Post] { state.withLock { $0 } }

        func learn(_ post: Workload.Post) {
            state.withLock { posts in
                if !posts.contains(post) { posts.append(post) }
            }
        }

        func forget(_ post: UUIDv7) { state.withLock { $0.removeAll { $0.id == post } } }
    }

    private static let timeout = Duration.seconds(5)
    /// The service itself wants a JWT for each author; the pause after an answer that says nothing.
    private static let pauseAfterUnknown = Duration.milliseconds(40)

    let number: Int
    let stack: Stack
    let recorder: Recorder
    let waits: Waits
    let knowledge: Knowledge

    private var name: String { "client \(number)" }

    /// Does one thing after the other until told to stop; what is begun then is brought to its end.
    func run(_ workload: Workload, while isOn: @Sendable () -> Bool) async throws {
        var workload = workload
        while isOn() {
            try await Task.sleep(for: workload.pause())
            let step = workload.next(knowledge.posts)
            try await perform(step, key: workload.key())
            waits.moved()
        }
    }

    private func perform(_ step: Workload.Step, key: String) async throws {
        func publish(_ intent: Request.Intent, _ author: String, ifMatch: String? = nil) async throws {
            try await self.publish(Request(intent, author: author, key: key, ifMatch: ifMatch))
        }
        switch step {
        case .publishNew(let text, let author): try await publish(.publishNew(text), author)
        case .save(let post, let text): try await save(text, to: post)
        case .publishSaved(let post): try await publish(.publishSaved(post.id), post.author)
        case .republish(let post, let text, let ifMatch):
            try await publish(.republish(post.id, text), post.author, ifMatch: ifMatch)
        case .withdraw(let post): try await publish(.withdraw(post.id), post.author)
        case .delete(let post): try await publish(.delete(post.id), post.author)
        case .publishCharged(let post, let text):
            guard let draft = try await draft(post) else { return }
            let intent = Request.Intent.chargedPublish(
                post.id,
                base: draft.revision,
                revision: draft.nextRevision,
                text
            )
            try await publish(intent, post.author)
        case .charge(let author): try await publish(.other(participants: ["quota"]), author)
        case .withdrawCharged(let post): try await publish(.chargedWithdraw(post.id), post.author)
        case .overdraw(let id, let text):
            try await publish(.chargedPublish(id, base: 0, revision: 1, text), Workload.pauper)
        }
    }

    /// The draft as it is now; nil if the service does not say.
    private func draft(_ post: Workload.Post) async throws -> DraftView? {
        do {
            let answer = try await stack.call(
                stack.url(.draft),
                .get,
                "/v1/drafts/\(post.id)",
                as: .author(post.author),
                timeout: Self.timeout
            )
            return answer.status == 200 ? answer.decode(DraftView.self) : nil
        } catch {
            try Task.checkCancellation()
            return nil
        }
    }

    func save(_ text: RevisionText, to post: Workload.Post) async throws {
        let id = recorder.makeID()
        recorder.note(.save(id: id, client: number, post: post.id, text))
        do {
            let answer = try await waits.during(name, "the answer to a save") {
                try await stack.call(
                    stack.url(.draft),
                    .put,
                    "/v1/drafts/\(post.id)",
                    as: .author(post.author),
                    body: try JSONCoding.encode(text),
                    timeout: Self.timeout
                )
            }
            switch answer.status {
            case 200..<300:
                if let draft = answer.decode(DraftView.self) {
                    return recorder.note(.saved(id: id, revision: draft.revision))
                }
                recorder.note(.maybeSaved(id: id))
            // No proxy is between, so nothing can double it.
            case 400..<500, 503: recorder.note(.notSaved(id: id))
            default: recorder.note(.maybeSaved(id: id))
            }
        } catch {
            recorder.note(.maybeSaved(id: id))
            try Task.checkCancellation()
        }
    }

    /// Sends a request until something can be concluded.
    ///
    /// - Returns: the last answer.
    @discardableResult
    func publish(_ request: Request) async throws -> RecordedAnswer {
        while true {
            let answer = try await ask(request)
            if answer.conclusion != .unknown { return answer }
            try await Task.sleep(for: Self.pauseAfterUnknown)
        }
    }

    /// Sends a request once.
    ///
    /// - Returns: how it came to its end.
    func ask(_ request: Request) async throws -> RecordedAnswer {
        let id = recorder.makeID()
        recorder.note(.invoke(id: id, client: number, request))
        let answer: RecordedAnswer
        do {
            let what = "the answer to \(request.method) \(request.path), key \(request.key)"
            let told = try await waits.during(name, what) {
                try await stack.call(
                    stack.url(Link(from: nil, to: .orchestrator)),
                    request.method,
                    request.path,
                    as: request.caller,
                    headers: request.headers,
                    body: try request.body(),
                    timeout: Self.timeout
                )
            }
            answer = RecordedAnswer(
                id: id,
                status: told.status,
                gid: told.gid,
                post: told.postID,
                error: told.problem?.code
            )
            if answer.conclusion != .unknown, let gid = told.gid {
                // `try?`: databases that cannot be read at this moment are judged in the end.
                for violation in (try? stack.databases.untrue(told.status, gid)) ?? [] {
                    recorder.note(.contradiction(violation))
                }
            }
            if let post = told.postID {
                if request.isDelete {
                    knowledge.forget(post)
                } else {
                    knowledge.learn(Workload.Post(id: post, author: request.author))
                }
            }
        } catch {
            try Task.checkCancellation()
            answer = RecordedAnswer(id: id, status: nil, error: "\(type(of: error))")
        }
        recorder.note(.answer(answer))
        waits.moved()
        return answer
    }
}
